// Samplers at work: which spans are recorded, what their contexts say, what a sampler of one's own sees and may do.
#include <fanlight/testing.hpp>
#include <fanlight/trace.hpp>

#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "catch.hpp"

using namespace fanlight;

namespace {

[[nodiscard]] config by(sampler one) {
  config out;
  out.sampler = std::move(one);
  return out;
}
[[nodiscard]] context caller(std::uint8_t flags, sampling_state state = sampling_state::decided) {
  return context{trace_id{{1}}, span_id{{2}}, flags, true, state};
}

}  // namespace

TEST_CASE("a span that is not sampled has ids of its own, passes them on, and records nothing") {
  testing::capture taken{by(always_off())};
  {
    scoped_span root{"root", {{"k", 1}}};
    CHECK_FALSE(root.is_recording());
    root.set("k", 2).event("e").fail("x").update_name("y");
    CHECK(root.context().is_valid());
    CHECK(root.context().flags() == trace_flag::random);
    scoped_span child{"child"};
    CHECK(child.context().trace_id() == root.context().trace_id());
    CHECK(child.context().span_id() != root.context().span_id());
    span owned{"owned"};
    CHECK(owned.context().span_id() != child.context().span_id());
    CHECK_FALSE(owned.is_recording());
    std::thread{carry([] { scoped_span far{"far"}; })}.join();
    std::string header;
    inject([&](std::string_view key, std::string_view text) { header = key == "traceparent" ? std::string{text} : header; });
    CHECK(header == "00-" + std::string{child.context().trace_id().hex()} + "-" + std::string{child.context().span_id().hex()} + "-02");
  }
  CHECK(taken.tree().empty());
  CHECK(taken.problems().empty());
}

TEST_CASE("a sampler that is not parent-based decides for itself, whatever the caller said") {
  testing::capture on{by(always_on())};
  { scoped_span served{"served", {.parent = caller(0)}}; }
  CHECK(on.spans().size() == 1);
  testing::capture off{by(always_off())};
  { scoped_span served{"served", {.parent = caller(trace_flag::sampled)}}; }
  CHECK(off.spans().empty());
}

TEST_CASE("a parent-based sampler follows the caller, and asks its root where there is none or none that decided") {
  testing::capture taken{by(parent_based(always_off()))};
  { scoped_span followed{"followed", {.parent = caller(trace_flag::sampled)}}; }
  { scoped_span refused{"refused", {.parent = caller(0)}}; }
  { scoped_span asked{"asked", {.parent = caller(trace_flag::sampled, sampling_state::deferred)}}; }
  { scoped_span root{"root"}; }
  {
    scope const implied{caller(trace_flag::sampled)};
    scoped_span inside{"inside"};
    scoped_span deeper{"deeper"};
  }
  CHECK(taken.tree() == "followed [remote parent]\ninside [remote parent]\n  deeper\n");
}

TEST_CASE("one decision holds for a trace, in all threads and however its parts are begun") {
  testing::capture taken{by(ratio(0.5))};
  for (int i = 0; i < 64; ++i) {
    scoped_span root{"root"};
    bool const sampled = root.context().is_sampled();
    CHECK(root.is_recording() == sampled);
    auto const place = root.context();
    CHECK(scoped_span{"implicit"}.is_recording() == sampled);
    CHECK(scoped_span{"explicit", {.parent = place}}.is_recording() == sampled);
    CHECK(span{"owned", {.parent = place}}.is_recording() == sampled);
    bool elsewhere = !sampled;
    std::thread{[&] { elsewhere = scoped_span{"elsewhere", {.parent = place}}.is_recording(); }}.join();
    CHECK(elsewhere == sampled);
  }
}

TEST_CASE("a sampler of one's own sees what is known when a trace begins, and is asked once for it") {
  int asked = 0;
  std::string seen;
  trace_id id;
  testing::capture taken{by(sampler{[&](sampling_question const& question) {
    ++asked;
    id = question.trace_id;
    seen = std::string{question.name} + ' ' + std::string{to_text(question.kind)} + ' ' + std::string{question.find("url.path").as_text()} +
           ' ' + std::to_string(question.attribute_count) + (question.parent != nullptr ? " remote " : " root ") +
           std::to_string(question.link_count);
    return question.find("url.path").as_text() == "/api/health" ? sampling_decision::drop : sampling_decision::sample;
  }})};
  {
    scoped_span root{"GET", {.kind = span_kind::server, .links = {{caller(1)}}}, {{"url.path", "/api/health"}, {"more", 1}}};
    CHECK(id == root.context().trace_id());
    scoped_span child{"child"};
    span also{"also", {.parent = root.context()}};
  }
  CHECK(asked == 1);
  CHECK(seen == "GET SERVER /api/health 2 root 1");
  { scoped_span served{"served", {.parent = caller(1)}}; }
  CHECK(asked == 2);
  CHECK(seen == "served INTERNAL  0 remote 0");
  { scoped_span plain{"plain"}; }
  CHECK(asked == 3);
  CHECK(taken.tree() == "served [remote parent]\nplain\n");
}

TEST_CASE("record only: the hook sees the trace, exporters do not, and its contexts are not sampled") {
  std::vector<std::string> hooked;
  auto settings = by(sampler{
      [](sampling_question const& question) { return question.name == "quiet" ? sampling_decision::record : sampling_decision::sample; }});
  settings.process = [&hooked](record_editor& record) { hooked.emplace_back(record.name()); };
  testing::capture taken{settings};
  {
    scoped_span quiet{"quiet"};
    CHECK(quiet.is_recording());
    CHECK_FALSE(quiet.context().is_sampled());
    scoped_span child{"child"};
    CHECK(child.is_recording());
  }
  { scoped_span loud{"loud"}; }
  CHECK(taken.tree() == "loud\n");
  CHECK(hooked == std::vector<std::string>{"child", "quiet", "loud"});
  CHECK(taken.pipeline().stats().exporters.at(0).filtered_by[static_cast<std::size_t>(filter::not_sampled)] == 2);
}

TEST_CASE("a sampler that throws drops the trace, and is told") {
  testing::capture taken{by(sampler{[](sampling_question const&) -> sampling_decision { throw std::runtime_error{"broken"}; }})};
  {
    scoped_span root{"root"};
    CHECK(root.context().is_valid());
    CHECK_FALSE(root.is_recording());
  }
  CHECK(taken.tree().empty());
  REQUIRE(taken.problems().size() == 1);
  CHECK(taken.problems()[0].code == problem_code::sampler_threw);
}

TEST_CASE("what a sampler makes is not recorded, also inside a span of the same pipeline") {
  testing::capture taken{by(sampler{[](sampling_question const&) {
    scoped_span inside{"inside"};
    span owned{"inside too"};
    info("inside");
    return sampling_decision::sample;
  }})};
  {
    scoped_span outer{"outer"};
    scoped_span fresh{"fresh", {.parent = {}}};
    CHECK(current().span_id() == fresh.context().span_id());
  }
  CHECK(taken.tree() == "outer\nfresh\n");
}

TEST_CASE("spans of a trace that is not sampled cost no record, and its logs and reports are kept") {
  testing::capture taken{by(always_off())};
  {
    scoped_span root{"root"};
    info("kept");
    error_report{"kept too"};
  }
  CHECK(taken.tree() == "log INFO \"kept\"\nreport ERROR \"kept too\" #1\n");
  CHECK(taken.pipeline().stats().accepted == 2);
}

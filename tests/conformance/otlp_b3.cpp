// B3 cases of the OTLP reference, and what its specification says besides: one header or several, ids of 64 bits, debug, no decision.
#include <fanlight/testing.hpp>
#include <fanlight/trace.hpp>

#include "catch.hpp"

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace fl = fanlight;
using fl::propagator;

namespace {

using fields = std::vector<std::pair<std::string, std::string>>;  // as they came: a name may come twice
using sent = std::map<std::string, std::string>;

std::string const trace = "80f198ee56343ba864fe8b2a57d3eff7", parent = "e457b5a2e4d86bd1";

fl::context received(fields const& headers, std::initializer_list<propagator> formats = {propagator::b3}) {
  return fl::extract(
      [&](std::string_view name) {
        std::vector<std::string_view> values;
        for (auto const& [key, text] : headers)
          if (key == name) values.push_back(text);
        return values;
      },
      formats);
}

sent passed_on(fl::context const& what, std::initializer_list<propagator> formats = {propagator::b3}) {
  sent out;
  fl::inject(
      what, [&](std::string_view name, std::string_view text) { out[std::string{name}] = std::string{text}; }, formats);
  return out;
}

void check_ids(fl::context const& got) {
  CHECK(got.is_valid());
  CHECK(got.is_remote());
  CHECK(got.trace_id().hex() == trace);
  CHECK(got.span_id().hex() == parent);
}

}  // namespace

TEST_CASE("otlp B31 debug is sampled, and kept on inject") {
  auto const got = received({{"b3", trace + "-" + parent + "-d"}});
  check_ids(got);
  CHECK(got.is_sampled());
  CHECK_FALSE(got.is_deferred());
  CHECK(passed_on(got) == sent{{"b3", trace + "-" + parent + "-d"}});
  CHECK(passed_on(got, {propagator::b3multi}) == sent{{"X-B3-TraceId", trace}, {"X-B3-SpanId", parent}, {"X-B3-Flags", "1"}});
}

TEST_CASE("otlp B31 debug goes on through spans and carried contexts") {
  fl::testing::capture taken{{.propagators = {propagator::b3}}};
  sent out;
  auto const set = [&](std::string_view name, std::string_view text) { out[std::string{name}] = std::string{text}; };
  {
    fl::scoped_span const server{"server", {.parent = received({{"b3", trace + "-" + parent + "-d"}})}};
    fl::annotation const fact{"key", 1};
    fl::scoped_span const inner{"inner"};
    fl::carry([&] { fl::inject(set); })();
  }
  auto const id = std::string{taken.spans()["inner"].span_id.hex().view()};
  CHECK(out == sent{{"b3", trace + "-" + id + "-d"}});
}

TEST_CASE("otlp B32 a decision without ids") {
  for (auto const* const text : {"0", "1", "d"}) {
    auto const got = received({{"b3", text}});
    CHECK_FALSE(got.is_valid());
    CHECK_FALSE(got.trace_id().is_valid());
    CHECK_FALSE(got.is_deferred());
    CHECK(got.is_sampled() == (std::string_view{text} != "0"));
    CHECK(passed_on(got).empty());
  }
}

TEST_CASE("otlp B32 a decision without ids holds for the trace that begins here") {
  fl::testing::capture all{{.sampler = fl::parent_based(fl::always_on())}};
  for (fields const& caller : {fields{{"b3", "0"}}, fields{{"X-B3-Sampled", "0"}}, fields{{"X-B3-Sampled", "false"}}}) {
    fl::scoped_span span{"said no", {.parent = received(caller)}};
    CHECK_FALSE(span.is_recording());
    CHECK(span.context().is_valid());
    CHECK_FALSE(span.context().is_sampled());
  }
  { fl::scoped_span const span{"said nothing", {.parent = received({})}}; }
  {
    fl::scoped_span const span{"has ids of another form",
                               {.parent = received({{"b3", "0"}, {"traceparent", "00-" + trace + "-" + parent + "-01"}},
                                                   {propagator::b3, propagator::tracecontext})}};
  }
  CHECK(all.spans().size() == 2);
  CHECK(all.spans()["has ids of another form"].trace_id.hex().view() == trace);
  fl::testing::capture none{{.sampler = fl::parent_based(fl::always_off())}};
  { fl::scoped_span const span{"said yes", {.parent = received({{"b3", "1"}})}}; }
  { fl::scoped_span const span{"said nothing", {.parent = received({})}}; }
  CHECK(none.spans().size() == 1);
}

TEST_CASE("otlp B31 debug wants to see the trace, whatever samplers say") {
  fl::testing::capture taken{{.sampler = fl::always_off(), .propagators = {propagator::b3, propagator::tracecontext}}};
  sent out;
  {
    fl::scoped_span const server{"server", {.parent = received({{"b3", trace + "-" + parent + "-d"}})}};
    fl::inject([&](std::string_view name, std::string_view text) { out[std::string{name}] = std::string{text}; });
  }
  { fl::scoped_span const server{"alone", {.parent = received({{"b3", "d"}})}}; }
  { fl::scoped_span const server{"no debug", {.parent = received({{"b3", trace + "-" + parent + "-1"}})}}; }
  REQUIRE(taken.spans().size() == 2);
  CHECK(out["traceparent"].substr(52) == "-01");
  CHECK(out["b3"].substr(49) == "-d");
}

TEST_CASE("otlp B33 an id of 64 bits") {
  auto const got = received({{"b3", "a2fb4a1d1a96d312-e457b5a2e4d86bd1-1"}});
  CHECK(got.trace_id().hex() == "0000000000000000a2fb4a1d1a96d312");
  CHECK(got.is_sampled());
  CHECK(passed_on(got) == sent{{"b3", "0000000000000000a2fb4a1d1a96d312-e457b5a2e4d86bd1-1"}});
}

TEST_CASE("b3 in one header: decisions, and the parent's id, which is not passed on") {
  auto const no = received({{"b3", trace + "-" + parent + "-0"}});
  check_ids(no);
  CHECK_FALSE(no.is_sampled());
  CHECK(passed_on(no) == sent{{"b3", trace + "-" + parent + "-0"}});
  auto const with_parent = received({{"b3", trace + "-" + parent + "-1-05e3ac9a4f6e3b90"}});
  check_ids(with_parent);
  CHECK(passed_on(with_parent) == sent{{"b3", trace + "-" + parent + "-1"}});
  auto const open = received({{"B3", " " + trace + "-" + parent + " "}});
  check_ids(open);
  CHECK(open.is_deferred());
  CHECK(passed_on(open) == sent{{"b3", trace + "-" + parent}});
}

TEST_CASE("b3 in several headers, in either spelling") {
  auto const yes = received({{"X-B3-TraceId", trace}, {"X-B3-SpanId", parent}, {"X-B3-Sampled", "true"}}, {propagator::b3multi});
  check_ids(yes);
  CHECK(yes.is_sampled());
  CHECK(passed_on(yes, {propagator::b3multi}) == sent{{"X-B3-TraceId", trace}, {"X-B3-SpanId", parent}, {"X-B3-Sampled", "1"}});
  auto const no = received({{"x-b3-traceid", trace}, {"x-b3-spanid", parent}, {"x-b3-sampled", "0"}, {"X-B3-ParentSpanId", "ignored"}});
  check_ids(no);
  CHECK_FALSE(no.is_sampled());
  CHECK_FALSE(no.is_deferred());
  auto const debug = received({{"X-B3-TraceId", trace}, {"X-B3-SpanId", parent}, {"X-B3-Sampled", "0"}, {"X-B3-Flags", "1"}});
  CHECK(debug.is_sampled());
  CHECK(passed_on(debug) == sent{{"b3", trace + "-" + parent + "-d"}});
  auto const open = received({{"X-B3-TraceId", trace}, {"X-B3-SpanId", parent}});
  CHECK(open.is_deferred());
  CHECK(passed_on(open, {propagator::b3multi}) == sent{{"X-B3-TraceId", trace}, {"X-B3-SpanId", parent}});
}

TEST_CASE("b3's one header comes before several") {
  auto const got = received({{"X-B3-TraceId", std::string(32, '1')}, {"X-B3-SpanId", std::string(16, '2')}, {"b3", trace + "-" + parent + "-1"}},
                            {propagator::b3multi, propagator::b3});
  check_ids(got);
}

TEST_CASE("b3 that cannot be read is none, and is told") {
  fl::testing::capture taken;
  for (std::string const& text :
       {std::string{"x"}, std::string{"2"}, std::string{"true"}, trace, trace + "-", trace + "-" + parent + "-", trace + "-" + parent + "-x", trace + "-" + parent + "-true",
        trace + "-" + parent + "-1-2", trace + "-" + parent + "-1-05e3ac9a4f6e3b90-", trace + "0-" + parent, std::string(32, '0') + "-" + parent,
        trace + "-" + std::string(16, '0'), trace + "-" + parent + "--05e3ac9a4f6e3b90"}) {
    INFO(text);
    CHECK_FALSE(received({{"b3", text}}).trace_id().is_valid());
  }
  CHECK_FALSE(received({{"b3", trace + "-" + parent + "-1"}, {"b3", trace + "-" + parent + "-1"}}).is_valid());
  CHECK_FALSE(received({{"X-B3-TraceId", trace}}).trace_id().is_valid());
  CHECK_FALSE(received({{"X-B3-TraceId", trace}, {"X-B3-SpanId", "short"}}).trace_id().is_valid());
  CHECK(taken.pipeline().stats().problems.at(fl::problem_code::header_bad) == 17);
}

TEST_CASE("beside traceparent the first format that has a parent wins") {
  std::string const other = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  fields const both{{"traceparent", other}, {"b3", trace + "-" + parent + "-d"}};
  check_ids(received(both, {propagator::b3, propagator::tracecontext}));
  auto const theirs = received(both, {propagator::tracecontext, propagator::b3});
  CHECK(theirs.trace_id().hex() == "0af7651916cd43dd8448eb211c80319c");
  CHECK(passed_on(theirs) == sent{{"b3", "0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-1"}});
}

// Records as exporters read them: ranges by value, plain members, and views that live as long as their batch.
#include <fanlight/record.hpp>
#include <fanlight/testing.hpp>
#include <fanlight/trace.hpp>

#include <algorithm>
#include <iterator>
#include <string>
#include <type_traits>
#include <vector>

#include "catch.hpp"
#include "support/batch_builder.hpp"

using namespace fanlight;

static_assert(std::forward_iterator<batch<span_record>::iterator>);
static_assert(std::is_same_v<decltype(*std::declval<batch<span_record>::iterator>()), span_record>);
static_assert(std::forward_iterator<attribute_list::iterator> && std::forward_iterator<event_list::iterator> &&
              std::forward_iterator<link_list::iterator>);
static_assert(std::is_nothrow_copy_constructible_v<span_record> && std::is_nothrow_copy_constructible_v<batch<span_record>>);

TEST_CASE("a batch shows the records of one type, in the order in which they were gathered") {
  auto const mixed = support::batch_of({support::log("one"), support::span("a", "0000000000000001"), support::error("bad"),
                                        support::span("b", "0000000000000002", "0000000000000001"), support::log("two")});
  batch<span_record> const spans{mixed};
  batch<log_record> const logs{mixed};
  batch<error_record> const errors{mixed};
  std::string seen;
  for (auto const& each : spans) seen += std::string{each.name} + ' ';
  for (auto const& each : logs) seen += std::string{each.body} + ' ';
  for (auto const& each : errors) seen += std::string{each.message} + ' ';
  CHECK(seen == "a b one two bad ");
  CHECK(spans.size() == 2);
  CHECK(logs.size() == 2);
  CHECK(errors.size() == 1);
  CHECK(batch<start_record>{mixed}.empty());
  CHECK(std::distance(spans.begin(), spans.end()) == 2);
  CHECK(spans.resource().get("service.name") == "backend-flask");
}

TEST_CASE("records are kept by whoever keeps their batch") {
  std::vector<batch<span_record>> kept;
  {
    testing::capture taken;
    { scoped_span{"kept"}.set("k", "text").event("e", {{"n", 1}}); }
    auto const all = taken.spans();
    auto const out = std::make_shared<memory>();
    pipeline other{{.exporters = {out}, .detect_resource = false, .read_environment = false}};
    with_default const here{other};
    { scoped_span{"other"}.set("k", "text").event("e", {{"n", 1}}); }
    CHECK(other.flush(std::chrono::seconds{30}));
    kept = out->spans();
    out->clear();
    CHECK(out->spans().empty());
  }
  REQUIRE(kept.size() == 1);
  auto const span = *kept[0].begin();
  CHECK(span.name == "other");
  CHECK(span.find("k").as_text() == "text");
  CHECK((*(*span.events().begin()).attributes().begin()).value.as_int64() == 1);
}

TEST_CASE("text in records ends in a NUL") {
  testing::capture taken;
  {
    scoped_span span{"name", {.instrumentation = {"library", "1.2"}}};
    span.set("key", "value").metadata("meta", "m", "space").event("event").fail("message");
  }
  auto const spans = taken.spans();
  auto const& span = spans[0];
  for (auto const& each : {span.name, span.scope_name(), span.scope_version(), span.status_message(), (*span.attributes().begin()).key,
                           (*span.metadata().begin()).key, (*span.metadata().begin()).space, (*span.events().begin()).name})
    CHECK(std::string{each.c_str()} == std::string{each});
  CHECK(span.find("key").as_text().data()[5] == 0);
}

TEST_CASE("what was not written is empty, never missing") {
  testing::capture taken;
  { scoped_span bare{"bare"}; }
  info("bare");
  error_report{"bare"};
  auto const spans = taken.spans();
  auto const& span = spans[0];
  CHECK(span.status_message().empty());
  CHECK(span.status_message().c_str()[0] == 0);
  CHECK(span.tracestate().empty());
  CHECK(span.error_id().empty());
  CHECK(span.scope_name().empty());
  CHECK(span.attributes().empty());
  CHECK(span.metadata().size() == 0);
  CHECK(span.find("nothing").kind() == value_kind::empty);
  CHECK(taken.logs()[0].logger().empty());
  auto const errors = taken.errors();
  CHECK(errors[0].fingerprint().empty());
  CHECK(errors[0].person_id().empty());
  CHECK(errors[0].exception_type().empty());
}

TEST_CASE("attributes and annotations stand in one list in order, metadata in another") {
  testing::capture taken;
  { scoped_span{"span"}.set("a", 1).annotate("b", 2).metadata("c", 3, "space").set("d", 4); }
  std::string seen;
  auto const spans = taken.spans();
  for (auto const& each : spans[0].attributes()) seen += std::string{each.key} + (each.indexed ? "! " : " ");
  for (auto const& each : spans[0].metadata()) seen += std::string{each.space} + '/' + std::string{each.key};
  CHECK(seen == "a b! d space/c");
}

TEST_CASE("a start note tells what is known at the beginning of a span") {
  struct notes {
    std::mutex lock;
    std::vector<std::string> seen;
    void consume(batch<start_record> begun) {
      std::lock_guard const held{lock};
      for (auto const& each : begun)
        seen.push_back(std::string{each.name} + ' ' + std::string{to_text(each.kind)} + (each.parent_id.is_valid() ? " child" : " root"));
    }
  };
  auto const to = std::make_shared<notes>();
  pipeline mine{{.exporters = {to}, .detect_resource = false, .read_environment = false}};
  with_default const here{mine};
  scoped_span outer{"outer", {.kind = span_kind::server}};
  scoped_span inner{"inner"};
  CHECK(mine.flush(std::chrono::seconds{30}));
  std::lock_guard const held{to->lock};
  CHECK(to->seen == std::vector<std::string>{"outer SERVER root", "inner INTERNAL child"});
}

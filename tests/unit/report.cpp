// Error reports, error scopes, and exceptions on spans: one error is told in full once, and has one uuid wherever it shows.
#include <fanlight/testing.hpp>
#include <fanlight/trace.hpp>

#include <exception>
#include <future>
#include <memory>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>

#include "catch.hpp"

using namespace fanlight;

static_assert(std::is_nothrow_constructible_v<error_report, std::exception const&> &&
              std::is_nothrow_constructible_v<error_report, std::string_view>);
static_assert(std::is_nothrow_constructible_v<error_scope, std::string_view>);
static_assert(noexcept(std::declval<error_report&>().at(level::warn).set("k", 1).metadata("k", 1).person({}).fingerprint("f").uuid()));

namespace {

/// Works on the place of a caught exception: throws `error`, and calls `handle` in the handler.
template <class Error, class Handle>
void thrown(Error const& error, Handle handle) {
  try {
    throw error;
  } catch (std::exception const& caught) { handle(caught); }
}

}  // namespace

// ---- exceptions on spans ------------------------------------------------------------------------------------------------------------------

TEST_CASE("a span that fails with an exception says what it was: status, event, type and id") {
  testing::capture taken;
  {
    scoped_span span{"charge"};
    thrown(std::out_of_range{"no such card"}, [&](std::exception const& error) { span.fail(error); });
  }
  CHECK(taken.tree() ==
        "charge ERROR \"no such card\" fanlight.error.id=#1 error.type=\"std::out_of_range\"\n"
        "  event exception exception.type=\"std::out_of_range\" exception.message=\"no such card\" fanlight.error.id=#1\n");
  CHECK(taken.spans()["charge"].error_id().size() == 36);
}

TEST_CASE("one exception is written in full once: on the innermost span, and outer ones refer to it") {
  testing::capture taken;
  try {
    scoped_span outer{"outer"};
    try {
      scoped_span inner{"inner"};
      try {
        throw std::runtime_error{"card declined"};
      } catch (std::exception const& error) {
        inner.fail(error).fail(error);
        throw;
      }
    } catch (std::exception const& error) {
      outer.fail(error);
      throw;
    }
  } catch (std::exception const&) {}
  CHECK(taken.tree() ==
        "outer ERROR \"card declined\" fanlight.error.id=#1 error.type=\"std::runtime_error\"\n"
        "  inner ERROR \"card declined\" fanlight.error.id=#1 error.type=\"std::runtime_error\"\n"
        "    event exception exception.type=\"std::runtime_error\" exception.message=\"card declined\" fanlight.error.id=#1\n");
}

TEST_CASE("exceptions that look the same, one after the other in the same place of memory, are different errors") {
  testing::capture taken;
  for (int i = 0; i < 20; ++i) {
    scoped_span span{"attempt"};
    thrown(std::runtime_error{"timed out"}, [&](std::exception const& error) { span.fail(error); });
  }
  std::set<std::string> ids;
  auto const spans = taken.spans();
  for (auto const& each : spans) {
    CHECK(each.events().size() == 1);
    ids.emplace(each.error_id());
  }
  CHECK(ids.size() == 20);
}

TEST_CASE("an exception that is thrown again from where it was kept is the same error") {
  testing::capture taken;
  std::exception_ptr kept;
  {
    scoped_span first{"first"};
    thrown(std::runtime_error{"x"}, [&](std::exception const& error) {
      first.fail(error);
      kept = std::current_exception();
    });
  }
  {
    scoped_span second{"second"};
    try {
      std::rethrow_exception(kept);
    } catch (std::exception const& error) { second.fail(error); }
  }
  auto const spans = taken.spans();
  CHECK(spans["first"].error_id() == spans["second"].error_id());
  CHECK(spans["first"].events().size() == 1);
  CHECK(spans["second"].events().empty());
}

TEST_CASE("an exception that was never thrown is an error too") {
  testing::capture taken;
  { scoped_span{"span"}.fail(std::logic_error{"made, not thrown"}); }
  CHECK(taken.tree() ==
        "span ERROR \"made, not thrown\" fanlight.error.id=#1 error.type=\"std::logic_error\"\n"
        "  event exception exception.type=\"std::logic_error\" exception.message=\"made, not thrown\" fanlight.error.id=#1\n");
}

TEST_CASE("an exception that two handlers see at once keeps its own identity") {
  testing::capture taken;
  {
    scoped_span span{"span"};
    thrown(std::runtime_error{"outer"}, [&](std::exception const& outer) {
      span.fail(outer);
      thrown(std::runtime_error{"inner"}, [&](std::exception const& inner) { span.fail(inner); });
    });
  }
  auto const spans = taken.spans();
  REQUIRE(spans["span"].events().size() == 2);
  auto at = spans["span"].events().begin();
  auto const first = (*at).attributes();
  ++at;
  auto const second = (*at).attributes();
  auto const id = [](attribute_list const& of) {
    std::string out;
    for (auto const& each : of)
      if (each.key == "fanlight.error.id") out = each.value.as_text();
    return out;
  };
  CHECK(id(first) != id(second));
  CHECK(spans["span"].error_id() == id(second));
}

TEST_CASE("a span that has ended takes no exception") {
  testing::capture taken;
  {
    span worked{"worked"};
    worked.end();
    thrown(std::runtime_error{"late"}, [&](std::exception const& error) { worked.fail(error); });
  }
  CHECK(taken.tree() == "worked\n");
}

TEST_CASE("the last exception of a thread is let go of with its thread") {
  testing::capture taken;
  auto const alive = std::make_shared<int>(1);
  struct counted : std::exception {
    explicit counted(std::shared_ptr<int> held) : held_{std::move(held)} {}
    std::shared_ptr<int> held_;
  };
  std::thread{carry([&] {
    scoped_span span{"span"};
    thrown(counted{alive}, [&](std::exception const& error) { span.fail(error); });
  })}.join();
  CHECK(alive.use_count() == 1);
}

// ---- reports ------------------------------------------------------------------------------------------------------------------------------

TEST_CASE("a report says everything it was told") {
  testing::capture taken;
  {
    scoped_span span{"POST /orders"};
    error_report{"order rejected", level::warn}.set("reason", "card").set("reason", "no card").metadata("try", 2, "shop");
    error_report{"blunt"}
        .at(level::critical)
        .person({.id = "u-81", .username = "andrewbrown", .email = "a@example.org"})
        .fingerprint("card-declined");
  }
  error_report{"outside"};
  CHECK(
      taken.tree() ==
      "POST /orders\n"
      "  report WARN \"order rejected\" #1 reason=\"no card\" shop/try=2\n"
      "  report FATAL \"blunt\" #2 person.id=\"u-81\" person.username=\"andrewbrown\" person.email=\"a@example.org\" fingerprint=\"card-declined\"\n"
      "report ERROR \"outside\" #3\n");
  auto const errors = taken.errors();
  CHECK(errors["blunt"].exception_type().empty());
  CHECK_FALSE(errors["blunt"].on_span);
  CHECK(std::string_view{errors["outside"].where.file()}.find("report.cpp") != std::string_view::npos);
}

TEST_CASE("a report of an exception shares its uuid with the span, which tells of it as well") {
  testing::capture taken;
  {
    scoped_span span{"span"};
    thrown(std::runtime_error{"card declined"}, [&](std::exception const& error) {
      error_report report{error};
      report.at(level::critical);
      CHECK(report.uuid().view().size() == 36);
      CHECK(report.uuid().view()[14] == '4');
      CHECK(std::string_view{"89ab"}.find(report.uuid().view()[19]) != std::string_view::npos);
      span.fail(error);
    });
  }
  CHECK(taken.tree() ==
        "span ERROR \"card declined\" fanlight.error.id=#1 error.type=\"std::runtime_error\"\n"
        "  event exception exception.type=\"std::runtime_error\" exception.message=\"card declined\" fanlight.error.id=#1\n"
        "  report FATAL \"card declined\" (std::runtime_error) #1\n");
  CHECK(taken.errors()[0].on_span);
}

TEST_CASE("a report of an exception with no recorded span stands alone") {
  testing::capture taken{{.sampler = always_off()}};
  thrown(std::runtime_error{"no span"}, [](std::exception const& error) { error_report{error}; });
  {
    scoped_span unsampled{"unsampled"};
    thrown(std::runtime_error{"not sampled"}, [](std::exception const& error) { error_report{error}; });
  }
  auto const errors = taken.errors();
  CHECK_FALSE(errors["no span"].on_span);
  CHECK_FALSE(errors["not sampled"].on_span);
  CHECK(errors["not sampled"].span_id.is_valid());
  CHECK(taken.spans().empty());
}

TEST_CASE("a report of an exception that its span has no room for stands alone") {
  testing::capture taken{{.limits = {.events = 0}}};
  {
    scoped_span span{"span"};
    thrown(std::runtime_error{"x"}, [](std::exception const& error) { error_report{error}; });
  }
  CHECK_FALSE(taken.errors()[0].on_span);
  CHECK(taken.spans()[0].dropped_events == 1);
}

TEST_CASE("exceptions that say nothing, or far too much") {
  struct silent : std::exception {
    char const* what() const noexcept override { return nullptr; }
  };
  testing::capture taken;
  {
    scoped_span span{"span"};
    thrown(silent{}, [&](std::exception const& error) {
      span.fail(error);
      error_report{error};
    });
  }
  {
    scoped_span loud{"loud"};
    thrown(std::runtime_error{std::string(1'000'000, 'x')}, [&](std::exception const& error) {
      loud.fail(error);
      error_report{error};
    });
  }
  auto const spans = taken.spans();
  CHECK(spans["span"].status == status_code::error);
  CHECK(spans["span"].events().size() == 1);
  CHECK(spans["loud"].status == status_code::error);
  CHECK(spans["loud"].find("error.type").as_text() == "std::runtime_error");
  auto const errors = taken.errors();
  CHECK(errors[0].message.empty());
  CHECK(errors[1].message.size() == 128 * 1024);
}

TEST_CASE("two reports of one exception have one uuid, and every other its own") {
  testing::capture taken;
  thrown(std::runtime_error{"x"}, [](std::exception const& error) {
    error_report{error};
    error_report{error};
  });
  thrown(std::runtime_error{"x"}, [](std::exception const& error) { error_report{error}; });
  error_report{"x"};
  CHECK(taken.tree() ==
        "report ERROR \"x\" (std::runtime_error) #1\nreport ERROR \"x\" (std::runtime_error) #1\n"
        "report ERROR \"x\" (std::runtime_error) #2\nreport ERROR \"x\" #3\n");
}

TEST_CASE("a report wakes the pipeline at once: nobody waits for a batch to fill") {
  std::promise<std::string> arrived;
  struct exporter {
    std::promise<std::string>* to;
    void consume(batch<error_record> errors) {
      for (auto const& each : errors) to->set_value(std::string{each.message});
    }
  };
  pipeline mine{{.exporters = {exporter{&arrived}},
                 .batching = {.span_delay = std::chrono::hours{1}, .log_delay = std::chrono::hours{1}},
                 .detect_resource = false,
                 .read_environment = false}};
  with_default const here{mine};
  error_report{"urgent"};
  auto seen = arrived.get_future();
  REQUIRE(seen.wait_for(std::chrono::seconds{30}) == std::future_status::ready);
  CHECK(seen.get() == "urgent");
}

// ---- scopes -------------------------------------------------------------------------------------------------------------------------------

TEST_CASE("an error scope reports when an exception leaves it, with what was set, and only then") {
  testing::capture taken;
  {
    scoped_span span{"nightly"};
    {
      error_scope fine{"fine"};
      fine.set("k", 1);
    }
    try {
      error_scope job{"nightly import"};
      job.set("file", "orders.csv").set("row", 17);
      throw std::runtime_error{"x"};
    } catch (std::exception const&) { error_scope in_handler{"in a handler"}; }
  }
  CHECK(taken.tree() ==
        "nightly\n"
        "  report ERROR \"nightly import\" #1 file=\"orders.csv\" row=17\n");
}

TEST_CASE("an error scope inside an unwinding reports its own exception, not the one outside") {
  testing::capture taken;
  struct cleaner {
    ~cleaner() {
      { error_scope quiet{"quiet"}; }
      try {
        error_scope loud{"loud"};
        throw std::runtime_error{"inner"};
      } catch (std::exception const&) {}
    }
  };
  try {
    cleaner const one;
    throw std::runtime_error{"outer"};
  } catch (std::exception const&) {}
  CHECK(taken.tree() == "report ERROR \"loud\" #1\n");
}

TEST_CASE("an error scope's report has the time and the span of the leaving") {
  testing::manual_clock clock;
  testing::capture taken{{.instead = clock.instead()}};
  span_id inside;
  try {
    scoped_span span{"span"};
    inside = span.context().span_id();
    error_scope job{"job"};
    clock.advance(std::chrono::seconds{5});
    throw std::runtime_error{"x"};
  } catch (std::exception const&) {}
  auto const errors = taken.errors();
  CHECK(errors["job"].span_id == inside);
  CHECK(errors["job"].time == clock.now());
}

TEST_CASE("guarded lets results and exceptions through") {
  int number = 7;
  CHECK(guarded([&] { return number; }) == 7);
  static_assert(std::is_same_v<decltype(guarded([&]() -> int& { return number; })), int&>);
  CHECK_THROWS_AS(guarded([] { throw std::runtime_error{"x"}; }), std::runtime_error);
}

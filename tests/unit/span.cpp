// Spans: whose child they are, their ids, what can be written to them, and what is told when it comes too late.
#include <fanlight/testing.hpp>
#include <fanlight/trace.hpp>

#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>

#include "catch.hpp"

using namespace fanlight;

static_assert(std::is_nothrow_constructible_v<scoped_span, std::string_view>);
static_assert(std::is_nothrow_constructible_v<scoped_span, std::string_view, span_options const&, std::initializer_list<attribute>>);
static_assert(std::is_nothrow_constructible_v<span, std::string_view> && std::is_nothrow_move_constructible_v<span>);
static_assert(!std::is_copy_constructible_v<span> && !std::is_move_assignable_v<span>);
static_assert(!std::is_move_constructible_v<scoped_span> && !std::is_move_constructible_v<scope> &&
              !std::is_move_constructible_v<annotation>);
static_assert(noexcept(std::declval<scoped_span&>().set("k", 1)) && noexcept(std::declval<span&>().annotate("k", 1)) && noexcept(
    std::declval<span&>().metadata(
        "k", 1)) && noexcept(std::declval<span&>().event("e", {{"k", 1}})) && noexcept(std::declval<span&>()
                                                                                           .link(
                                                                                               context{})) && noexcept(std::declval<span&>().status(status_code::ok)) && noexcept(std::
                                                                                                                                                                                      declval<
                                                                                                                                                                                          span&>()
                                                                                                                                                                                          .fail("why")) && noexcept(std::
                                                                                                                                                                                                                        declval<
                                                                                                                                                                                                                            span&>()
                                                                                                                                                                                                                            .fail(std::declval<std::exception const&>())) && noexcept(std::declval<span&>()
                                                                                                                                                                                                                                                                                          .update_name("n")) && noexcept(std::
                                                                                                                                                                                                                                                                                                                             declval<
                                                                                                                                                                                                                                                                                                                                 span&>()
                                                                                                                                                                                                                                                                                                                                 .end()) && noexcept(std::
                                                                                                                                                                                                                                                                                                                                                         declval<
                                                                                                                                                                                                                                                                                                                                                             span&>()
                                                                                                                                                                                                                                                                                                                                                             .context()) && noexcept(current_span()) && noexcept(fanlight::
                                                                                                                                                                                                                                                                                                                                                                                                                     current()));

// ---- parents --------------------------------------------------------------------------------------------------------------------------

TEST_CASE("a scoped span is the child of what is current, and current until its brace") {
  testing::capture taken;
  {
    scoped_span a{"a"};
    { scoped_span b{"b"}; }
    scoped_span c{"c", {.kind = span_kind::client}};
    scoped_span d{"d", {{"k", 1}}};
  }
  { scoped_span e{"e"}; }
  CHECK(taken.tree() == "a\n  b\n  c [client]\n    d k=1\ne\n");
  auto const spans = taken.spans();
  CHECK(spans["d"].trace_id == spans["a"].trace_id);
  CHECK(spans["e"].trace_id != spans["a"].trace_id);
  CHECK_FALSE(spans["a"].parent_id.is_valid());
}

TEST_CASE("a span is the child of what is current, and never current by itself") {
  testing::capture taken;
  {
    scoped_span outer{"outer"};
    span upload{"upload"};
    scoped_span inner{"inner"};
    CHECK(current().span_id() == inner.context().span_id());
  }
  CHECK(taken.tree() == "outer\n  upload\n  inner\n");
  span loose{"loose"};
  CHECK_FALSE(current().is_valid());
}

TEST_CASE("a parent can be named: a context, or nobody") {
  testing::capture taken;
  context cause;
  {
    scoped_span first{"first"};
    cause = first.context();
    scoped_span fresh{"fresh", {.parent = {}}};
    scoped_span beneath{"beneath"};
  }
  {
    scoped_span other{"other"};
    scoped_span late{"late", {.parent = cause}};
    span later{"later", {.parent = cause}};
    scoped_span last{"last", {.parent = later.context()}};
  }
  CHECK(taken.tree() == "first\n  late\n  later\n    last\nfresh\n  beneath\nother\n");
}

TEST_CASE("a remote parent gives the trace, and the record knows that it is elsewhere") {
  testing::capture taken;
  context const caller{trace_id::from_hex("0af7651916cd43dd8448eb211c80319c"), span_id::from_hex("b7ad6b7169203331"),
                       trace_flag::sampled | trace_flag::random, true};
  {
    scoped_span served{"served", {.kind = span_kind::server, .parent = caller}};
    scoped_span inside{"inside"};
    CHECK_FALSE(inside.context().is_remote());
  }
  {
    scope const here{caller};
    scoped_span implied{"implied"};
  }
  CHECK(taken.tree() == "served [server, remote parent]\n  inside\nimplied [remote parent]\n");
  auto const spans = taken.spans();
  for (auto const& each : spans) {
    CHECK(each.trace_id == caller.trace_id());
    CHECK(each.trace_flags == 3);
  }
  CHECK(spans["served"].parent_id == caller.span_id());
  CHECK(spans["implied"].parent_id == caller.span_id());
  CHECK_FALSE(spans["inside"].remote_parent);
}

TEST_CASE("a context with a trace id only is continued by a root") {
  testing::capture taken;
  context const balancer{trace_id{{0x5c}}, span_id{}, 0, true, sampling_state::deferred};
  { scoped_span root{"root", {.parent = balancer}}; }
  auto const root = taken.spans()["root"];
  CHECK(root.trace_id == balancer.trace_id());
  CHECK_FALSE(root.parent_id.is_valid());
  CHECK_FALSE(root.remote_parent);
}

TEST_CASE("a child outlives its parent, and may begin after its end") {
  testing::capture taken;
  span parent{"parent"};
  span child{"child", {.parent = parent.context()}};
  parent.end();
  CHECK(parent.context().is_valid());
  { span late{"late", {.parent = parent.context()}}; }
  child.end();
  CHECK(taken.tree() == "parent\n  child\n  late\n");
}

// ---- ids ------------------------------------------------------------------------------------------------------------------------------

TEST_CASE("trace ids begin with the seconds of the epoch, and the rest is chance") {
  testing::manual_clock clock{wall_time{1'600'000'000'999'999'999}};
  auto instead = clock.instead();
  instead.random = nullptr;
  testing::capture taken{{.instead = instead}};
  std::set<std::string> seen;
  for (int i = 0; i < 100; ++i) {
    scoped_span root{"root"};
    auto const id = std::string{root.context().trace_id().hex()};
    CHECK(id.substr(0, 8) == "5f5e1000");
    CHECK(seen.insert(id.substr(8)).second);
    CHECK(seen.insert(std::string{root.context().span_id().hex()}).second);
  }
  clock.advance(std::chrono::nanoseconds{1});
  CHECK(std::string{scoped_span{"next second"}.context().trace_id().hex()}.substr(0, 8) == "5f5e1001");
}

TEST_CASE("a root says that its id is random, a child of another's trace says what that one said") {
  testing::capture taken;
  CHECK(scoped_span{"root"}.context().flags() == (trace_flag::sampled | trace_flag::random));
  context const plain{trace_id{{1}}, span_id{{2}}, trace_flag::sampled, true};
  CHECK(scoped_span{"continued", {.parent = plain}}.context().flags() == trace_flag::sampled);
  context const without_span{trace_id{{1}}, span_id{}, trace_flag::sampled | trace_flag::random, true};
  CHECK(scoped_span{"half", {.parent = without_span}}.context().flags() == (trace_flag::sampled | trace_flag::random));
}

TEST_CASE("ids are never zero, whatever the generator says") {
  testing::capture taken{{.instead = {.random = [] { return std::uint64_t{0}; }}}};
  scoped_span root{"root"};
  CHECK(root.context().is_valid());
  CHECK(root.context().span_id().hex() == "0000000000000001");
}

// ---- what is written --------------------------------------------------------------------------------------------------------------------

TEST_CASE("the last value of a key wins, in the place of the first, whatever its size") {
  testing::capture taken;
  {
    scoped_span span{"span", {{"a", 1}, {"b", "short"}, {"c", true}}};
    span.set("b", "rather longer than it was before").set("a", 2.5).set("c", nullptr).set("d", "").annotate("b", "x");
  }
  CHECK(taken.tree() == "span a=2.5 @b=\"x\" c=null d=\"\"\n");
}

TEST_CASE("metadata is a space of its own, and each namespace another") {
  testing::capture taken;
  {
    scoped_span span{"span", {{"k", 1}}};
    span.metadata("k", 2).metadata("k", 3, "other").metadata("k", 4, "").metadata("k", 5, std::string_view{"cut\0here", 8});
  }
  CHECK(taken.tree() == "span k=1 default/k=4 other/k=3 cut/k=5\n");
}

TEST_CASE("an attribute without a key is dropped, counted and told") {
  testing::capture taken;
  {
    scoped_span span{"span", {{"", 1}}};
    span.set("", 2).annotate(std::string_view{}, 3).metadata("", 4).set("kept", 5);
  }
  CHECK(taken.tree() == "span kept=5 (4 attributes lost)\n");
  REQUIRE(taken.problems().size() == 2);
  CHECK(taken.problems()[0].code == problem_code::key_empty);
  CHECK(taken.problems()[1].code == problem_code::key_dropped);  // of an annotation
}

TEST_CASE("status: unset, then error, then ok, which is final") {
  testing::capture taken;
  { scoped_span{"unset"}.status(status_code::unset, "nothing"); }
  { scoped_span{"ok"}.status(status_code::ok, "for errors only").status(status_code::error, "late").fail("later"); }
  { scoped_span{"error"}.status(status_code::error, "why").status(status_code::unset); }
  { scoped_span{"another"}.fail("first").fail("second, and longer"); }
  { scoped_span{"without"}.fail("text").fail(); }
  { scoped_span{"mended"}.fail("x").status(status_code::ok); }
  CHECK(taken.tree() ==
        "unset\n"
        "ok OK\n"
        "error ERROR \"why\"\n"
        "another ERROR \"second, and longer\"\n"
        "without ERROR\n"
        "mended OK\n");
}

TEST_CASE("events and links keep their order, with what they carry") {
  testing::capture taken;
  {
    scoped_span first{"first"}, second{"second"};
    second.link(first.context(), {{"n", 1}}).event("one").event("two", {{"k", object{{"deep", array{1, "x"}}}}}).link(second.context());
    second.event("three", {{"same", 1}, {"same", 2}});
  }
  CHECK(taken.tree() ==
        "first\n"
        "  second\n"
        "    link to first n=1\n"
        "    link to second\n"
        "    event one\n"
        "    event two k={deep: [1, \"x\"]}\n"
        "    event three same=2\n");
}

TEST_CASE("a link without ids is kept when it says something, and dropped in silence when it does not") {
  testing::capture taken;
  {
    scoped_span span{"span", {.links = {{context{}}, {context{}, {{"why", "lost"}}}}}};
    span.link(context{trace_id{{1}}, span_id{}, 0});
  }
  CHECK(taken.tree() == "span\n  link to nothing why=\"lost\"\n");
}

TEST_CASE("a linked context's flags, place and tracestate are recorded") {
  testing::capture taken;
  auto const far = extract([](std::string_view key) -> std::string_view {
    return key == "traceparent" ? "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01" : key == "tracestate" ? "a=1,b=2" : "";
  });
  { scoped_span{"span"}.link(far, {{"k", 1}}); }
  auto const spans = taken.spans();
  auto const link = *spans["span"].links().begin();
  CHECK(link.trace_id == far.trace_id());
  CHECK(link.span_id == far.span_id());
  CHECK(link.trace_flags == 1);
  CHECK(link.remote);
  CHECK(link.tracestate == "a=1,b=2");
  CHECK((*link.attributes().begin()).value.as_int64() == 1);
}

TEST_CASE("a name can be changed while the span is open, and nothing else changes with it") {
  testing::capture taken;
  { scoped_span{"shrinks to less", {{"k", 1}}}.event("e").update_name("s"); }
  { scoped_span{"g", {{"k", 1}}}.event("e").update_name("grows to much more than it was").set("l", 2); }
  { scoped_span{"e"}.set("k", 1).update_name("").set("k", 2); }
  { scoped_span{"big"}.set("k", 1).update_name(std::string(5000, 'n')).set("k", "2"); }
  CHECK(taken.tree() ==
        "s k=1\n  event e\ngrows to much more than it was k=1 l=2\n  event e\nk=2\n" + std::string(5000, 'n') + " k=\"2\"\n");
}

TEST_CASE("a span knows the library it comes from, where it began and in which thread") {
  testing::capture taken;
  {
    scoped_span own{"own"};
    scoped_span theirs{"theirs", {.instrumentation = {"library", "1.2"}}};
    std::thread{carry([] { scoped_span far{"far"}; })}.join();
  }
  auto const spans = taken.spans();
  CHECK(spans["own"].scope_name().empty());
  CHECK(spans["theirs"].scope_name() == "library");
  CHECK(spans["theirs"].scope_version() == "1.2");
  CHECK(std::string_view{spans["own"].where.file()}.find("span.cpp") != std::string_view::npos);
  CHECK(spans["theirs"].where.line() == spans["own"].where.line() + 1);
  CHECK(spans["own"].thread_id == spans["theirs"].thread_id);
  CHECK(spans["own"].thread_id != spans["far"].thread_id);
}

// ---- after the end ----------------------------------------------------------------------------------------------------------------------

TEST_CASE("what is written after the end changes nothing, and is told once") {
  testing::capture taken;
  auto const write_all = [](span& to) {
    to.set("k", 1).annotate("k", 2).metadata("k", 3).event("e").link(to.context()).status(status_code::error, "x").fail("y");
    to.fail(std::runtime_error{"z"}).update_name("other");
  };
  {
    span done{"done"};
    auto const before = done.context();
    CHECK(done.is_recording());
    done.end();
    CHECK_FALSE(done.is_recording());
    write_all(done);
    done.end();
    CHECK(done.context().span_id() == before.span_id());
  }
  CHECK(taken.tree() == "done\n");
  REQUIRE(taken.problems().size() == 1);
  CHECK(taken.problems()[0].code == problem_code::ended);
}

TEST_CASE("a span moved from does nothing, and its new owner ends it") {
  testing::capture taken;
  {
    span first{"moved"};
    span second{std::move(first)};
    first.set("lost", 1);  // NOLINT(bugprone-use-after-move): that is the point
    first.end();
    CHECK_FALSE(first.is_recording());
    CHECK_FALSE(first.context().is_valid());
    scope const nothing{first};
    second.set("kept", 2);
  }
  CHECK(taken.tree() == "moved kept=2\n");
  CHECK(taken.problems().empty());
}

TEST_CASE("a span ends on whatever thread owns it then") {
  testing::capture taken;
  {
    scoped_span parent{"parent"};
    span upload{"upload"};
    std::thread{[upload = std::move(upload)]() mutable {
      scope const inside{upload};
      scoped_span part{"part"};
      current_span().set("n", 1);
      upload.set("bytes", 5);
    }}.join();
    scoped_span after{"after"};
  }
  CHECK(taken.tree() == "parent\n  upload bytes=5\n    part n=1\n  after\n");
}

// ---- exceptions -------------------------------------------------------------------------------------------------------------------------

TEST_CASE("a span left by an exception has failed, one that only meets one has not") {
  testing::capture taken;
  try {
    scoped_span left{"left"};
    struct at_unwind {
      ~at_unwind() { scoped_span inside{"inside an unwinding"}; }
    } const inner;
    span owned{"owned"};
    throw std::runtime_error{"x"};
  } catch (std::exception const&) { scoped_span const handled{"in a handler"}; }
  CHECK(taken.tree() == "left ERROR\n  owned ERROR\n  inside an unwinding\nin a handler\n");
}

TEST_CASE("an exception that leaves a span does not wipe out what was said about it") {
  testing::capture taken;
  try {
    scoped_span told{"told"};
    told.fail("the reason");
    throw std::runtime_error{"x"};
  } catch (std::exception const&) {}
  try {
    scoped_span fine{"fine"};
    fine.status(status_code::ok);
    throw std::runtime_error{"x"};
  } catch (std::exception const&) {}
  CHECK(taken.tree() == "told ERROR \"the reason\"\nfine OK\n");
}

// Scopes, and the facts that hold in them: annotations and metadata that everything begun beneath takes along, to other threads too.
#include <fanlight/testing.hpp>
#include <fanlight/trace.hpp>

#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "catch.hpp"

using namespace fanlight;

// ---- scope ------------------------------------------------------------------------------------------------------------------------------

TEST_CASE("a scope makes a span current, and what was current before comes back") {
  testing::capture taken;
  {
    scoped_span outer{"outer"};
    span owned{"owned", {.parent = {}}};
    {
      scope const inside{owned};
      CHECK(current().span_id() == owned.context().span_id());
      scoped_span beneath{"beneath"};
    }
    CHECK(current().span_id() == outer.context().span_id());
  }
  CHECK(taken.tree() == "outer\nowned\n  beneath\n");
}

TEST_CASE("a scope of a context makes it current without a span to write to") {
  testing::capture taken;
  {
    scoped_span parent{"parent"};
    auto const place = parent.context();
    std::thread{[place] {
      scope const inside{place};
      current_span().set("lost", 1);
      scoped_span work{"work"};
    }}.join();
  }
  CHECK(taken.tree() == "parent\n  work\n");
}

TEST_CASE("an empty context hides what is current: what begins there is a new trace") {
  testing::capture taken;
  {
    scoped_span outer{"outer"};
    scope const nothing{context{}};
    CHECK_FALSE(current().is_valid());
    scoped_span root{"root"};
    scoped_span child{"child"};
  }
  CHECK(taken.tree() == "outer\nroot\n  child\n");
}

TEST_CASE("a span that ends inside its scope is still the parent of what begins there") {
  testing::capture taken;
  {
    std::optional<span> owned{std::in_place, "owned"};
    scope const inside{*owned};
    owned->end();
    { scoped_span late{"late"}; }
    current_span().set("lost", 1);
    owned.reset();
    { scoped_span later{"later"}; }
    current_span().set("lost", 2);
  }
  CHECK(taken.tree() == "owned\n  late\n  later\n");
}

TEST_CASE("current_span is the innermost span that this thread owns") {
  testing::capture taken;
  current_span().set("nobody", 1).event("nobody");
  CHECK_FALSE(current_span().is_recording());
  {
    scoped_span outer{"outer"};
    {
      scoped_span inner{"inner"};
      current_span().set("mine", 1).annotate("also", 2).event("here").update_name("renamed");
    }
    current_span().set("back", true);
    scope const far{context{trace_id{{1}}, span_id{{2}}, 1, true}};
    CHECK_FALSE(current_span().is_recording());
  }
  CHECK(taken.tree() == "outer back=true\n  renamed mine=1 @also=2\n    event here\n");
}

// ---- out of order -------------------------------------------------------------------------------------------------------------------------

TEST_CASE("scoped spans that end out of order are told once, and the others stay in place") {
  testing::capture taken;
  {
    auto a = std::make_unique<scoped_span>("a");
    auto b = std::make_unique<scoped_span>("b");
    auto c = std::make_unique<scoped_span>("c");
    b.reset();
    { scoped_span under_c{"under c"}; }
    a.reset();
    { scoped_span still_under_c{"still under c"}; }
    c.reset();
    { scoped_span root{"root"}; }
  }
  CHECK(taken.tree() == "a\n  b\n    c\n      under c\n      still under c\nroot\n");
  REQUIRE(taken.problems().size() == 1);
  CHECK(taken.problems()[0].code == problem_code::out_of_order);
}

TEST_CASE("what an outer span brought along lives as long as an inner one that looks at it") {
  testing::capture taken;
  auto const caller = extract([](std::string_view key) -> std::string_view {
    return key == "traceparent" ? "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01" : key == "tracestate" ? "a=1" : "";
  });
  auto outer = std::make_unique<scoped_span>("outer", span_options{.parent = caller});
  auto middle = std::make_unique<scoped_span>("middle");
  auto inner = std::make_unique<scoped_span>("inner");
  outer.reset();
  middle.reset();
  { scoped_span last{"last"}; }
  CHECK(inner->context().tracestate() == "a=1");
  inner.reset();
  for (auto const& each : taken.spans()) CHECK(each.tracestate() == "a=1");
}

// ---- facts --------------------------------------------------------------------------------------------------------------------------------

TEST_CASE("facts hold on the current span and on everything begun beneath, until their brace") {
  testing::capture taken;
  {
    scoped_span outer{"outer"};
    {
      annotation const who{"tenant", "acme"};
      metadata const plan{"plan", "pro", "billing"};
      scoped_span inner{"inner"};
      { scoped_span deeper{"deeper"}; }
      info("hello");
      error_report{"broken"};
    }
    scoped_span after{"after"};
    warn("dry");
  }
  CHECK(taken.tree() ==
        "outer @tenant=\"acme\" billing/plan=\"pro\"\n"
        "  inner @tenant=\"acme\" billing/plan=\"pro\"\n"
        "    deeper @tenant=\"acme\" billing/plan=\"pro\"\n"
        "    log INFO \"hello\" @tenant=\"acme\" billing/plan=\"pro\"\n"
        "    report ERROR \"broken\" #1 @tenant=\"acme\" billing/plan=\"pro\"\n"
        "  after\n"
        "    log WARN \"dry\"\n");
}

TEST_CASE("facts need no span above them") {
  testing::capture taken;
  {
    annotation const who{"tenant", "acme"};
    { scoped_span root{"root"}; }
    info("alone");
    span owned{"owned"};
  }
  { scoped_span bare{"bare"}; }
  CHECK(taken.tree() == "root @tenant=\"acme\"\nlog INFO \"alone\" @tenant=\"acme\"\nowned @tenant=\"acme\"\nbare\n");
}

TEST_CASE("an inner fact shadows an outer one of the same key for what begins beneath") {
  testing::capture taken;
  {
    annotation const outer{"tenant", "acme"};
    metadata const size{"size", 1};
    {
      annotation const inner{"tenant", "globex and more of it"};
      metadata const same{"size", 2}, other{"size", 3, "other"};
      { scoped_span beneath{"beneath"}; }
    }
    { scoped_span after{"after"}; }
  }
  CHECK(taken.tree() ==
        "beneath @tenant=\"globex and more of it\" default/size=2 other/size=3\n"
        "after @tenant=\"acme\" default/size=1\n");
}

TEST_CASE("what a span says itself wins over every fact, whichever came first") {
  testing::capture taken;
  {
    annotation const outer{"tenant", "acme"};
    scoped_span before{"before", {{"mine", 1}, {"size", 1}}};
    before.set("tenant", "own").annotate("noted", 1).metadata("kept", 1);
    annotation const inner{"tenant", "globex"}, mine{"mine", 2}, noted{"noted", 2};
    metadata const kept{"kept", 2};
    scoped_span beneath{"beneath"};
    beneath.set("mine", 3);
  }
  CHECK(taken.tree() ==
        "before tenant=\"own\" mine=1 size=1 @noted=1 default/kept=1\n"
        "  beneath @tenant=\"globex\" mine=3 @noted=2 default/kept=2\n");
}

TEST_CASE("a fact that only an outer fact had given is overwritten on the current span") {
  testing::capture taken;
  {
    annotation const outer{"tenant", "acme"};
    scoped_span span{"span"};
    annotation const inner{"tenant", "globex"};
  }
  CHECK(taken.tree() == "span @tenant=\"globex\"\n");
}

TEST_CASE("facts are written to the current span only if this thread owns it") {
  testing::capture taken;
  {
    scoped_span parent{"parent"};
    std::thread{carry([] {
      annotation const who{"tenant", "acme"};
      scoped_span work{"work"};
    })}.join();
  }
  CHECK(taken.tree() == "parent\n  work @tenant=\"acme\"\n");
}

TEST_CASE("carried contexts bring the facts along that held when they were taken") {
  testing::capture taken;
  context taken_within, taken_without;
  {
    scoped_span parent{"parent"};
    taken_without = parent.context();
    annotation const who{"tenant", "acme"};
    metadata const plan{"plan", object{{"name", "pro"}}, "billing"};
    taken_within = parent.context();
    std::thread{carry([] { scoped_span carried{"carried"}; })}.join();
  }
  std::thread{[&] {
    annotation const here{"tenant", "shadowed"}, more{"more", 1};
    {
      scope const inside{taken_within};
      scoped_span with{"with"};
    }
    { scoped_span also{"also with", {.parent = taken_within}}; }
    scope const inside{taken_without};
    scoped_span without{"without"};
  }}.join();
  CHECK(taken.tree() ==
        "parent @tenant=\"acme\" billing/plan={name: \"pro\"}\n"
        "  carried @tenant=\"acme\" billing/plan={name: \"pro\"}\n"
        "  with @more=1 @tenant=\"acme\" billing/plan={name: \"pro\"}\n"
        "  also with @more=1 @tenant=\"acme\" billing/plan={name: \"pro\"}\n"
        "  without @tenant=\"shadowed\" @more=1\n");
}

TEST_CASE("a fact inside a scope shadows what its context brought along, for a root that begins there too") {
  testing::capture taken;
  context place, far;
  {
    annotation const outer{"tenant", "outer"};
    place = current();
    scope const served{context{trace_id{{1}}, span_id{{2}}, trace_flag::sampled, true}};
    far = current();
  }
  for (auto const& each : {place, far}) {
    scope const inside{each};
    annotation const inner{"tenant", "inner"};
    { scoped_span root{"root"}; }
    span{"owned"}.end();
  }
  for (auto const& each : taken.spans()) CHECK(each.find("tenant").as_text() == "inner");
  CHECK(taken.spans().size() == 4);
}

TEST_CASE("facts of a context shadow those of the thread, for its scope") {
  testing::capture taken;
  context place;
  {
    scoped_span parent{"parent"};
    annotation const who{"tenant", "acme"};
    place = parent.context();
  }
  {
    annotation const here{"tenant", "local"}, more{"more", 1};
    {
      scope const inside{place};
      { scoped_span with{"with"}; }
      annotation const inner{"tenant", "inner"};
      { scoped_span deeper{"deeper"}; }
    }
    { scoped_span also{"also with", {.parent = place}}; }
    { scoped_span local{"local", {.parent = {}}}; }
  }
  { scoped_span bare{"bare"}; }
  CHECK(taken.tree() ==
        "parent @tenant=\"acme\"\n"
        "  with @more=1 @tenant=\"acme\"\n"
        "  deeper @more=1 @tenant=\"inner\"\n"
        "  also with @more=1 @tenant=\"acme\"\n"
        "local @tenant=\"local\" @more=1\n"
        "bare\n");
}

TEST_CASE("a span moved to another thread takes the facts along that held where it began") {
  testing::capture taken;
  {
    std::optional<annotation> who{std::in_place, annotation_key{"tenant"}, "acme"};
    span upload{"upload"};
    who.reset();
    annotation const later{"later", 1};
    auto const place = upload.context();
    std::thread{[upload = std::move(upload), place]() mutable {
      {
        scope const inside{upload};
        scoped_span part{"part"};
      }
      scope const beside{place};
      scoped_span other{"other"};
    }}.join();
  }
  CHECK(taken.tree() == "upload @tenant=\"acme\"\n  part @tenant=\"acme\"\n  other @tenant=\"acme\"\n");
}

TEST_CASE("a span's context carries no fact of the thread that asks for it") {
  testing::capture taken;
  {
    span owned{"owned"};
    annotation const who{"tenant", "acme"};
    auto const place = owned.context();
    scope const inside{place};
    std::thread{[place] {
      scope const there{place};
      scoped_span bare{"bare"};
    }}.join();
  }
  CHECK(taken.tree() == "owned\n  bare\n");
}

TEST_CASE("facts that end out of order are told, harm nothing, and are gone with the last of them") {
  testing::capture taken;
  {
    std::optional<annotation> a{std::in_place, annotation_key{"a"}, 1}, b{std::in_place, annotation_key{"b"}, "a value of some length"};
    a.reset();
    { scoped_span first{"first"}; }
    {
      annotation const c{"c", "one that is longer than all the others, so that it would reach far beyond their place"};
      b.reset();
      { scoped_span second{"second"}; }
    }
    { scoped_span third{"third"}; }
    std::optional<scope> inside{std::in_place, context{trace_id{{1}}, span_id{{2}}, 1}};
    std::optional<annotation> d{std::in_place, annotation_key{"d"}, 4};
    inside.reset();
    { scoped_span fourth{"fourth"}; }
    d.reset();
    { scoped_span fifth{"fifth"}; }
  }
  CHECK(
      taken.tree() ==
      "first @a=1 @b=\"a value of some length\"\n"
      "second @a=1 @b=\"a value of some length\" @c=\"one that is longer than all the others, so that it would reach far beyond their place\"\n"
      "third\n"
      "fourth @d=4\n"
      "fifth\n");
  REQUIRE(taken.problems().size() == 1);
  CHECK(taken.problems()[0].code == problem_code::out_of_order);
}

TEST_CASE("a scope with facts that ends before a fact inside it leaves that one alone") {
  testing::capture taken;
  context place;
  {
    scoped_span parent{"parent"};
    annotation const who{"tenant", "acme"};
    place = parent.context();
  }
  std::optional<scope> inside{std::in_place, place};
  std::optional<annotation> inner{std::in_place, annotation_key{"inner"}, 1};
  inside.reset();
  { scoped_span still{"still"}; }
  inner.reset();
  { scoped_span bare{"bare"}; }
  CHECK(taken.tree() == "parent @tenant=\"acme\"\nstill @tenant=\"acme\" @inner=1\nbare\n");
}

TEST_CASE("a fact without a key is none, and is told") {
  testing::capture taken;
  {
    annotation const nothing{std::string_view{}, 1};
    metadata const nothing_either{"", 2, "space"};
    scoped_span span{"span"};
  }
  CHECK(taken.tree() == "span\n");
  REQUIRE(taken.problems().size() == 2);
  CHECK(taken.problems()[0].code == problem_code::key_dropped);
  CHECK(taken.problems()[1].code == problem_code::key_empty);
}

TEST_CASE("facts stay within the limits of what they are copied to") {
  testing::capture taken{{.limits = {.attributes = 2, .value_length = 3}}};
  {
    annotation const a{"a", "long"}, b{"b", 2}, c{"c", 3};
    metadata const free{"m", array{"long", 4}};
    scoped_span span{"span"};
    span.set("d", 4).set("a", "other");
  }
  CHECK(taken.tree() == "span a=\"oth\" @b=2 default/m=[\"lon\", 4] (2 attributes lost)\n");
}

TEST_CASE("hundreds of facts, shadowed again and again") {
  testing::capture taken{{.limits = {.attributes = 1000}}};
  {
    std::vector<std::unique_ptr<annotation>> facts;
    for (int i = 0; i < 300; ++i) facts.push_back(std::make_unique<annotation>("k" + std::to_string(i), i));
    for (int i = 0; i < 300; i += 3) facts.push_back(std::make_unique<annotation>("k" + std::to_string(i), std::string(20, 'x')));
    { scoped_span span{"span"}; }
    while (!facts.empty()) facts.pop_back();
    { scoped_span bare{"bare"}; }
  }
  auto const spans = taken.spans();
  CHECK(spans["span"].attributes().size() == 300);
  CHECK(spans["span"].find("k299").as_int64() == 299);
  CHECK(spans["span"].find("k297").as_text() == std::string(20, 'x'));
  CHECK(spans["bare"].attributes().empty());
}

// baggage.hpp: baggage that holds for a scope, in contexts, in headers, and on spans where the pipeline copies it.
#include <fanlight/baggage.hpp>
#include <fanlight/testing.hpp>
#include <fanlight/trace.hpp>

#include "catch.hpp"

#include <functional>
#include <map>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace fl = fanlight;
using fl::problem_code;

namespace {

using headers = std::map<std::string, std::string>;

headers sent() {
  headers out;
  fl::inject([&](std::string_view name, std::string_view text) { out[std::string{name}] = std::string{text}; });
  return out;
}
std::string sent_baggage() {
  auto const all = sent();
  auto const at = all.find("baggage");
  return at == all.end() ? "none" : at->second;
}

fl::context received(headers const& in) {
  return fl::extract([&](std::string_view name) {
    auto const at = in.find(std::string{name});
    return at == in.end() ? std::string_view{} : std::string_view{at->second};
  });
}

std::string const parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

std::string words(fl::testing::capture& taken, problem_code code) {
  for (auto const& one : taken.problems())
    if (one.code == code) return one.what;
  return {};
}

std::string text_of(fl::span_record const& span, std::string_view key) {
  auto const found = span.find(key);
  return found.kind() == fl::value_kind::empty ? "none" : std::string{found.as_text()};
}

}  // namespace

TEST_CASE("baggage holds for its scope, and the inner one of a key counts") {
  CHECK_FALSE(fl::baggage_value("tenant"));
  {
    fl::baggage const tenant{"tenant", "acme"};
    CHECK(fl::baggage_value("tenant") == "acme");
    {
      fl::baggage const other{"tenant", "globex"}, plan{"plan", "pro"};
      CHECK(fl::baggage_value("tenant") == "globex");
      CHECK(sent_baggage() == "tenant=globex,plan=pro");
    }
    CHECK(fl::baggage_value("tenant") == "acme");
    CHECK_FALSE(fl::baggage_value("plan"));
    CHECK(sent_baggage() == "tenant=acme");
  }
  CHECK_FALSE(fl::baggage_value("tenant"));
  CHECK(sent().empty());
}

TEST_CASE("baggage goes without a trace, and alone") {
  fl::baggage const tenant{"tenant", "acme"};
  CHECK(sent() == headers{{"baggage", "tenant=acme"}});
  auto const got = received({{"baggage", "tenant=acme"}});
  CHECK_FALSE(got.is_valid());
  fl::scope const inside{got};
  CHECK(fl::baggage_value("tenant") == "acme");
  CHECK(sent() == headers{{"baggage", "tenant=acme"}});
}

TEST_CASE("baggage leaves traces as they are") {
  fl::testing::capture taken;
  {
    fl::baggage const before{"a", "1"};
    fl::scoped_span root{"root"};
    auto const ids = fl::current();
    fl::baggage const inside{"b", "2"};
    CHECK(fl::current().span_id() == ids.span_id());
    CHECK(sent_baggage() == "a=1,b=2");
    fl::current_span().set("still", "here");
    fl::scoped_span child{"child"};
    CHECK(sent_baggage() == "a=1,b=2");
    CHECK(sent().at("traceparent").find(std::string{child.context().span_id().hex().view()}) != std::string::npos);
  }
  { fl::scoped_span const other{"other"}; }
  CHECK(taken.tree() == "root still=\"here\"\n  child\nother\n");
  CHECK(taken.problems().empty());
}

TEST_CASE("a span's context has the baggage that was said in it since, and nobody else's") {
  fl::testing::capture taken;
  fl::scoped_span const outer{"outer"};
  fl::baggage const mine{"a", "1"};
  CHECK(outer.context().baggage() == "a=1");
  fl::scoped_span const inner{"inner"};
  fl::baggage const theirs{"b", "2"};
  CHECK(outer.context().baggage().empty());  // asked from inside another span
  CHECK(inner.context().baggage() == "a=1,b=2");
  fl::span const kept{"kept"};
  CHECK(kept.context().baggage() == "a=1,b=2");
}

TEST_CASE("baggage is carried, and goes on in spans that change hands") {
  fl::testing::capture taken;
  std::function<void()> later;
  std::string carried, there;
  {
    fl::baggage const tenant{"tenant", "acme"};
    fl::scoped_span const work{"work"};
    later = fl::carry([&] { carried = sent_baggage(); });
    fl::span upload{"upload"};
    std::thread{[&, upload = std::move(upload)]() mutable {
      fl::scope const inside{upload};
      there = sent_baggage();
    }}.join();
  }
  std::thread{later}.join();
  CHECK(carried == "tenant=acme");
  CHECK(there == "tenant=acme");
}

TEST_CASE("what came in goes on, with what is said here behind it") {
  fl::testing::capture taken;
  fl::scoped_span const server{"server", {.parent = received({{"traceparent", parent}, {"baggage", "a=1;p,b=2"}})}};
  CHECK(fl::baggage_value("b") == "2");
  fl::baggage const third{"c", "3"}, first{"a", "changed"};
  CHECK(sent_baggage() == "b=2,c=3,a=changed");
  fl::scoped_span const fresh{"fresh", {.parent = {}}};
  CHECK(sent_baggage() == "none");  // nobody's child has nobody's baggage
}

TEST_CASE("no_baggage keeps a key back, or all") {
  fl::baggage const a{"a", "1"}, b{"b", "2"};
  {
    fl::no_baggage const without{"a"};
    CHECK(sent_baggage() == "b=2");
    fl::no_baggage const unknown{"x"};
    CHECK(sent_baggage() == "b=2");
    fl::no_baggage const none;
    CHECK(sent().empty());
    CHECK_FALSE(fl::baggage_value("b"));
    fl::baggage const again{"a", "3"};
    CHECK(sent_baggage() == "a=3");
  }
  CHECK(sent_baggage() == "a=1,b=2");
}

TEST_CASE("contexts are given other baggage, and stay as they are") {
  auto const plain = received({{"traceparent", parent}, {"tracestate", "x=1"}, {"baggage", "a=1,b=2,a=3"}});
  auto const with = fl::set_baggage(plain, "a", "new", "ttl=60");
  CHECK(with.baggage() == "b=2,a=new;ttl=60");
  CHECK(with.tracestate() == "x=1");
  CHECK(with.span_id() == plain.span_id());
  CHECK(with.is_remote());
  CHECK(plain.baggage() == "a=1,b=2,a=3");
  CHECK(fl::remove_baggage(plain, "a").baggage() == "b=2");
  CHECK(fl::remove_baggage(plain, "x").baggage() == "a=1,b=2,a=3");
  CHECK(fl::clear_baggage(plain).baggage().empty());
  CHECK(fl::clear_baggage(plain).tracestate() == "x=1");
  CHECK(fl::set_baggage({}, "k", "v").baggage() == "k=v");
  CHECK(fl::set_baggage({}, "k", "v", " p1 ; p2=x ").baggage() == "k=v;p1 ; p2=x");
}

TEST_CASE("a view shows keys, values and properties") {
  fl::baggage_view const all{received({{"baggage", "k = a=b ; p1 ; p2=%41 ,userId=Am%C3%A9lie,k=last"}})};
  std::vector<std::string> keys;
  for (auto const& each : all) keys.emplace_back(each.key());
  CHECK(keys == std::vector<std::string>{"k", "userId", "k"});
  auto const first = *all.begin();
  CHECK(first.value() == "a=b");
  CHECK(first.encoded_properties() == "p1 ; p2=%41");
  std::vector<std::pair<std::string, std::string>> properties;
  for (auto const& each : first.properties()) properties.emplace_back(each.key(), each.has_value() ? each.value() : "none");
  CHECK(properties == std::vector<std::pair<std::string, std::string>>{{"p1", "none"}, {"p2", "A"}});
  CHECK(all.find("userId")->value() == "Amélie");
  CHECK(all.find("userId")->encoded_value() == "Am%C3%A9lie");
  CHECK(all.find("userId")->properties().empty());
  CHECK(all.find("k")->value() == "last");
  CHECK_FALSE(all.contains("K"));
  CHECK(fl::baggage_view{}.empty());
  fl::baggage const here{"x", "y"};
  CHECK(fl::baggage_view{}.text() == "x=y");
}

TEST_CASE("values are encoded, whatever they are") {
  auto const there_and_back = [](std::string const& value) {
    fl::baggage const one{"k", value};
    return fl::baggage_view{received({{"baggage", sent_baggage()}})}.find("k")->value();
  };
  std::string bytes;
  for (int i = 1; i < 128; ++i) bytes += static_cast<char>(i);
  for (auto const& value : {std::string{}, std::string{"DF 28"}, std::string{"50%"}, std::string{"%41"}, std::string{"a,b;c=d\"e\\f"}, std::string{"Amélie 😀"}, bytes,
                            std::string(2000, ' ')})
    CHECK(there_and_back(value) == value);
  CHECK(there_and_back("a\xC3(b\xFF") == "a\xEF\xBF\xBD(b\xEF\xBF\xBD");
  fl::baggage const plain{"k", "a=b/c:d ,\r\n\"%\xC3\xA9"};
  CHECK(sent_baggage() == "k=a=b/c:d%20%2C%0D%0A%22%25%C3%A9");
}

TEST_CASE("baggage that may not be is told, without its value, and not set") {
  fl::testing::capture taken;
  fl::baggage const good{"good", "1"};
  for (std::string const key : {"", "a b", "a,b", "a=b", "k\xC3\xA9", "(k)"}) {
    CAPTURE(key);
    fl::baggage const bad{key, "secret"};
    CHECK(sent_baggage() == "good=1");
    CHECK(fl::set_baggage(fl::current(), key, "secret").baggage() == "good=1");
  }
  for (auto const* const properties : {"a b", "p,q", "=x", "p=\"1\""}) {
    fl::baggage const bad{"k", "secret", properties};
    CHECK(sent_baggage() == "good=1");
  }
  CHECK(taken.pipeline().stats().problems.at(problem_code::baggage_bad) == 16);
  auto const said = words(taken, problem_code::baggage_bad);
  CHECK(said.find("baggage '' was not set: its key may have letters") == 0);
  CHECK(said.find("secret") == std::string::npos);
}

TEST_CASE("baggage is full at 64 members or 8192 bytes, which is told") {
  fl::testing::capture taken;
  fl::context full;
  for (int i = 0; i < 64; ++i) full = fl::set_baggage(full, "k" + std::to_string(i), "v");
  CHECK(fl::set_baggage(full, "more", "v").baggage() == full.baggage());
  CHECK(fl::set_baggage(full, "k0", "w").baggage().size() == full.baggage().size());
  auto const large = fl::set_baggage({}, "k", std::string(8190, 'v'));
  CHECK(large.baggage().size() == 8192);
  CHECK(fl::set_baggage({}, "k", std::string(8191, 'v')).baggage().empty());
  CHECK(fl::set_baggage({}, "k", std::string(2731, ' ')).baggage().empty());
  CHECK(fl::set_baggage({}, "k", std::string(2730, ' ')).baggage().size() == 8192);
  CHECK(words(taken, problem_code::baggage_bad).find("baggage 'more' was not set: baggage is full") == 0);
  CHECK(taken.pipeline().stats().problems.at(problem_code::baggage_bad) == 3);
}

// ---- on spans ---------------------------------------------------------------------------------------------------------------------------

TEST_CASE("baggage is on no span unless the pipeline is told to") {
  fl::testing::capture taken;
  fl::baggage const tenant{"tenant", "acme"};
  { fl::scoped_span const work{"work"}; }
  CHECK(text_of(taken.spans()["work"], "tenant") == "none");
}

TEST_CASE("baggage on spans: the current one and what begins beneath, by key") {
  fl::testing::capture taken{{.baggage_on_spans = {"tenant", "user"}}};
  {
    fl::scoped_span const root{"root"};
    fl::baggage const tenant{"tenant", "acme"}, secret{"secret", "x"};
    fl::scoped_span const child{"child"};
    fl::info("said");
    fl::no_baggage const less{"tenant"};
    fl::scoped_span const grandchild{"grandchild"};
  }
  { fl::scoped_span const after{"after"}; }
  CHECK(taken.tree() == "root tenant=\"acme\"\n  child tenant=\"acme\"\n    log INFO \"said\" tenant=\"acme\"\n    grandchild\nafter\n");
}

TEST_CASE("baggage on spans: what came in, decoded, and what was carried") {
  fl::testing::capture taken{{.baggage_on_spans = {"*"}}};
  std::string const long_value(3000, 'v');
  auto const caller = received({{"traceparent", parent}, {"baggage", "user=Am%C3%A9lie;p,long=" + long_value}});
  {
    fl::scoped_span const server{"server", {.parent = caller}};
    { fl::scoped_span const child{"child"}; }
    std::thread{fl::carry([] { fl::scoped_span const there{"there"}; })}.join();
  }
  {
    fl::scope const inside{caller};
    fl::scoped_span const beneath{"beneath"};
  }
  { fl::scoped_span const after{"after"}; }
  auto const spans = taken.spans();
  for (auto const* const name : {"server", "child", "there", "beneath"}) {
    CAPTURE(name);
    CHECK(text_of(spans[name], "user") == "Amélie");
    CHECK(text_of(spans[name], "long") == long_value);
  }
  CHECK(text_of(spans["after"], "user") == "none");
}

TEST_CASE("baggage on spans: what a span or an annotation says itself wins") {
  fl::testing::capture taken{{.baggage_on_spans = {"tenant"}}};
  {
    fl::scoped_span own{"own"};
    own.set("tenant", "mine");
    fl::baggage const tenant{"tenant", "acme"};
    fl::annotation const inner{"tenant", "inner"};
    fl::scoped_span const child{"child"};
    std::thread{fl::carry([] { fl::scoped_span const there{"there"}; })}.join();
    fl::no_baggage const none;
    fl::scoped_span const still{"still"};
  }
  auto const spans = taken.spans();
  CHECK(text_of(spans["own"], "tenant") == "mine");
  CHECK(text_of(spans["child"], "tenant") == "inner");
  CHECK(text_of(spans["there"], "tenant") == "inner");
  CHECK(text_of(spans["still"], "tenant") == "inner");
}

TEST_CASE("baggage that outlives its span writes to nobody") {
  fl::testing::capture taken;
  auto* const span = new fl::scoped_span{"span"};
  {
    fl::baggage const inside{"k", "v"};
    delete span;
    fl::current_span().set("late", 1);
    CHECK(sent_baggage() == "k=v");
  }
  CHECK(taken.spans()["span"].find("late").kind() == fl::value_kind::empty);
  CHECK(taken.pipeline().stats().problems.at(problem_code::out_of_order) == 1);
  CHECK(sent().empty());
}

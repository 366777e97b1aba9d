// Propagation cases of the OTLP reference: traceparent (TP), tracestate (TS), baggage (BG), X-Ray (XR).
#include <fanlight/baggage.hpp>
#include <fanlight/propagation.hpp>

#include "catch.hpp"

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace fl = fanlight;

namespace {

using fields = std::vector<std::pair<std::string, std::string>>;  // as they came: a name may come twice
using sent = std::map<std::string, std::string>;

std::string const trace = "0af7651916cd43dd8448eb211c80319c", parent = "b7ad6b7169203331";
std::string const valid = "00-" + trace + "-" + parent + "-01";

fl::context received(fields const& headers,
                     std::initializer_list<fl::propagator> formats = {fl::propagator::tracecontext, fl::propagator::baggage}) {
  auto const find = [&](std::string_view name) {
    std::vector<std::string_view> values;
    for (auto const& [key, text] : headers)
      if (key == name) values.push_back(text);
    return values;
  };
  return fl::extract(find, formats);
}

sent passed_on(fl::context const& what,
               std::initializer_list<fl::propagator> formats = {fl::propagator::tracecontext, fl::propagator::baggage}) {
  sent out;
  fl::inject(
      what, [&](std::string_view name, std::string_view text) { out[std::string{name}] = std::string{text}; }, formats);
  return out;
}

fl::context with_traceparent(std::string const& text) { return received({{"traceparent", text}}); }

fl::context with_tracestate(std::vector<std::string> const& texts) {
  fields headers{{"traceparent", valid}};
  for (auto const& text : texts) headers.emplace_back("tracestate", text);
  return received(headers);
}

void check_ids(fl::context const& got) {
  CHECK(got.is_valid());
  CHECK(got.is_remote());
  CHECK(got.trace_id().hex() == trace);
  CHECK(got.span_id().hex() == parent);
}

void check_new_trace(fl::context const& got) {
  CHECK_FALSE(got.is_valid());
  CHECK_FALSE(got.trace_id().is_valid());
  CHECK(passed_on(got).empty());
}

void check_tracestate_void(std::vector<std::string> const& texts) {
  auto const got = with_tracestate(texts);
  check_ids(got);
  CHECK(got.tracestate().empty());
  CHECK(passed_on(got) == sent{{"traceparent", valid}});
}

}  // namespace

TEST_CASE("otlp TP1 sampled") {
  auto const got = with_traceparent(valid);
  check_ids(got);
  CHECK(got.is_sampled());
  CHECK(got.flags() == 1);
}

TEST_CASE("otlp TP2 not sampled") {
  auto const got = with_traceparent("00-" + trace + "-" + parent + "-00");
  check_ids(got);
  CHECK_FALSE(got.is_sampled());
  CHECK(got.flags() == 0);
}

TEST_CASE("otlp TP3 the random flag is kept as received") {
  for (std::string const flags : {"03", "02"}) {
    auto const got = with_traceparent("00-" + trace + "-" + parent + "-" + flags);
    check_ids(got);
    CHECK(got.is_sampled() == (flags == "03"));
    CHECK((got.flags() & fl::trace_flag::random) != 0);
    CHECK(passed_on(got).at("traceparent") == "00-" + trace + "-" + parent + "-" + flags);
  }
}

TEST_CASE("otlp TP4 unknown flags are not passed on") {
  auto const got = with_traceparent("00-" + trace + "-" + parent + "-ff");
  check_ids(got);
  CHECK(got.flags() == 3);
  CHECK(passed_on(got).at("traceparent") == "00-" + trace + "-" + parent + "-03");
}

TEST_CASE("otlp TP5 version 00 is 55 characters long") { check_new_trace(with_traceparent(valid + "-x")); }

TEST_CASE("otlp TP6 a later version is read as far as it is known") {
  auto const got = with_traceparent("cc-" + trace + "-" + parent + "-01-x");
  check_ids(got);
  CHECK(passed_on(got).at("traceparent") == valid);
}

TEST_CASE("otlp TP7 a later version goes on with a dash") { check_new_trace(with_traceparent("cc-" + trace + "-" + parent + "-01.x")); }

TEST_CASE("otlp TP8 version ff") { check_new_trace(with_traceparent("ff-" + trace + "-" + parent + "-01")); }

TEST_CASE("otlp TP9 upper case") { check_new_trace(with_traceparent("00-0AF7651916CD43DD8448EB211C80319C-" + parent + "-01")); }

TEST_CASE("otlp TP10 ids of zeros") {
  check_new_trace(with_traceparent("00-" + std::string(32, '0') + "-" + parent + "-01"));
  check_new_trace(with_traceparent("00-" + trace + "-" + std::string(16, '0') + "-01"));
}

TEST_CASE("otlp TP11 blanks around") {
  auto const got = with_traceparent("\t " + valid + " \t");
  check_ids(got);
  CHECK(got.is_sampled());
}

TEST_CASE("otlp TP12 two headers") {
  auto const other = "00-" + trace + "-" + parent + "-00";
  check_new_trace(received({{"traceparent", valid}, {"traceparent", other}, {"tracestate", "foo=1"}}));
  check_new_trace(received({{"traceparent", valid}, {"traceparent", valid}}));
}

TEST_CASE("otlp TS1 several headers join in order") {
  auto const got = with_tracestate({"foo=1,bar=2", "baz=3"});
  CHECK(got.tracestate() == "foo=1,bar=2,baz=3");
  CHECK(passed_on(got).at("tracestate") == "foo=1,bar=2,baz=3");
}

TEST_CASE("otlp TS2 blanks around members") { CHECK(with_tracestate({"foo=1 \t , \t bar=2"}).tracestate() == "foo=1,bar=2"); }

TEST_CASE("otlp TS3 level 2 keys") {
  CHECK(with_tracestate({"foo@=1,bar=2"}).tracestate() == "foo@=1,bar=2");
  CHECK(with_tracestate({"a@b@c=1,0_-*/=2"}).tracestate() == "a@b@c=1,0_-*/=2");
}

TEST_CASE("otlp TS4 a bad key voids all, and the trace goes on") {
  for (std::string const bad : {"@foo=1,bar=2", "bar=2,A=1", "a.b=1", "a b=1", "=1", "foo =1", "foo", "foo="}) {
    CAPTURE(bad);
    check_tracestate_void({bad});
  }
}

TEST_CASE("otlp TS5 33 members void all, and the trace goes on") {
  std::string members = "k0=0";
  for (int i = 1; i < 32; ++i) members += ",k" + std::to_string(i) + "=" + std::to_string(i);
  CHECK(with_tracestate({members}).tracestate() == members);
  check_tracestate_void({members + ",k32=32"});
  check_tracestate_void({members, "k32=32"});
}

TEST_CASE("otlp TS6 a value without equals sign") { check_tracestate_void({"foo=bar=baz"}); }

TEST_CASE("otlp BG1 values are decoded, and passed on as received") {
  std::string const text = "userId=Am%C3%A9lie,serverNode=DF%2028";
  auto const got = received({{"traceparent", valid}, {"baggage", text}});
  CHECK(got.baggage() == text);
  CHECK(passed_on(got).at("baggage") == text);
  fl::baggage_view const all{got};
  CHECK(all.find("userId")->value() == "Amélie");
  CHECK(all.find("serverNode")->value() == "DF 28");
  CHECK(std::distance(all.begin(), all.end()) == 2);
}

TEST_CASE("otlp BG2 equals signs in values, and properties") {
  std::string const text = "k = a=b ; p1 ; p2=x";
  auto const got = received({{"traceparent", valid}, {"baggage", text}});
  CHECK(got.baggage() == text);
  CHECK(passed_on(got).at("baggage") == text);
  auto const member = fl::baggage_view{got}.find("k");
  REQUIRE(member);
  CHECK(member->value() == "a=b");
  std::vector<std::pair<std::string, std::string>> properties;
  for (auto const& each : member->properties()) properties.emplace_back(each.key(), each.has_value() ? "=" + each.value() : "");
  CHECK(properties == std::vector<std::pair<std::string, std::string>>{{"p1", ""}, {"p2", "=x"}});
}

TEST_CASE("otlp baggage: several headers join, a bad member goes alone, bytes that are no UTF-8 become U+FFFD") {
  auto const got = received({{"baggage", "a=1,b b=2"}, {"baggage", "c=x%FFy%C3"}, {"baggage", ""}});
  CHECK(got.baggage() == "a=1,c=x%FFy%C3");
  CHECK(fl::baggage_view{got}.find("c")->value() == "x\xEF\xBF\xBDy\xEF\xBF\xBD");
  CHECK(passed_on(got) == sent{{"baggage", "a=1,c=x%FFy%C3"}});
}

TEST_CASE("otlp baggage: 64 members and 8192 bytes go on, by whole members") {
  std::string members, large = "l=" + std::string(8100, 'x');
  for (int i = 0; i < 64; ++i) members += (i == 0 ? "k" : ",k") + std::to_string(i) + "=v";
  CHECK(received({{"baggage", members}}).baggage() == members);
  CHECK(received({{"baggage", members + ",k64=v"}}).baggage() == members);
  CHECK(received({{"baggage", large + "," + std::string(90, 'k') + "=,s=1"}}).baggage() == large + ",s=1");
}

TEST_CASE("otlp XR1 the three parts") {
  auto const got =
      received({{"X-Amzn-Trace-Id", "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1"}}, {fl::propagator::xray});
  CHECK(got.is_valid());
  CHECK(got.trace_id().hex() == "5759e988bd862e3fe1be46a994272793");
  CHECK(got.span_id().hex() == "53995c3f42cd8ad8");
  CHECK(got.is_sampled());
  CHECK_FALSE(got.is_deferred());
  CHECK(got.is_remote());
  CHECK(passed_on(got, {fl::propagator::xray}) ==
        sent{{"X-Amzn-Trace-Id", "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1"}});
}

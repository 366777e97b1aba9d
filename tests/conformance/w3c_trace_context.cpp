// The cases of the W3C's trace-context validation suite, levels 1 and 2 and the strict ones, by their names there: headers come in at a
// service, and what is looked at is the headers of the calls that it makes. The service is what any server does with this library: extract,
// a span for the request, and for each call a span and inject. examples/cruddur --harness is the same behind real HTTP, for the suite itself.
#include <fanlight/testing.hpp>
#include <fanlight/trace.hpp>

#include "catch.hpp"

#include <algorithm>
#include <cctype>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace fl = fanlight;

namespace {

using fields = std::vector<std::pair<std::string, std::string>>;  // as they came: a name may come twice

bool same_name(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

/// The headers of one call that the service made.
struct call {
  std::string trace, parent, flags;
  std::string state;
  std::map<std::string, std::string> members;
};

call read_call(std::map<std::string, std::string> const& headers) {
  call out;
  auto const& text = headers.at("traceparent");
  REQUIRE(text.size() == 55);
  REQUIRE(text.find_first_not_of("0123456789abcdef-") == std::string::npos);
  REQUIRE(text.substr(0, 3) == "00-");
  out.trace = text.substr(3, 32), out.parent = text.substr(36, 16), out.flags = text.substr(53);
  REQUIRE(out.trace != std::string(32, '0'));
  REQUIRE(out.parent != std::string(16, '0'));
  if (auto const at = headers.find("tracestate"); at != headers.end()) out.state = at->second;
  for (std::string_view rest = out.state; !rest.empty();) {
    auto const member = rest.substr(0, rest.find(','));
    rest.remove_prefix(std::min(rest.size(), member.size() + 1));
    auto const equals = member.find('=');
    REQUIRE(equals != std::string_view::npos);
    REQUIRE(out.members.emplace(member.substr(0, equals), member.substr(equals + 1)).second);  // each key once
  }
  return out;
}

/// What the service sends on, for a request with these headers. Names in any case, as HTTP has them.
std::vector<call> calls_for(fields const& request, int count) {
  fl::testing::capture taken;
  std::vector<call> out;
  auto const caller = fl::extract([&](std::string_view name) {
    std::vector<std::string_view> values;
    for (auto const& [key, text] : request)
      if (same_name(key, name)) values.push_back(text);
    return values;
  });
  fl::scoped_span const server{"POST /test", {.kind = fl::span_kind::server, .parent = caller}};
  for (int i = 0; i < count; ++i) {
    fl::scoped_span const client{"POST", {.kind = fl::span_kind::client}};
    std::map<std::string, std::string> headers;
    fl::inject([&](std::string_view name, std::string_view text) { CHECK(headers.emplace(name, text).second); });
    out.push_back(read_call(headers));
  }
  return out;
}
call call_for(fields const& request) { return calls_for(request, 1).front(); }

std::string const trace = "12345678901234567890123456789012", parent = "1234567890123456";
std::string const sampled = "00-" + trace + "-" + parent + "-01", plain = "00-" + trace + "-" + parent + "-00";

void check_goes_on(fields const& request) {
  auto const got = call_for(request);
  CHECK(got.trace == trace);
  CHECK(got.parent != parent);
}
/// None of the texts that were sent for an id is the new trace's.
void check_begins_anew(std::string const& traceparent, std::vector<std::string> const& not_these = {trace}) {
  CAPTURE(traceparent);
  auto const got = call_for({{"traceparent", traceparent}});
  for (auto const& id : not_these) CHECK(got.trace != id);
  CHECK(got.members.empty());
}
call with_state(std::vector<std::string> const& texts) {
  fields request{{"traceparent", plain}};
  for (auto const& text : texts) request.emplace_back("tracestate", text);
  auto out = call_for(request);
  CHECK(out.trace == trace);
  return out;
}
using members = std::map<std::string, std::string>;

}  // namespace

// ---- TraceContextTest: traceparent ------------------------------------------------------------------------------------------------------

TEST_CASE("w3c test_both_traceparent_and_tracestate_missing") { CHECK(call_for({}).members.empty()); }

TEST_CASE("w3c test_traceparent_included_tracestate_missing") { check_goes_on({{"traceparent", sampled}}); }

TEST_CASE("w3c test_traceparent_duplicated") {
  std::string const other = "12345678901234567890123456789011";
  auto const got = call_for({{"traceparent", "00-" + other + "-" + parent + "-01"}, {"traceparent", sampled}});
  CHECK(got.trace != other);
  CHECK(got.trace != trace);
}

TEST_CASE("w3c test_traceparent_header_name") {
  for (auto const* const name : {"trace-parent", "trace.parent"}) CHECK(call_for({{name, sampled}}).trace != trace);
}

TEST_CASE("w3c test_traceparent_header_name_valid_casing") {
  for (auto const* const name : {"TraceParent", "TrAcEpArEnT", "TRACEPARENT"}) check_goes_on({{name, sampled}});
}

TEST_CASE("w3c test_traceparent_version_0x00") {
  check_begins_anew(sampled + ".");
  check_begins_anew(sampled + "-what-the-future-will-be-like");
}

TEST_CASE("w3c test_traceparent_version_0xcc") {
  auto const later = "cc" + sampled.substr(2);
  check_goes_on({{"traceparent", later}});
  check_goes_on({{"traceparent", later + "-what-the-future-will-be-like"}});
  check_begins_anew(later + ".what-the-future-will-be-like");
}

TEST_CASE("w3c test_traceparent_version_0xff") { check_begins_anew("ff" + sampled.substr(2)); }

TEST_CASE("w3c test_traceparent_version_illegal_characters") {
  check_begins_anew(".0" + sampled.substr(2));
  check_begins_anew("0." + sampled.substr(2));
}

TEST_CASE("w3c test_traceparent_version_too_long") {
  check_begins_anew("0" + sampled);
  check_begins_anew("00" + sampled);
}

TEST_CASE("w3c test_traceparent_version_too_short") { check_begins_anew(sampled.substr(1)); }

TEST_CASE("w3c test_traceparent_trace_id_all_zero") { check_begins_anew("00-" + std::string(32, '0') + "-" + parent + "-01", {std::string(32, '0')}); }

TEST_CASE("w3c test_traceparent_trace_id_illegal_characters") {
  for (auto const& id : {"." + trace.substr(1), trace.substr(0, 31) + "."}) check_begins_anew("00-" + id + "-" + parent + "-01", {id});
}

TEST_CASE("w3c test_traceparent_trace_id_too_long") {
  check_begins_anew("00-" + trace + "3-" + parent + "-01", {trace, trace + "3", trace.substr(1) + "3"});
}

TEST_CASE("w3c test_traceparent_trace_id_too_short") {
  check_begins_anew("00-" + trace.substr(0, 31) + "-" + parent + "-01", {trace.substr(0, 31), "0" + trace.substr(0, 31)});
}

TEST_CASE("w3c test_traceparent_parent_id_all_zero") { check_begins_anew("00-" + trace + "-" + std::string(16, '0') + "-01"); }

TEST_CASE("w3c test_traceparent_parent_id_illegal_characters") {
  check_begins_anew("00-" + trace + "-." + parent.substr(1) + "-01");
  check_begins_anew("00-" + trace + "-" + parent.substr(0, 15) + ".-01");
}

TEST_CASE("w3c test_traceparent_parent_id_too_long") { check_begins_anew("00-" + trace + "-" + parent + "7-01"); }

TEST_CASE("w3c test_traceparent_parent_id_too_short") { check_begins_anew("00-" + trace + "-" + parent.substr(0, 15) + "-01"); }

TEST_CASE("w3c test_traceparent_trace_flags_illegal_characters") {
  check_begins_anew("00-" + trace + "-" + parent + "-.0");
  check_begins_anew("00-" + trace + "-" + parent + "-0.");
}

TEST_CASE("w3c test_traceparent_trace_flags_too_long") { check_begins_anew("00-" + trace + "-" + parent + "-001"); }

TEST_CASE("w3c test_traceparent_trace_flags_too_short") { check_begins_anew("00-" + trace + "-" + parent + "-1"); }

TEST_CASE("w3c test_traceparent_ows_handling") {
  for (auto const& text : {" " + sampled, "\t" + sampled, sampled + " ", sampled + "\t", "\t " + sampled + " \t"}) check_goes_on({{"traceparent", text}});
}

// ---- TraceContextTest: tracestate -------------------------------------------------------------------------------------------------------

TEST_CASE("w3c test_tracestate_included_traceparent_missing") {
  CHECK(call_for({{"tracestate", "foo=1"}}).members.empty());
  CHECK(call_for({{"tracestate", "foo=1,bar=2"}}).members.empty());
}

TEST_CASE("w3c test_tracestate_included_traceparent_included") { CHECK(with_state({"foo=1,bar=2"}).members == members{{"foo", "1"}, {"bar", "2"}}); }

TEST_CASE("w3c test_tracestate_header_name") {
  for (auto const* const name : {"trace-state", "trace.state"}) {
    auto const got = call_for({{"traceparent", plain}, {name, "foo=1"}});
    CHECK(got.trace == trace);
    CHECK(got.members.empty());
  }
}

TEST_CASE("w3c test_tracestate_header_name_valid_casing") {
  for (auto const* const name : {"TraceState", "TrAcEsTaTe", "TRACESTATE"})
    CHECK(call_for({{"traceparent", plain}, {name, "foo=1"}}).members == members{{"foo", "1"}});
}

TEST_CASE("w3c test_tracestate_empty_header") {
  CHECK(with_state({""}).members.empty());
  CHECK(with_state({"foo=1", ""}).members == members{{"foo", "1"}});
  CHECK(with_state({"", "foo=1"}).members == members{{"foo", "1"}});
}

TEST_CASE("w3c test_tracestate_multiple_headers_different_keys") {
  CHECK(with_state({"foo=1,bar=2", "rojo=1,congo=2", "baz=3"}).state == "foo=1,bar=2,rojo=1,congo=2,baz=3");
}

TEST_CASE("w3c test_tracestate_duplicated_keys") {
  for (auto const& texts : {std::vector<std::string>{"foo=1,foo=1"}, {"foo=1,foo=2"}, {"foo=1", "foo=1"}, {"foo=1", "foo=2"}})
    CHECK(with_state(texts).members == members{{"foo", "1"}});  // the first is kept
}

TEST_CASE("w3c test_tracestate_all_allowed_characters") {
  std::string const key = "abcdefghijklmnopqrstuvwxyz0123456789_-*/", tenant = key + "@a-z0-9_-*/";
  std::string value;
  for (char letter = 0x20; letter < 0x7F; ++letter)
    if (letter != ',' && letter != '=') value += letter;
  CHECK(with_state({key + "=" + value}).members == members{{key, value}});
  CHECK(with_state({tenant + "=" + value}).members == members{{tenant, value}});
}

TEST_CASE("w3c test_tracestate_ows_handling") {
  members const three{{"foo", "1"}, {"bar", "2"}, {"baz", "3"}}, one{{"foo", "1"}};
  CHECK(with_state({"foo=1 \t , \t bar=2, \t baz=3"}).members == three);
  CHECK(with_state({"foo=1\t \t,\t \tbar=2,\t \tbaz=3"}).members == three);
  for (auto const* const text : {" foo=1", "\tfoo=1", "foo=1 ", "foo=1\t", "\t foo=1 \t"}) CHECK(with_state({text}).members == one);
}

TEST_CASE("w3c test_tracestate_key_illegal_characters") {
  for (auto const* const text : {"foo =1", "FOO=1", "foo.bar=1"}) CHECK(with_state({text}).members.empty());
}

TEST_CASE("w3c test_tracestate_key_illegal_vendor_format") {
  CHECK(with_state({"foo@=1,bar=2"}).members == members{{"foo@", "1"}, {"bar", "2"}});
  CHECK(with_state({"@foo=1,bar=2"}).members.empty());
  CHECK(with_state({"foo@@bar=1,bar=2"}).members == members{{"foo@@bar", "1"}, {"bar", "2"}});
  CHECK(with_state({"foo@bar@baz=1,bar=2"}).members == members{{"foo@bar@baz", "1"}, {"bar", "2"}});
}

TEST_CASE("w3c test_tracestate_member_count_limit") {
  auto const numbered = [](int from, int to) {
    std::string out;
    for (int i = from; i <= to; ++i) {
      auto const number = (i < 10 ? "0" : "") + std::to_string(i);
      out += (i == from ? "bar" : ",bar") + number + "=" + number;
    }
    return out;
  };
  auto const got = with_state({numbered(1, 10), numbered(11, 20), numbered(21, 30), numbered(31, 32)});
  CHECK(got.members.size() == 32);
  CHECK(got.members.at("bar01") == "01");
  CHECK(with_state({numbered(1, 10), numbered(11, 20), numbered(21, 30), numbered(31, 33)}).members.empty());
}

TEST_CASE("w3c test_tracestate_key_length_limit") {
  for (auto const& key : {std::string(256, 'z'), std::string(241, 't') + "@" + std::string(14, 'v'), std::string(242, 't') + "@v", "t@" + std::string(15, 'v')})
    CHECK(with_state({"foo=1", key + "=1"}).members == members{{"foo", "1"}, {key, "1"}});
  CHECK(with_state({"foo=1", std::string(257, 'z') + "=1"}).members.empty());
}

TEST_CASE("w3c test_tracestate_value_illegal_characters") {
  CHECK(with_state({"foo=bar=baz"}).members.empty());
  CHECK(with_state({"foo=,bar=3"}).members.empty());
}

// ---- AdvancedTest -----------------------------------------------------------------------------------------------------------------------

namespace {
std::set<std::string> traces_of(std::vector<call> const& calls) {
  std::set<std::string> traces, parents;
  for (auto const& each : calls) traces.insert(each.trace), parents.insert(each.parent);
  CHECK(parents.size() == calls.size());
  return traces;
}
}  // namespace

TEST_CASE("w3c test_multiple_requests_with_valid_traceparent") { CHECK(traces_of(calls_for({{"traceparent", sampled}}, 3)) == std::set<std::string>{trace}); }

TEST_CASE("w3c test_multiple_requests_without_traceparent") { CHECK(traces_of(calls_for({}, 3)).size() == 1); }

TEST_CASE("w3c test_multiple_requests_with_illegal_traceparent") {
  std::string const zeros(32, '0');
  CHECK(traces_of(calls_for({{"traceparent", "00-" + zeros + "-" + parent + "-01"}}, 3)).count(zeros) == 0);
}

// ---- TraceContext2Test ------------------------------------------------------------------------------------------------------------------

TEST_CASE("w3c test_propagates_random_flag") {
  auto const got = call_for({{"traceparent", "00-" + trace + "-" + parent + "-02"}});
  CHECK(got.trace == trace);
  CHECK(got.parent != parent);
  CHECK(got.flags == "02");
}

// The server that our tests send to refuses what CloudWatch Logs refuses (1.2, 1.5, 2.1, 2.2 and 4.1 of the CloudWatch page), and takes what is
// just within: what passes a test against it has kept the limits. Requests are made here by hand, byte by byte.
#include "catch.hpp"
#include "support/cloudwatch_kit.hpp"
#include "support/cloudwatch_pipeline.hpp"

#include <fanlight/impl/http.hpp>

using namespace support;
using Catch::Matchers::ContainsSubstring;
using fl::detail::aws_headers;

namespace {

constexpr std::int64_t a_day = 86'400'000, an_hour = 3'600'000;
std::int64_t now_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

using timed = std::pair<std::int64_t, std::string>;
std::string put_body(std::vector<timed> const& events, std::string const& more = {}) {
  std::string out = R"({"logGroupName":"cruddur","logStreamName":"web-1","logEvents":[)";
  for (auto const& [time, message] : events)
    out.append(out.back() == '[' ? "" : ",")
        .append(R"({"timestamp":)" + std::to_string(time) + R"(,"message":")")
        .append(message)
        .append("\"}");
  return out + "]" + more + "}";
}
/// This many events of that many bytes, now.
std::string put_body(std::size_t count, std::size_t bytes) {
  return put_body(std::vector<timed>(count, {now_ms(), std::string(bytes, 'x')}));
}
std::string many_pairs(std::size_t count, std::string const& value = "v") {
  std::string out;
  for (std::size_t i = 0; i < count; ++i) out += (i == 0 ? "\"k" : ",\"k") + std::to_string(i) + "\":\"" + value + "\"";
  return "{" + out + "}";
}

/// A client that signs whatever it is given.
struct by_hand {
  by_hand() {
    there.make("cruddur", "web-1");
    fl::detail::http_options how;
    how.no_proxy = true;
    wire = fl::detail::curl_transport(how);
  }
  [[nodiscard]] aws_headers signed_headers(std::string const& action, std::string const& body, std::string const& region = "us-east-1",
                                           std::string const& service = "logs", aws_headers out = {}) {
    out.emplace_back("Content-Type", "application/x-amz-json-1.1");
    out.emplace_back("X-Amz-Target", "Logs_20140328." + action);
    fl::detail::sigv4_key key;
    fl::detail::aws_keys const keys{key_id, secret, {}};
    auto const seconds =
        std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch()).count() + off;
    CHECK(fl::detail::sign_request("POST", url, body, out, keys, {region, service}, seconds, key) == "");
    return out;
  }
  /// The name of the error; empty: it was taken.
  [[nodiscard]] std::string send(aws_headers const& headers, std::string const& body) {
    fl::detail::http_request request;
    request.url = url;
    request.body = body;
    for (auto const& [name, value] : headers) request.headers.push_back({name, value});
    latest = wire->send(request, clock::now() + patience);
    REQUIRE(latest.failed == fl::detail::http_failure::none);
    return latest.status == 200 ? "" : fl::detail::read_error(latest).code;
  }
  [[nodiscard]] std::string call(std::string const& action, std::string const& body) { return send(signed_headers(action, body), body); }
  [[nodiscard]] std::string put(std::string const& body) { return call("PutLogEvents", body); }

  fake_cloudwatch there;
  std::string url = there.url() + "/", key_id = fake_cloudwatch::key_id, secret = fake_cloudwatch::secret;
  std::int64_t off = 0;  // seconds that its clock is wrong
  std::unique_ptr<fl::detail::http_transport> wire;
  fl::detail::http_answer latest;
};

constexpr char const* invalid_parameter = "InvalidParameterException";
constexpr char const* unreadable = "SerializationException";
constexpr char const* bad_signature = "InvalidSignatureException";

}  // namespace

TEST_CASE("cloudwatch server: bytes of a batch and of an event, as CloudWatch counts them") {
  by_hand on;
  CHECK(on.put(put_body(4, 262'118)) == "");
  CHECK(on.put(put_body(4, 262'119)) == invalid_parameter);
  CHECK(on.put(put_body(1, 1'048'550)) == "");
  CHECK(on.put(put_body(1, 1'048'551)) == invalid_parameter);
  // Letters count as the bytes of their UTF-8, whatever they look like in JSON.
  std::vector<timed> escaped(4, {now_ms(), {}});
  for (auto& one : escaped)
    for (int i = 0; i < 262'118 / 2; ++i) one.second += "\\u00e9";
  CHECK(on.put(put_body(escaped)) == "");
  CHECK(on.there.messages("cruddur", "web-1").size() == 9);
}

TEST_CASE("cloudwatch server: 1 to 10,000 events, none empty") {
  by_hand on;
  CHECK(on.put(put_body(10'000, 10)) == "");
  CHECK(on.put(put_body(10'001, 10)) == invalid_parameter);
  CHECK(on.put(put_body({})) == invalid_parameter);
  CHECK(on.put(put_body({{now_ms(), "a"}, {now_ms(), ""}})) == invalid_parameter);
  CHECK(on.there.messages("cruddur", "web-1").size() == 10'000);
}

TEST_CASE("cloudwatch server: in the order of time, within 24 hours") {
  by_hand on;
  auto const now = now_ms();
  CHECK(on.put(put_body({{now - a_day, "a"}, {now - 5, "b"}, {now - 5, "c"}, {now, "d"}})) == "");
  CHECK(on.put(put_body({{now, "a"}, {now - 1, "b"}})) == invalid_parameter);
  CHECK(on.put(put_body({{now - a_day - 1, "a"}, {now, "b"}})) == invalid_parameter);
  CHECK(on.put(put_body({{now - 20 * a_day, "too old to count"}, {now, "b"}})) == "");
  CHECK(on.put(put_body({{-1, "a"}})) == invalid_parameter);
}

TEST_CASE("cloudwatch server: too old, expired and too new are refused alone, and named by their ends") {
  by_hand on;
  auto const now = now_ms();
  CHECK(on.put(put_body({{now - 20 * a_day, "a"}, {now - 15 * a_day, "b"}, {now, "c"}, {now, "d"}, {now + 3 * an_hour, "e"}})) == "");
  CHECK_THAT(on.latest.body, ContainsSubstring(R"("rejectedLogEventsInfo":{"tooOldLogEventEndIndex":2,"tooNewLogEventStartIndex":4})"));
  CHECK(on.there.messages("cruddur", "web-1") == std::vector<std::string>{"c", "d"});
  CHECK(on.call("PutRetentionPolicy", R"({"logGroupName":"cruddur","retentionInDays":7})") == "");
  CHECK(on.put(put_body({{now - 8 * a_day, "a"}, {now - 7 * a_day - an_hour, "b"}})) == "");
  CHECK_THAT(on.latest.body, ContainsSubstring(R"({"expiredLogEventEndIndex":2})"));
  CHECK(on.put(put_body({{now + an_hour, "f"}})) == "");
  CHECK_THAT(on.latest.body, !ContainsSubstring("rejected"));
}

TEST_CASE("cloudwatch server: names") {
  by_hand on;
  auto const group = [&](std::string const& name) { return on.call("CreateLogGroup", R"({"logGroupName":")" + name + "\"}"); };
  auto const stream = [&](std::string const& name) {
    return on.call("CreateLogStream", R"({"logGroupName":"cruddur","logStreamName":")" + name + "\"}");
  };
  CHECK(group(".-_/#aZ9") == "");
  CHECK(group(std::string(512, 'g')) == "");
  for (auto const& bad : {std::string{}, std::string(513, 'g'), std::string{"aws/x"}, std::string{"a b"}, std::string{"a:b"}})
    CHECK(group(bad) == invalid_parameter);
  CHECK(stream("[$LATEST] caf\xC3\xA9/1") == "");
  CHECK(stream(std::string(512, 's')) == "");
  for (auto const& bad : {std::string{}, std::string(513, 's'), std::string{"a:b"}, std::string{"a*b"}})
    CHECK(stream(bad) == invalid_parameter);
}

TEST_CASE("cloudwatch server: what is there, and what is not") {
  by_hand on;
  CHECK(on.call("CreateLogGroup", R"({"logGroupName":"cruddur"})") == "ResourceAlreadyExistsException");
  CHECK(on.call("CreateLogStream", R"({"logGroupName":"cruddur","logStreamName":"web-1"})") == "ResourceAlreadyExistsException");
  CHECK(on.call("CreateLogStream", R"({"logGroupName":"other","logStreamName":"web-1"})") == "ResourceNotFoundException");
  CHECK(on.call("PutRetentionPolicy", R"({"logGroupName":"other","retentionInDays":7})") == "ResourceNotFoundException");
  on.there.remove("cruddur", "web-1");
  CHECK(on.put(put_body(1, 1)) == "ResourceNotFoundException");
  on.there.remove("cruddur");
  CHECK(on.put(put_body(1, 1)) == "ResourceNotFoundException");
  CHECK(on.there.refusals().empty());  // nobody did anything wrong
  CHECK(on.call("DeleteEverything", "{}") == "UnknownOperationException");
}

TEST_CASE("cloudwatch server: retention, tags, classes and entities") {
  by_hand on;
  auto const group = [&](std::string const& more) {
    return on.call("CreateLogGroup", R"({"logGroupName":"g)" + std::to_string(on.there.actions().size()) + "\"" + more + "}");
  };
  for (int const days : {0, 2, 15, 3'654, -1})
    CHECK(on.call("PutRetentionPolicy", R"({"logGroupName":"cruddur","retentionInDays":)" + std::to_string(days) + "}") ==
          invalid_parameter);
  CHECK(on.call("PutRetentionPolicy", R"({"logGroupName":"cruddur","retentionInDays":"7"})") == invalid_parameter);
  CHECK(group(R"(,"tags":)" + many_pairs(50)) == "");
  CHECK(group(R"(,"tags":)" + many_pairs(51)) == invalid_parameter);
  CHECK(group(R"(,"tags":)" + many_pairs(0)) == invalid_parameter);
  CHECK(group(R"(,"tags":)" + many_pairs(1, std::string(256, 'v'))) == "");
  CHECK(group(R"(,"tags":)" + many_pairs(1, std::string(257, 'v'))) == invalid_parameter);
  CHECK(group(R"(,"tags":{")" + std::string(129, 'k') + R"(":"v"})") == invalid_parameter);
  CHECK(group(R"(,"logGroupClass":"INFREQUENT_ACCESS","kmsKeyId":"arn:x")") == "");
  CHECK(group(R"(,"logGroupClass":"CHEAP")") == invalid_parameter);

  auto const entity = [&](std::string const& keys, std::string const& attributes = "{}") {
    return on.put(put_body({{now_ms(), "x"}}, R"(,"entity":{"keyAttributes":)" + keys + R"(,"attributes":)" + attributes + "}"));
  };
  std::string const good = R"({"Type":"Service","Name":"cruddur"})";
  CHECK(entity(good) == "");
  CHECK(entity(R"({"Type":"Service"})") == invalid_parameter);
  CHECK(entity(R"({"Type":"Service","Name":""})") == invalid_parameter);
  CHECK(entity(R"({"Type":"Service","Colour":"red"})") == invalid_parameter);
  CHECK(entity(R"({"Type":"a","Name":"b","Environment":"c","ResourceType":"d","Identifier":"e"})") == invalid_parameter);
  CHECK(entity(R"({"Type":"Service","Name":")" + std::string(513, 'n') + "\"}") == invalid_parameter);
  CHECK(entity(good, many_pairs(10)) == "");
  CHECK(entity(good, many_pairs(11)) == invalid_parameter);
}

TEST_CASE("cloudwatch server: bodies that are no such request") {
  by_hand on;
  CHECK(on.put("{") == unreadable);
  CHECK(on.put("[]") == unreadable);
  CHECK(on.put(put_body({{now_ms(), "a\xFF"}})) == unreadable);
  CHECK(on.put(R"({"logGroupName":"cruddur","logStreamName":"web-1"})") == unreadable);
  CHECK(on.put(R"({"logGroupName":"cruddur","logStreamName":"web-1","logEvents":[{"timestamp":"1","message":"x"}]})") == unreadable);
  CHECK(on.put(R"({"logGroupName":"cruddur","logStreamName":"web-1","logEvents":[{"timestamp":1}]})") == unreadable);
  CHECK(on.put(put_body({{now_ms(), "a"}}, R"(,"colour":"red")")) == unreadable);
  CHECK(on.put(put_body({{now_ms(), "a"}}, R"(,"sequenceToken":"49")")) == invalid_parameter);
  CHECK(on.there.messages("cruddur", "web-1").empty());
}

TEST_CASE("cloudwatch server: a signature is made anew from the bytes that came") {
  by_hand on;
  auto const body = put_body(1, 1);
  auto const good = on.signed_headers("PutLogEvents", body);
  auto const with = [&](std::string_view name, std::string const& value) {
    auto out = good;
    for (auto& [each, is] : out)
      if (fl::detail::same_but_case(each, name)) is = value;
    return out;
  };
  auto const and_with = [&](std::string const& name, std::string const& value) {
    auto out = good;
    out.emplace_back(name, value);
    return out;
  };
  CHECK(on.send(good, body) == "");
  SECTION("another body, or another header, than was signed") {
    CHECK(on.send(good, body + " ") == bad_signature);
    CHECK(on.send(with("x-amz-target", "Logs_20140328.CreateLogStream"), body) == bad_signature);
    CHECK(on.send(with("x-amz-date", fl::detail::basic_time(now_ms() / 1000 + 7)), body) == bad_signature);
    CHECK(on.send(with("host", "logs.us-east-1.amazonaws.com"), body) == bad_signature);
  }
  SECTION("headers that have to be signed and are not, or the other way round") {
    for (auto const* const name : {"x-amz-extra", "amz-sdk-request", "content-encoding", "x-aws-log-group"})
      CHECK(on.send(and_with(name, "x"), body) == bad_signature);
    CHECK(on.send(and_with("X-Amz-Date", fl::detail::basic_time(now_ms() / 1000)), body) == bad_signature);
    auto text = good;
    for (auto& [name, value] : text)
      if (name == "Authorization") value.replace(value.find("SignedHeaders="), 14, "SignedHeaders=accept;");
    CHECK(on.send(text, body) == bad_signature);
  }
  SECTION("no signature, or half of one") {
    auto without = good;
    without.erase(std::remove_if(without.begin(), without.end(), [](auto const& one) { return one.first == "Authorization"; }),
                  without.end());
    CHECK(on.send(without, body) == "MissingAuthenticationTokenException");
    CHECK(on.send(with("authorization", "AWS4-HMAC-SHA256 Credential=x"), body) != "");
    auto cut = good;
    for (auto& [name, value] : cut)
      if (name == "Authorization") value.pop_back();
    CHECK(on.send(cut, body) == bad_signature);
  }
}

TEST_CASE("cloudwatch server: keys, scope and date") {
  by_hand on;
  auto const body = put_body(1, 1);
  CHECK(on.send(on.signed_headers("PutLogEvents", body, "eu-west-1"), body) == "");
  CHECK(on.send(on.signed_headers("PutLogEvents", body, "us-east-1", "xray"), body) == bad_signature);
  for (auto const& [off, is] : {std::pair<std::int64_t, char const*>{-290, ""}, {290, ""}, {-320, bad_signature}, {320, bad_signature}}) {
    on.off = off;
    CHECK(on.put(body) == is);
  }
  on.off = 0;
  on.secret = "another";
  CHECK(on.put(body) == bad_signature);
  on.secret = fake_cloudwatch::secret;
  on.key_id = "AKIDSOMEBODY";
  CHECK(on.put(body) == "UnrecognizedClientException");
  on.key_id = fake_cloudwatch::key_id;
  on.there.set_token("hush-token");
  CHECK(on.put(body) == "UnrecognizedClientException");
}

TEST_CASE("cloudwatch server: every refusal is written down for the test to see") {
  by_hand on;
  CHECK(on.put(put_body({{2, "a"}, {1, "b"}})) == invalid_parameter);
  CHECK(on.there.refusals() ==
        std::vector<std::string>{
            "PutLogEvents: InvalidParameterException: Log events in a single PutLogEvents request must be in chronological order."});
}

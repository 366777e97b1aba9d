// Signature Version 4: the published cases, and requests whose signatures botocore made (tests/golden/sigv4_botocore.tsv, written by
// tests/golden/sigv4_botocore.py). The suite of aws-c-auth is read where FANLIGHT_SIGV4_SUITE names its folder `v4`; it is not part of this
// project.
#include "support/golden.hpp"

#include "catch.hpp"

#include <fanlight/aws.hpp>
#include <fanlight/impl/aws/sigv4.hpp>
#include <fanlight/impl/http_answer.hpp>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

using namespace fanlight::detail;

namespace {

constexpr char const* p1 =
    R"({"logGroupName":"cruddur","logStreamName":"web-1","logEvents":[{"timestamp":1440938160000,"message":"HomeActivities"}]})";
constexpr char const* p2 =
    "{\"logGroupName\":\"cruddur\",\"logStreamName\":\"web-1\",\"logEvents\":[{\"timestamp\":1440938160000,\"message\":\"caf\xC3\xA9 \xE2\x98\x83 "
    "\xF0\x9F\x98\x80\"}]}";
constexpr std::int64_t then = 1'440'938'160;  // 20150830T123600Z

aws_keys example_keys(std::string token = {}) { return {"AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", std::move(token)}; }

std::string header(aws_headers const& all, std::string_view name) {
  for (auto const& [key, value] : all)
    if (same_but_case(key, name)) return value;
  return "(none)";
}
std::string part(std::string const& of, std::string_view from) {
  auto const at = of.find(from);
  if (at == std::string::npos) return "(none)";
  auto const begin = at + from.size();
  return of.substr(begin, of.find(',', begin) - begin);
}

struct made {
  aws_headers headers;
  std::string wrong;
  [[nodiscard]] std::string signature() const { return part(header(headers, "authorization"), "Signature="); }
  [[nodiscard]] std::string signed_headers() const { return part(header(headers, "authorization"), "SignedHeaders="); }
};

made sign(std::string_view url, std::string_view body, aws_headers headers, aws_keys const& keys = example_keys(),
          std::string_view service = "logs", std::string_view region = "us-east-1", std::string_view method = "POST",
          std::int64_t at = then) {
  made out;
  sigv4_key key;
  out.wrong = sign_request(method, url, body, headers, keys, {region, service}, at, key);
  out.headers = std::move(headers);
  return out;
}

aws_headers put_headers() { return {{"Content-Type", "application/x-amz-json-1.1"}, {"X-Amz-Target", "Logs_20140328.PutLogEvents"}}; }

std::string text_of(std::filesystem::path const& file) {
  std::ifstream in{file, std::ios::binary};
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

/// A case of the suite: a request as it stands on the wire, and what goes with it.
struct suite_case {
  std::string method, path, query, body;
  aws_headers headers;
  bool normalize = true, sign_body = false, late_token = false;
  std::string token;
};

suite_case read_case(std::filesystem::path const& folder) {
  suite_case out;
  auto const request = text_of(folder / "request.txt"), context = text_of(folder / "context.json");
  auto const end = request.find("\n\n");
  std::istringstream lines{request.substr(0, end)};
  std::string line;
  std::getline(lines, line);
  out.method = line.substr(0, line.find(' '));
  auto const target = line.substr(out.method.size() + 1, line.rfind(' ') - out.method.size() - 1);
  out.path = target.substr(0, target.find('?'));
  if (target.find('?') != std::string::npos) out.query = target.substr(target.find('?') + 1);
  while (std::getline(lines, line)) {
    if (line[0] == ' ') out.headers.back().second += line;  // a header that goes on
    else out.headers.emplace_back(line.substr(0, line.find(':')), line.substr(line.find(':') + 1));
  }
  if (end != std::string::npos) out.body = request.substr(end + 2);
  out.normalize = context.find("\"normalize\": true") != std::string::npos;
  out.sign_body = context.find("\"sign_body\": true") != std::string::npos;
  out.late_token = context.find("\"omit_session_token\": true") != std::string::npos;
  auto const token = context.find("\"token\": \"");
  if (token != std::string::npos) out.token = context.substr(token + 10, context.find('"', token + 10) - token - 10);
  return out;
}

}  // namespace

TEST_CASE("cloudwatch S0: the 38 vectors of aws-c-auth") {
  char const* const where = std::getenv("FANLIGHT_SIGV4_SUITE");
  if (where == nullptr) SKIP("FANLIGHT_SIGV4_SUITE does not name the folder tests/aws-signing-test-suite/v4 of a copy of aws-c-auth");
  std::size_t seen = 0;
  for (auto const& entry : std::filesystem::directory_iterator{where}) {
    INFO(entry.path().filename().string());
    auto given = read_case(entry.path());
    auto const payload = hex_text(as_text(sha256(given.body)));
    given.headers.emplace_back("X-Amz-Date", basic_time(then));
    if (!given.token.empty() && !given.late_token) given.headers.emplace_back("X-Amz-Security-Token", given.token);
    if (given.sign_body) given.headers.emplace_back("x-amz-content-sha256", payload);
    auto const canonical = canonical_request({given.method, given.path, given.query, given.headers, payload, given.normalize});
    CHECK(canonical.text == text_of(entry.path() / "header-canonical-request.txt"));
    auto const to_sign = string_to_sign(basic_time(then), {"us-east-1", "service"}, canonical.text);
    CHECK(to_sign == text_of(entry.path() / "header-string-to-sign.txt"));
    sigv4_key key;
    CHECK(key.sign(example_keys().secret, "20150830", {"us-east-1", "service"}, to_sign) == text_of(entry.path() / "header-signature.txt"));
    ++seen;
  }
  CHECK(seen == 38);
}

TEST_CASE("cloudwatch S0 without the suite: its rules on requests of our own, signed by botocore") {
  std::istringstream lines{support::golden("sigv4_botocore.tsv")};
  std::string line;
  std::size_t seen = 0;
  while (std::getline(lines, line)) {
    if (line.empty() || line[0] == '#') continue;
    std::array<std::string, 10> part;
    std::size_t at = 0;
    for (auto& one : part) {
      auto const end = std::min(line.find('\t', at), line.size());
      one = line.substr(at, end - at);
      at = std::min(end + 1, line.size());
    }
    auto const& [name, method, url, headers, body, token, service, region, time, expected] = part;
    INFO(name);
    aws_headers given;
    std::istringstream pairs{headers};
    for (std::string pair; std::getline(pairs, pair, '|');)
      given.emplace_back(pair.substr(0, pair.find(':')), pair.substr(pair.find(':') + 1));
    auto const out = sign(url, body, given, example_keys(token), service, region, method, std::stoll(time));
    CHECK(out.wrong.empty());
    CHECK(header(out.headers, "authorization") == expected);
    ++seen;
  }
  CHECK(seen >= 300);
}

TEST_CASE("cloudwatch S1: PutLogEvents") {
  CHECK(hex_text(as_text(sha256(p1))) == "a48eeb30c61e3db39c7b36acc6ccc167e75e3dd168fc0419a5e4c7ea5acfa82f");
  auto const out = sign("https://logs.us-east-1.amazonaws.com/", p1, put_headers());
  CHECK(out.signed_headers() == "content-type;host;x-amz-date;x-amz-target");
  CHECK(out.signature() == "37a4b99f2a1964eb4a6826d36b59043fa8c35f13d6c11a3da74c62d11a751d4e");
  aws_headers chosen = put_headers();
  chosen.emplace_back("Host", "logs.us-east-1.amazonaws.com");
  chosen.emplace_back("X-Amz-Date", "20150830T123600Z");
  auto const payload = hex_text(as_text(sha256(p1)));
  auto const canonical = canonical_request({"POST", "/", "", chosen, payload});
  CHECK(hex_text(as_text(sha256(canonical.text))) == "410002816caa971656a35086edbc08fb4724872630727ab47a9a7aca40d9c179");
}

TEST_CASE("cloudwatch S2: the session token is sent and signed") {
  auto const out = sign("https://logs.us-east-1.amazonaws.com/", p1, put_headers(), example_keys("TOK1"));
  CHECK(header(out.headers, "x-amz-security-token") == "TOK1");
  CHECK(out.signed_headers() == "content-type;host;x-amz-date;x-amz-security-token;x-amz-target");
  CHECK(out.signature() == "446ccc703570fc9b586e753e876f9c3c1bb7d002901c81f57a9d24285e90ad85");
}

TEST_CASE("cloudwatch S3: raw UTF-8 in the body") {
  CHECK(hex_text(as_text(sha256(p2))) == "e4fba18825d58fc0b7607f6051071b3b54f41ff726999f6db3ebe63242b375ce");
  CHECK(sign("https://logs.us-east-1.amazonaws.com/", p2, put_headers()).signature() ==
        "bb977fa748c8f7ee9d2a6870935d4a14bf1f507650e170cf9da83867b307cead");
}

TEST_CASE("cloudwatch S4: a port of its own, Expect and User-Agent are not signed") {
  auto headers = put_headers();
  headers.emplace_back("Expect", "100-continue");
  headers.emplace_back("User-Agent", "fanlight/0");
  auto const out = sign("http://127.0.0.1:5000/", p1, headers);
  CHECK(header(out.headers, "host") == "127.0.0.1:5000");
  CHECK(out.signed_headers() == "content-type;host;x-amz-date;x-amz-target");
  CHECK(out.signature() == "b7c3702cd442770c3bebb133497561a7520495a4b2db5c78ca501ac2b2daa41d");
}

TEST_CASE("cloudwatch S5: OTLP logs, with group and stream signed") {
  auto const out = sign("https://logs.us-east-1.amazonaws.com/v1/logs", "",
                        {{"Content-Type", "application/x-protobuf"}, {"x-aws-log-group", "cruddur"}, {"x-aws-log-stream", "web-1"}});
  CHECK(out.signature() == "bbeb5afda5f76f3f864917ffedf9d31cfd961d24e20e43e97d941fb5e43ce4a6");
}

TEST_CASE("cloudwatch S6: PutTraceSegments") {
  auto const out = sign("https://xray.us-east-1.amazonaws.com/TraceSegments", R"({"TraceSegmentDocuments":[]})",
                        {{"Content-Type", "application/json"}}, example_keys(), "xray");
  CHECK(out.signature() == "d5175a685943ede9119b586eb418d872b664db320cf50368d6712679406ecb3f");
}

TEST_CASE("xray P32: PutTraceSegments with one document") {
  constexpr char const* body = R"({"TraceSegmentDocuments":["{}"]})";
  CHECK(hex_text(as_text(sha256(body))) == "0ff40735e185781a70e6659df1a4840cccf17c831d2c61b062f34c67db819f47");
  auto const out =
      sign("https://xray.us-east-1.amazonaws.com/TraceSegments", body, {{"content-type", "application/json"}}, example_keys(), "xray");
  CHECK(header(out.headers, "x-amz-date") == "20150830T123600Z");
  CHECK(out.signature() == "eb2aed1bb62ce53bd02485f6b77d1adb9d0beb42e6cf675098e8fe6a28afae2e");
}

TEST_CASE("cloudwatch 4.1: only what fanlight sets itself is signed") {
  for (auto const* name : {"content-type", "Content-Encoding", "Host", "X-Amz-Target", "x-aws-log-group", "amz-sdk-invocation-id"})
    CHECK(is_signed(name));
  for (auto const* name : {"user-agent", "connection", "expect", "te", "trailer", "transfer-encoding", "upgrade", "keep-alive",
                           "proxy-connection", "X-Amzn-Trace-Id", "accept", "content-length", "traceparent"})
    CHECK_FALSE(is_signed(name));
}

TEST_CASE("cloudwatch 4.1: the host as curl sends it") {
  CHECK(split_url("HTTPS://Logs.US-east-1.amazonaws.com:443/a?b=c#d").host == "logs.us-east-1.amazonaws.com");
  CHECK(split_url("http://h:80").host == "h");
  CHECK(split_url("http://h:443/").host == "h:443");
  CHECK(split_url("https://u:p@h/").host == "h");
  CHECK(split_url("http://[FD00:ec2::23]:8080/x").host == "[fd00:ec2::23]:8080");
  CHECK(split_url("https://h?q=1").query == "q=1");
  CHECK(split_url("https://h/p?q=1#f").path == "/p");
  CHECK(split_url("https://h/p?q=1#f").query == "q=1");
  for (auto const* url : {"", "h", "ftp://h/", "https://", "://h"}) CHECK_FALSE(split_url(url).good);
}

TEST_CASE("cloudwatch 4.1: paths and queries") {
  auto const first_lines = [](std::string_view path, std::string_view query) {
    aws_headers const none;
    auto const text = canonical_request({"GET", path, query, none, "-"}).text;
    auto const end = text.find('\n', text.find('\n', 4) + 1);
    return text.substr(4, end - 4);
  };
  CHECK(first_lines("", "") == "/\n");
  CHECK(first_lines("/a%3Ab", "") == "/a%253Ab\n");
  CHECK(first_lines("//a/./b/../c//", "") == "/a/c/\n");
  CHECK(first_lines("/..", "") == "/\n");
  CHECK(first_lines("/a/..", "") == "/\n");
  CHECK(first_lines("/a/.", "") == "/a/\n");
  CHECK(first_lines("/", "b=2&a=1&a=0&c") == "/\na=0&a=1&b=2&c=");
  CHECK(first_lines("/", "a=%2f&b=+%20") == "/\na=%2F&b=%2B%20");
  CHECK(first_lines("/", "a=%zz") == "/\na=%25zz");
}

TEST_CASE("cloudwatch 4.1: each attempt is signed anew") {
  aws_headers headers = put_headers();
  sigv4_key key;
  auto const keys = example_keys("TOK1");
  for (std::int64_t const at : {then - 86'400, then}) {
    REQUIRE(sign_request("POST", "https://logs.us-east-1.amazonaws.com/", p1, headers, keys, {"us-east-1", "logs"}, at, key).empty());
    CHECK(headers.size() == 6);
  }
  CHECK(part(header(headers, "authorization"), "Signature=") == "446ccc703570fc9b586e753e876f9c3c1bb7d002901c81f57a9d24285e90ad85");
  REQUIRE(
      sign_request("POST", "https://logs.us-east-1.amazonaws.com/", p1, headers, example_keys(), {"us-east-1", "logs"}, then, key).empty());
  CHECK(part(header(headers, "authorization"), "Signature=") == "37a4b99f2a1964eb4a6826d36b59043fa8c35f13d6c11a3da74c62d11a751d4e");
}

TEST_CASE("cloudwatch 5.8: nothing is signed that would break a header up") {
  auto const url = "https://logs.us-east-1.amazonaws.com/";
  for (std::string const& bad : {std::string{"a\rb"}, std::string{"a\nb"}, std::string("a\0b", 3)}) {
    auto keys = example_keys(bad);
    auto const with_token = sign(url, p1, put_headers(), keys);
    CHECK_FALSE(with_token.wrong.empty());
    CHECK(with_token.headers == put_headers());
    keys.token.clear(), keys.id = bad;
    CHECK_FALSE(sign(url, p1, put_headers(), keys).wrong.empty());
  }
  CHECK_FALSE(sign("nonsense", p1, put_headers()).wrong.empty());
  CHECK_FALSE(sign(url, p1, put_headers(), aws_keys{}).wrong.empty());
}

#include "fake_cloudwatch.hpp"

#include <fanlight/detail/environment.hpp>
#include <fanlight/detail/utf8.hpp>
#include <fanlight/impl/aws/sigv4.hpp>

#include <algorithm>
#include <ctime>
#include <set>

#include <rapidjson/document.h>

namespace support {

using fanlight::detail::as_text;
using fanlight::detail::hex_text;
using test::behaviour;
using test::seen_request;
using json = rapidjson::Document;

namespace {

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (char const letter : text) {
    if (letter == '"' || letter == '\\') out += '\\';
    out += static_cast<unsigned char>(letter) < 0x20 ? ' ' : letter;
  }
  return out + "\"";
}

std::string date_text(std::int64_t seconds) {
  auto const at = static_cast<std::time_t>(seconds);
  std::tm parts{};
  ::gmtime_r(&at, &parts);
  char out[64];
  return {out, std::strftime(out, sizeof out, "%a, %d %b %Y %H:%M:%S GMT", &parts)};
}

/// Between two marks of the Authorization header.
std::string between(std::string const& text, std::string const& from, std::string const& to) {
  auto const begin = text.find(from);
  if (begin == std::string::npos) return {};
  auto const start = begin + from.size(), end = to.empty() ? text.size() : text.find(to, start);
  return end == std::string::npos ? std::string{} : text.substr(start, end - start);
}

/// Twice is once too often: who reads the first and who reads the last would disagree.
bool comes_once(seen_request const& request, std::string_view name) {
  return std::count_if(request.headers.begin(), request.headers.end(), [&](auto const& one) { return fanlight::detail::lower_case(one.first) == name; }) == 1;
}

bool must_be_signed(std::string const& name) {
  return name == "host" || name == "content-type" || name == "content-encoding" || name.substr(0, 6) == "x-amz-" || name.substr(0, 6) == "x-aws-" || name.substr(0, 8) == "amz-sdk-";
}
bool must_not_be_signed(std::string const& name) {
  static std::set<std::string> const those{"user-agent", "connection", "expect", "te", "trailer", "transfer-encoding", "accept", "content-length"};
  return those.count(name) != 0;
}

}  // namespace

fake_cloudwatch::fake_cloudwatch() {
  server_.answer_by([this](seen_request const& request) { return std::optional<behaviour>{answer(request)}; });
}

void fake_cloudwatch::next(std::string const& action, behaviour what, std::size_t times) {
  std::lock_guard const held{lock_};
  for (; times != 0; --times) script_.emplace_back(action, what);
}
void fake_cloudwatch::next_error(std::string const& action, std::string const& type, int status, std::size_t times) {
  next(action, behaviour::answer(status, {{"x-amzn-RequestId", "scripted"}}, R"({"__type":"com.amazonaws.logs#)" + type + R"(","message":"as the test says"})"), times);
}
void fake_cloudwatch::set_clock(std::int64_t ahead) {
  std::lock_guard const held{lock_};
  ahead_ = ahead;
}
void fake_cloudwatch::ignore_age() {
  std::lock_guard const held{lock_};
  any_age_ = true;
}
void fake_cloudwatch::deny(std::string const& action) {
  std::lock_guard const held{lock_};
  denied_.push_back(action);
}
void fake_cloudwatch::set_token(std::string const& token) {
  std::lock_guard const held{lock_};
  token_ = token;
}
void fake_cloudwatch::make(std::string const& group, std::string const& stream) {
  std::lock_guard const held{lock_};
  auto& made = groups_[group];
  if (!stream.empty()) made.streams[stream];
}
void fake_cloudwatch::remove(std::string const& group, std::string const& stream) {
  std::lock_guard const held{lock_};
  if (stream.empty()) groups_.erase(group);
  else groups_[group].streams.erase(stream);
}

std::map<std::string, kept_group> fake_cloudwatch::groups() const {
  std::lock_guard const held{lock_};
  return groups_;
}
std::vector<kept_event> fake_cloudwatch::events(std::string const& group, std::string const& stream) const {
  auto const all = groups();
  auto const in = all.find(group);
  if (in == all.end() || in->second.streams.count(stream) == 0) return {};
  auto out = in->second.streams.at(stream);
  std::stable_sort(out.begin(), out.end(), [](auto const& one, auto const& other) { return one.timestamp < other.timestamp; });
  return out;
}
std::vector<std::string> fake_cloudwatch::messages(std::string const& group, std::string const& stream) const {
  std::vector<std::string> out;
  for (auto& one : events(group, stream)) out.push_back(std::move(one.message));
  return out;
}
std::vector<std::string> fake_cloudwatch::actions() const {
  std::lock_guard const held{lock_};
  return actions_;
}
std::uint64_t fake_cloudwatch::bytes() const {
  std::lock_guard const held{lock_};
  return bytes_;
}
std::vector<std::string> fake_cloudwatch::refusals() const {
  std::lock_guard const held{lock_};
  return refusals_;
}

/// The signature, made anew from what came over the wire; empty: it is right.
std::string fake_cloudwatch::wrong_with_signature(seen_request const& request, std::string& type) const {
  type = "InvalidSignatureException";
  auto const* const given = request.header("authorization");
  auto const* const date = request.header("x-amz-date");
  if (given == nullptr || date == nullptr) return type = "MissingAuthenticationTokenException", "Missing Authentication Token";
  for (char const* const name : {"authorization", "x-amz-date", "x-amz-target", "content-type", "host"})
    if (!comes_once(request, name)) return std::string{name} + " does not come once";
  if (*request.header("host") != "127.0.0.1:" + std::to_string(server_.port())) return "the host is " + *request.header("host");
  if (date->size() != 16) return "X-Amz-Date is " + *date;
  auto const credential = between(*given, "Credential=", ","), names = between(*given, "SignedHeaders=", ","), signature = between(*given, "Signature=", "");
  auto const slash = credential.find('/');
  std::string const day_text = date->substr(0, 8), scope = credential.substr(slash + 1), region = between(scope, day_text + "/", "/");
  if (credential.substr(0, slash) != key_id) return type = "UnrecognizedClientException", "The security token included in the request is invalid.";
  if (region.empty() || scope != day_text + "/" + region + "/logs/aws4_request") return "Credential should be scoped to logs: " + scope;
  auto const* const token = request.header("x-amz-security-token");
  if ((token == nullptr ? "" : *token) != token_) return type = "UnrecognizedClientException", "The security token included in the request is invalid.";
  fanlight::detail::aws_headers covered;
  for (auto const& [name, value] : request.headers) {
    auto const lower = fanlight::detail::lower_case(name);
    bool const is_signed = (";" + names + ";").find(";" + lower + ";") != std::string::npos;
    if (is_signed && must_not_be_signed(lower)) return lower + " is signed";
    if (!is_signed && must_be_signed(lower)) return lower + " is not signed";
    if (is_signed) covered.emplace_back(lower, value);
  }
  auto const query = request.target.find('?');
  auto const payload = hex_text(as_text(fanlight::detail::sha256(request.body)));
  auto const path = request.target.substr(0, query);
  auto const canonical = fanlight::detail::canonical_request({request.method, path, {}, covered, payload});
  if (canonical.signed_headers != names) return "the signed headers are not those that came: " + names;
  std::string const to_sign = "AWS4-HMAC-SHA256\n" + *date + "\n" + scope + "\n" + hex_text(as_text(fanlight::detail::sha256(canonical.text)));
  auto key = fanlight::detail::hmac_sha256(std::string{"AWS4"} + secret, day_text);
  for (auto const& part : {region, std::string{"logs"}, std::string{"aws4_request"}}) key = fanlight::detail::hmac_sha256(as_text(key), part);
  if (hex_text(as_text(fanlight::detail::hmac_sha256(as_text(key), to_sign))) != signature)
    return "The request signature we calculated does not match the signature you provided.";
  std::int64_t signed_at = 0;
  std::string const spaced = date->substr(0, 4) + "-" + date->substr(4, 2) + "-" + date->substr(6, 5) + ":" + date->substr(11, 2) + ":" + date->substr(13);
  if (!fanlight::detail::read_time(spaced, signed_at)) return "X-Amz-Date is " + *date;
  auto const off = signed_at - (static_cast<std::int64_t>(std::time(nullptr)) + ahead_);
  return off < -300 ? "Signature expired" : off > 300 ? "Signature not yet current" : "";
}

behaviour fake_cloudwatch::answer(seen_request const& request) {
  std::lock_guard const held{lock_};
  auto const* const target = request.header("x-amz-target");
  std::string const prefix = "Logs_20140328.", action = target == nullptr || target->compare(0, prefix.size(), prefix) != 0 ? "" : target->substr(prefix.size());
  actions_.push_back(action);
  bytes_ += request.body.size();
  test::header_lines headers{{"Content-Type", "application/x-amz-json-1.1"},
                             {"x-amzn-RequestId", "r-" + std::to_string(++calls_)},
                             {"Date", date_text(static_cast<std::int64_t>(std::time(nullptr)) + ahead_)}};
  auto const scripted = std::find_if(script_.begin(), script_.end(), [&](auto const& one) { return one.first.empty() || one.first == action; });
  if (scripted != script_.end()) {
    auto out = std::move(scripted->second);
    script_.erase(scripted);
    return out;
  }
  std::string type;
  try {
    auto const wrong = wrong_with_signature(request, type);
    if (!wrong.empty()) throw refusal{type, wrong};
    if (std::find(denied_.begin(), denied_.end(), action) != denied_.end()) throw refusal{"AccessDeniedException", "not authorized to perform: logs:" + action};
    if (request.method != "POST" || request.target != "/") throw refusal{"UnknownOperationException", request.method + " " + request.target};
    auto const* const content = request.header("content-type");
    if (content == nullptr || *content != "application/x-amz-json-1.1") throw refusal{"UnknownOperationException", "the type of the content"};
    if (request.header("expect") != nullptr) throw refusal{"ValidationException", "Expect"};
    auto const* const packed = request.header("content-encoding");
    return behaviour::answer(200, headers, perform(action, packed != nullptr && *packed == "gzip" ? unpacked(request.body) : request.body));
  } catch (refusal const& no) {
    if (no.type != "ResourceNotFoundException" && no.type != "ResourceAlreadyExistsException" && no.type != "AccessDeniedException")
      refusals_.push_back(action + ": " + no.type + ": " + no.what());
    return behaviour::answer(no.type == "InvalidSignatureException" ? 403 : 400, headers,
                             R"({"__type":")" + no.type + R"(","message":)" + quoted(no.what()) + "}");
  }
}

std::string fake_cloudwatch::perform(std::string const& action, std::string const& body) {
  if (!fanlight::detail::is_utf8(body)) throw refusal{"SerializationException", "the body is no UTF-8"};
  json from;
  from.Parse<rapidjson::kParseValidateEncodingFlag>(body.c_str(), body.size());
  if (from.HasParseError() || !from.IsObject()) throw refusal{"SerializationException", "the body is no JSON object"};
  auto const existing = [&](std::string const& group) -> kept_group& {
    if (groups_.count(group) == 0) throw refusal{"ResourceNotFoundException", "The specified log group does not exist."};
    return groups_[group];
  };
  if (action == "PutLogEvents") return put(from);
  if (action == "CreateLogGroup") {
    auto const name = group_of(from);
    if (groups_.count(name) != 0) throw refusal{"ResourceAlreadyExistsException", "The specified log group already exists"};
    kept_group made;
    made.tags = tags_of(from);
    only(from, {"logGroupName", "tags", "kmsKeyId", "logGroupClass"});
    made.kms_key = text_of(from, "kmsKeyId", false);
    if (auto const given = text_of(from, "logGroupClass", false); !given.empty()) made.log_class = given;
    if (made.log_class != "STANDARD" && made.log_class != "INFREQUENT_ACCESS") invalid("logGroupClass");
    groups_[name] = made;
    return "{}";
  }
  if (action == "CreateLogStream") {
    only(from, {"logGroupName", "logStreamName"});
    auto& in = existing(group_of(from));
    if (!in.streams.emplace(stream_of(from), std::vector<kept_event>{}).second)
      throw refusal{"ResourceAlreadyExistsException", "The specified log stream already exists"};
    return "{}";
  }
  if (action == "PutRetentionPolicy") {
    static std::set<std::int64_t> const known{1,   3,   5,   7,   14,  30,   60,   90,   120,  150,  180,
                                              365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653};
    if (!from.HasMember("retentionInDays") || !from["retentionInDays"].IsInt64()) invalid("retentionInDays");
    auto const days = from["retentionInDays"].GetInt64();
    if (known.count(days) == 0) invalid("retentionInDays");
    existing(group_of(from)).retention = days;
    return "{}";
  }
  if (action == "DescribeLogGroups") {
    auto const prefix = text_of(from, "logGroupNamePrefix", false);
    std::string out;
    for (auto const& [name, group] : groups_)
      if (name.compare(0, prefix.size(), prefix) == 0)
        out += (out.empty() ? "" : ",") + std::string{R"({"logGroupName":)"} + quoted(name) + R"(,"arn":"arn:aws-test:logs:r:1:log-group:)" + name +
               R"(:*","logGroupArn":"arn:aws-test:logs:r:1:log-group:)" + name + "\"}";
    return R"({"logGroups":[)" + out + "]}";
  }
  if (action == "TagResource") {
    std::string const arn = text_of(from, "resourceArn"), front = "arn:aws-test:logs:r:1:log-group:";
    if (arn.compare(0, front.size(), front) != 0 || arn.back() == '*') invalid("resourceArn");
    for (auto const& [key, value] : tags_of(from)) existing(arn.substr(front.size())).tags[key] = value;
    return "{}";
  }
  throw refusal{"UnknownOperationException", action};
}

std::string fake_cloudwatch::put(rapidjson::Document const& from) {
  if (from.HasMember("sequenceToken")) invalid("sequenceToken");
  only(from, {"logGroupName", "logStreamName", "logEvents", "entity"});
  auto const group = group_of(from), stream = stream_of(from);
  auto const now = (static_cast<std::int64_t>(std::time(nullptr)) + ahead_) * 1000;
  auto const events = read_events(from, now);
  check_entity(from);
  if (groups_.count(group) == 0) throw refusal{"ResourceNotFoundException", "The specified log group does not exist."};
  auto& in = groups_[group];
  if (in.streams.count(stream) == 0) throw refusal{"ResourceNotFoundException", "The specified log stream does not exist."};
  std::size_t too_old = 0, expired = 0, too_new = events.size();
  for (std::size_t i = 0; i < events.size(); ++i) {
    auto const at = events[i].timestamp;
    if (any_age_) in.streams[stream].push_back(events[i]);
    else if (at < now - 14 * day_ms) too_old = i + 1;
    else if (in.retention != 0 && at < now - in.retention * day_ms) expired = i + 1;
    else if (at > now + 2 * hour_ms) too_new = std::min(too_new, i);
    else in.streams[stream].push_back(events[i]);
  }
  std::string info;
  auto const add = [&info](std::string const& name, std::size_t index) { info += (info.empty() ? "\"" : ",\"") + name + "\":" + std::to_string(index); };
  if (too_old != 0) add("tooOldLogEventEndIndex", too_old);
  if (expired != 0) add("expiredLogEventEndIndex", expired);
  if (too_new != events.size()) add("tooNewLogEventStartIndex", too_new);
  return R"({"nextSequenceToken":"49")" + (info.empty() ? "}" : R"(,"rejectedLogEventsInfo":{)" + info + "}}");
}

}  // namespace support

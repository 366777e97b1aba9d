#include "fake_cloudwatch.hpp"

#include <fanlight/detail/environment.hpp>
#include <fanlight/detail/utf8.hpp>
#include <fanlight/impl/aws/sigv4.hpp>

#include <algorithm>
#include <cstring>
#include <ctime>
#include <set>
#include <stdexcept>

#include <rapidjson/document.h>

#ifdef FANLIGHT_WITH_ZLIB
#include <zlib.h>
#endif

namespace support {

using fanlight::detail::as_text;
using fanlight::detail::hex_text;
using test::behaviour;
using test::seen_request;
using json = rapidjson::Document;

namespace {

constexpr std::int64_t day = 86'400'000, hour = 3'600'000;

/// A refusal in the service's words: what is thrown ends the call.
struct refusal : std::runtime_error {
  refusal(std::string error_type, std::string const& message) : std::runtime_error{message}, type{std::move(error_type)} {}
  std::string type;
};
[[noreturn]] void invalid(std::string const& message) { throw refusal{"InvalidParameterException", message}; }

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (char const letter : text) {
    if (letter == '"' || letter == '\\') out += '\\';
    out += static_cast<unsigned char>(letter) < 0x20 ? ' ' : letter;
  }
  return out + "\"";
}

std::string text_of(json const& from, char const* key, bool required = true) {
  if (!from.HasMember(key)) {
    if (required) throw refusal{"SerializationException", std::string{key} + " is missing"};
    return {};
  }
  if (!from[key].IsString()) throw refusal{"SerializationException", std::string{key} + " is no string"};
  return {from[key].GetString(), from[key].GetStringLength()};
}

/// What DEFLATE made of it.
std::string unpacked(std::string const& body) {
#ifdef FANLIGHT_WITH_ZLIB
  std::string out(std::size_t{8} << 20, '\0');
  z_stream stream{};
  ::inflateInit2(&stream, 16 + MAX_WBITS);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(body.data()));
  stream.avail_in = static_cast<uInt>(body.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  bool const good = ::inflate(&stream, Z_FINISH) == Z_STREAM_END;
  auto const size = static_cast<std::size_t>(stream.total_out);
  ::inflateEnd(&stream);
  if (!good) throw refusal{"SerializationException", "the body is no gzip"};
  return out.substr(0, size);
#else
  throw refusal{"SerializationException", "no gzip here, " + std::to_string(body.size()) + " bytes"};
#endif
}

std::string group_of(json const& from) {
  auto out = text_of(from, "logGroupName");
  if (out.empty() || out.size() > 512 || out.substr(0, 4) == "aws/") invalid("logGroupName");
  for (char const letter : out)
    if (std::isalnum(static_cast<unsigned char>(letter)) == 0 && std::strchr(".-_/#", letter) == nullptr) invalid("logGroupName has " + std::string{letter});
  return out;
}
std::string stream_of(json const& from) {
  auto out = text_of(from, "logStreamName");
  if (out.empty() || fanlight::detail::utf8_count(out) > 512 || out.find_first_of(":*") != std::string::npos) invalid("logStreamName");
  return out;
}

std::map<std::string, std::string> tags_of(json const& from) {
  std::map<std::string, std::string> out;
  if (!from.HasMember("tags")) return out;
  for (auto const& one : from["tags"].GetObject()) out[one.name.GetString()] = one.value.GetString();
  if (out.empty() || out.size() > 50) invalid("tags");
  return out;
}

void check_entity(json const& from) {
  if (!from.HasMember("entity")) return;
  auto const& keys = from["entity"]["keyAttributes"];
  static std::set<std::string> const known{"Type", "Name", "Environment", "ResourceType", "Identifier"};
  if (keys.MemberCount() < 2 || keys.MemberCount() > 4) invalid("entity");
  for (auto const& one : keys.GetObject())
    if (known.count(one.name.GetString()) == 0 || one.value.GetStringLength() == 0) invalid("entity " + std::string{one.name.GetString()});
}

/// All events, with everything that makes AWS refuse the whole batch checked.
std::vector<kept_event> read_events(json const& from, std::int64_t now) {
  if (!from.HasMember("logEvents") || !from["logEvents"].IsArray()) throw refusal{"SerializationException", "logEvents"};
  auto const& all = from["logEvents"].GetArray();
  if (all.Empty() || all.Size() > 10'000) invalid("logEvents has " + std::to_string(all.Size()) + " members");
  std::vector<kept_event> out;
  std::size_t bytes = 0;
  std::int64_t first_valid = 0;
  bool any_valid = false;
  for (auto const& one : all) {
    if (!one.HasMember("timestamp") || !one["timestamp"].IsInt64() || !one["message"].IsString()) throw refusal{"SerializationException", "an event"};
    out.push_back({one["timestamp"].GetInt64(), {one["message"].GetString(), one["message"].GetStringLength()}});
    auto const& last = out.back();
    if (last.message.empty()) invalid("Member must have length greater than or equal to 1");
    if (last.timestamp < 0) invalid("a timestamp below 0");
    if (last.message.size() + 26 > 1'048'576) invalid("Log event too large: " + std::to_string(last.message.size() + 26) + " bytes exceeds limit of 1048576");
    bytes += last.message.size() + 26;
    if (out.size() > 1 && out[out.size() - 2].timestamp > last.timestamp) invalid("Log events in a single PutLogEvents request must be in chronological order.");
    if (last.timestamp < now - 14 * day || last.timestamp > now + 2 * hour) continue;
    if (!any_valid) first_valid = last.timestamp, any_valid = true;
    if (last.timestamp - first_valid > day) invalid("The batch of log events in a single PutLogEvents request cannot span more than 24 hours.");
  }
  if (bytes > 1'048'576) invalid("Upload too large: " + std::to_string(bytes) + " bytes exceeds limit of 1048576");
  return out;
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

bool must_be_signed(std::string const& name) {
  return name == "host" || name == "content-type" || name == "content-encoding" || name.substr(0, 6) == "x-amz-" || name.substr(0, 8) == "amz-sdk-";
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
    auto& made = groups_[name];
    made.tags = tags_of(from);
    made.kms_key = text_of(from, "kmsKeyId", false);
    if (auto const given = text_of(from, "logGroupClass", false); !given.empty()) made.log_class = given;
    return "{}";
  }
  if (action == "CreateLogStream") {
    auto& in = existing(group_of(from));
    if (!in.streams.emplace(stream_of(from), std::vector<kept_event>{}).second)
      throw refusal{"ResourceAlreadyExistsException", "The specified log stream already exists"};
    return "{}";
  }
  if (action == "PutRetentionPolicy") {
    static std::set<std::int64_t> const known{1,   3,   5,   7,   14,  30,   60,   90,   120,  150,  180,
                                              365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653};
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
  auto const group = group_of(from), stream = stream_of(from);
  if (from.HasMember("sequenceToken")) invalid("sequenceToken");
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
    else if (at < now - 14 * day) too_old = i + 1;
    else if (in.retention != 0 && at < now - in.retention * day) expired = i + 1;
    else if (at > now + 2 * hour) too_new = std::min(too_new, i);
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

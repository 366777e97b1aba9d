#include "fake_cloudwatch_rules.hpp"

#include <fanlight/detail/utf8.hpp>

#include <cctype>
#include <cstring>
#include <set>

#ifdef FANLIGHT_WITH_ZLIB
#include <zlib.h>
#endif

namespace support {

using json = rapidjson::Document;

[[noreturn]] void invalid(std::string const& message) { throw refusal{"InvalidParameterException", message}; }

std::string text_of(json const& from, char const* key, bool required) {
  if (!from.HasMember(key)) {
    if (required) throw refusal{"SerializationException", std::string{key} + " is missing"};
    return {};
  }
  if (!from[key].IsString()) throw refusal{"SerializationException", std::string{key} + " is no string"};
  return {from[key].GetString(), from[key].GetStringLength()};
}

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

void only(rapidjson::Value const& from, std::set<std::string> const& known) {
  for (auto const& one : from.GetObject())
    if (known.count(one.name.GetString()) == 0) throw refusal{"SerializationException", "a member nobody knows: " + std::string{one.name.GetString()}};
}

namespace {

/// Pairs of texts, none of them too long.
void check_pairs(rapidjson::Value const& from, char const* what, std::size_t least, std::size_t most, std::size_t key, std::size_t value, bool may_be_empty) {
  if (!from.IsObject() || from.MemberCount() < least || from.MemberCount() > most) invalid(what);
  auto const letters = [](rapidjson::Value const& of) { return fanlight::detail::utf8_count({of.GetString(), of.GetStringLength()}); };
  for (auto const& one : from.GetObject())
    if (!one.value.IsString() || letters(one.name) == 0 || letters(one.name) > key || letters(one.value) > value || (!may_be_empty && letters(one.value) == 0))
      invalid(std::string{what} + ", " + one.name.GetString());
}

}  // namespace

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
  check_pairs(from["tags"], "tags", 1, 50, 128, 256, true);
  for (auto const& one : from["tags"].GetObject()) out[one.name.GetString()] = one.value.GetString();
  return out;
}

void check_entity(json const& from) {
  if (!from.HasMember("entity")) return;
  auto const& entity = from["entity"];
  only(entity, {"keyAttributes", "attributes"});
  if (!entity.HasMember("keyAttributes")) invalid("entity");
  check_pairs(entity["keyAttributes"], "keyAttributes", 2, 4, 32, 512, false);
  static std::set<std::string> const known{"Type", "Name", "Environment", "ResourceType", "Identifier"};
  for (auto const& one : entity["keyAttributes"].GetObject())
    if (known.count(one.name.GetString()) == 0) invalid("keyAttributes, " + std::string{one.name.GetString()});
  if (entity.HasMember("attributes")) check_pairs(entity["attributes"], "attributes", 0, 10, 256, 512, false);
}

std::vector<kept_event> read_events(json const& from, std::int64_t now) {
  if (!from.HasMember("logEvents") || !from["logEvents"].IsArray()) throw refusal{"SerializationException", "logEvents"};
  auto const& all = from["logEvents"].GetArray();
  if (all.Empty() || all.Size() > 10'000) invalid("logEvents has " + std::to_string(all.Size()) + " members");
  std::vector<kept_event> out;
  std::size_t bytes = 0;
  std::int64_t first_valid = 0;
  bool any_valid = false;
  for (auto const& one : all) {
    if (!one.HasMember("timestamp") || !one["timestamp"].IsInt64() || !one.HasMember("message") || !one["message"].IsString()) throw refusal{"SerializationException", "an event"};
    only(one, {"timestamp", "message"});
    out.push_back({one["timestamp"].GetInt64(), {one["message"].GetString(), one["message"].GetStringLength()}});
    auto const& last = out.back();
    if (last.message.empty()) invalid("Member must have length greater than or equal to 1");
    if (last.timestamp < 0) invalid("a timestamp below 0");
    if (last.message.size() + 26 > 1'048'576) invalid("Log event too large: " + std::to_string(last.message.size() + 26) + " bytes exceeds limit of 1048576");
    bytes += last.message.size() + 26;
    if (out.size() > 1 && out[out.size() - 2].timestamp > last.timestamp) invalid("Log events in a single PutLogEvents request must be in chronological order.");
    if (last.timestamp < now - 14 * day_ms || last.timestamp > now + 2 * hour_ms) continue;
    if (!any_valid) first_valid = last.timestamp, any_valid = true;
    if (last.timestamp - first_valid > day_ms) invalid("The batch of log events in a single PutLogEvents request cannot span more than 24 hours.");
  }
  if (bytes > 1'048'576) invalid("Upload too large: " + std::to_string(bytes) + " bytes exceeds limit of 1048576");
  return out;
}

}  // namespace support

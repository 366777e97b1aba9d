#include "json.hpp"

#include <rapidjson/document.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <algorithm>

namespace cruddur {
namespace {

using writer = rapidjson::Writer<rapidjson::StringBuffer>;

void text(writer& out, std::string_view value) { out.String(value.data(), static_cast<rapidjson::SizeType>(value.size())); }

void field(writer& out, std::string_view key, std::string_view value) {
  out.Key(key.data(), static_cast<rapidjson::SizeType>(key.size()));
  text(out, value);
}

void write(writer& out, activity const& row) {
  out.StartObject();
  field(out, "handle", row.handle);
  field(out, "message", row.message);
  field(out, "created_at", row.created_at);
  out.EndObject();
}

template <class Fill>
std::string document(Fill fill) {
  rapidjson::StringBuffer buffer;
  writer out{buffer};
  fill(out);
  return {buffer.GetString(), buffer.GetSize()};
}

constexpr auto strictly = rapidjson::kParseValidateEncodingFlag | rapidjson::kParseIterativeFlag;

std::optional<std::string> member(rapidjson::Value const& from, char const* key) {
  auto const at = from.FindMember(key);
  if (at == from.MemberEnd() || !at->value.IsString()) return std::nullopt;
  return std::string{at->value.GetString(), at->value.GetStringLength()};
}

}  // namespace

std::string to_json(activity const& row) {
  return document([&](writer& out) { write(out, row); });
}

std::string to_json(std::vector<activity> const& rows) {
  return document([&](writer& out) {
    out.StartArray();
    for (auto const& row : rows) write(out, row);
    out.EndArray();
  });
}

std::string error_json(std::string_view problem) {
  return document([&](writer& out) {
    out.StartObject();
    field(out, "error", problem);
    out.EndObject();
  });
}

std::optional<post> parse_post(std::string_view body) {
  rapidjson::Document parsed;
  parsed.Parse<strictly>(body.data(), body.size());
  if (parsed.HasParseError() || !parsed.IsObject()) return std::nullopt;
  auto const handle = member(parsed, "user_handle");
  auto const message = member(parsed, "message");
  if (!handle || !message) return std::nullopt;
  return post{*handle, *message};
}

std::optional<std::vector<call>> parse_calls(std::string_view body) {
  constexpr int deepest = 500;  // writing a value goes as deep as it is nested
  if (std::count_if(body.begin(), body.end(), [](char c) { return c == '[' || c == '{'; }) > deepest) return std::nullopt;
  rapidjson::Document parsed;
  parsed.Parse<strictly>(body.data(), body.size());
  if (parsed.HasParseError() || !parsed.IsArray()) return std::nullopt;
  std::vector<call> out;
  for (auto const& each : parsed.GetArray()) {
    if (!each.IsObject() || !each.HasMember("arguments")) return std::nullopt;
    auto url = member(each, "url");
    if (!url) return std::nullopt;
    out.push_back({std::move(*url), document([&](writer& to) { each["arguments"].Accept(to); })});
  }
  return out;
}

}  // namespace cruddur

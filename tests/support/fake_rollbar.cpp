#include "fake_rollbar.hpp"

#include "kept.hpp"

#include <fanlight/detail/utf8.hpp>

#include <rapidjson/document.h>
#include <rapidjson/pointer.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

namespace support {
namespace {

using json = rapidjson::Value;

rapidjson::Document parse(std::string_view body) {
  rapidjson::Document out;
  out.Parse<rapidjson::kParseValidateEncodingFlag | rapidjson::kParseFullPrecisionFlag>(body.data(), body.size());
  return out;
}

std::string text_of(json const& any) {
  if (any.IsString()) return {any.GetString(), any.GetStringLength()};
  rapidjson::StringBuffer to;
  rapidjson::Writer<rapidjson::StringBuffer> writer{to};
  any.Accept(writer);
  return {to.GetString(), to.GetSize()};
}

json const* find(json const& in, char const* name) {
  if (!in.IsObject()) return nullptr;
  auto const at = in.FindMember(name);
  return at == in.MemberEnd() ? nullptr : &at->value;
}

bool is_text(json const* any, std::size_t most) {
  return any != nullptr && any->IsString() && fanlight::detail::utf8_count({any->GetString(), any->GetStringLength()}) <= most;
}

bool is_level(json const* any) {
  if (any == nullptr || !any->IsString()) return false;
  for (auto const* name : {"critical", "error", "warning", "info", "debug"})
    if (std::string{any->GetString()} == name) return true;
  return false;
}

std::string wrong_with_trace(json const& trace) {
  auto const* const frames = find(trace, "frames");
  if (frames == nullptr || !frames->IsArray()) return "a trace without frames";
  for (auto const& frame : frames->GetArray()) {
    auto const *name = find(frame, "filename"), *line = find(frame, "lineno"), *method = find(frame, "method");
    if (name == nullptr || !name->IsString() || name->GetStringLength() == 0) return "a frame without filename";
    if (line != nullptr && !line->IsInt64()) return "a lineno that is no integer";
    if (method != nullptr && !method->IsString() && !method->IsNull()) return "a method that is no text";
  }
  auto const* const exception = find(trace, "exception");
  auto const* const type = exception == nullptr ? nullptr : find(*exception, "class");
  if (type == nullptr || !type->IsString() || type->GetStringLength() == 0) return "an exception without a class";
  return {};
}

std::string wrong_with_telemetry(json const& list) {
  if (!list.IsArray()) return "telemetry is no array";
  for (auto const& each : list.GetArray()) {
    auto const *type = find(each, "type"), *source = find(each, "source"), *time = find(each, "timestamp_ms"), *body = find(each, "body");
    if (!is_level(find(each, "level")) || type == nullptr || !type->IsString() || source == nullptr || time == nullptr || !time->IsInt64() || body == nullptr || !body->IsObject())
      return "a telemetry event misses something";
    std::string const kind = type->GetString();
    if ((kind == "log" || kind == "error") && find(*body, "message") == nullptr) return "telemetry without a message";
    if (kind == "network" && (find(*body, "method") == nullptr || find(*body, "url") == nullptr || find(*body, "status_code") == nullptr)) return "network telemetry misses something";
    if (kind != "log" && kind != "error" && kind != "network" && kind != "manual") return "telemetry of type " + kind;
  }
  return {};
}

std::string wrong_with_body(json const& body) {
  int forms = 0;
  for (auto const* name : {"trace", "trace_chain", "message", "crash_report"}) forms += find(body, name) != nullptr ? 1 : 0;
  if (forms != 1) return "a body of " + std::to_string(forms) + " forms";
  if (auto const* const one = find(body, "trace")) return wrong_with_trace(*one);
  if (auto const* const message = find(body, "message"); message != nullptr && !is_text(find(*message, "body"), std::size_t{1} << 20)) return "a message without a body";
  if (auto const* const chain = find(body, "trace_chain")) {
    if (!chain->IsArray() || chain->Empty()) return "an empty chain";
    for (auto const& each : chain->GetArray())
      if (auto wrong = wrong_with_trace(each); !wrong.empty()) return wrong;
  }
  return {};
}

bool is_uuid4(std::string const& text) {
  if (text.size() != 36 || text[14] != '4' || std::string{"89ab"}.find(text[19]) == std::string::npos) return false;
  for (std::size_t i = 0; i < text.size(); ++i)
    if ((i == 8 || i == 13 || i == 18 || i == 23) ? text[i] != '-' : std::string{"0123456789abcdef"}.find(text[i]) == std::string::npos) return false;
  return true;
}

/// For the schema.
void keep(std::string_view body) { keep_text("FANLIGHT_ROLLBAR_ITEMS", body); }

}  // namespace

std::string wrong_with_item(std::string_view body) {
  auto const document = parse(body);
  if (document.HasParseError()) return "it is no JSON: " + std::string{body.substr(0, 200)};
  auto const* const data = find(document, "data");
  if (data == nullptr || document.MemberCount() != 1) return "its root holds something beside `data`";
  if (!is_text(find(*data, "environment"), 255)) return "it has no environment";
  auto const* const inside = find(*data, "body");
  if (inside == nullptr || !inside->IsObject()) return "it has no body";
  if (auto wrong = wrong_with_body(*inside); !wrong.empty()) return wrong;
  if (auto const* const list = find(*inside, "telemetry"))
    if (auto wrong = wrong_with_telemetry(*list); !wrong.empty()) return wrong;
  if (!is_level(find(*data, "level"))) return "its level is none";
  if (auto const* const uuid = find(*data, "uuid"); uuid == nullptr || !is_uuid4(text_of(*uuid))) return "its uuid is none of version 4";
  struct row {
    char const* name;
    std::size_t most;
  };
  for (auto const& each : {row{"code_version", 40}, row{"fingerprint", 40}, row{"title", 255}, row{"context", 255}})
    if (auto const* const found = find(*data, each.name); found != nullptr && !is_text(found, each.most)) return std::string{each.name} + " is too long";
  if (auto const* const person = find(*data, "person"); person != nullptr && !is_text(find(*person, "id"), 40)) return "a person without an id";
  return {};
}

std::string sent_item::operator()(std::string_view pointer) const {
  auto const document = parse(body);
  auto const* const found = rapidjson::Pointer{pointer.data(), pointer.size()}.Get(document);
  return found == nullptr ? "(none)" : text_of(*found);
}

std::size_t sent_item::size(std::string_view pointer) const {
  auto const document = parse(body);
  auto const* const found = rapidjson::Pointer{pointer.data(), pointer.size()}.Get(document);
  if (found == nullptr) return 0;
  return found->IsArray() ? found->Size() : found->IsObject() ? found->MemberCount() : found->IsString() ? found->GetStringLength() : 0;
}

std::string sent_item::attribute(std::string_view key) const {
  auto const document = parse(body);
  auto const* const list = rapidjson::Pointer{"/data/attributes"}.Get(document);
  if (list != nullptr && list->IsArray())
    for (auto const& each : list->GetArray())
      if (find(each, "key") != nullptr && text_of(*find(each, "key")) == key) return text_of(*find(each, "value"));
  return "(none)";
}

fake_rollbar::fake_rollbar() {
  server_.answer_by([this](test::seen_request const& request) { return std::optional<test::behaviour>{look_at(request)}; });
}

test::behaviour fake_rollbar::look_at(test::seen_request const& request) {
  auto wrong = wrong_with_item(request.body);
  auto const *given = request.header("X-Rollbar-Access-Token"), *type = request.header("Content-Type");
  if (request.method != "POST" || request.target != "/api/1/item/") wrong = request.method + " " + request.target;
  if (type == nullptr || *type != "application/json") wrong = "it says of what type it is not";
  if (given == nullptr || given->empty()) wrong = "it brings no token";
  if (request.body.size() > (std::size_t{1} << 20)) wrong = "it is larger than Rollbar takes";
  keep(request.body);
  now_.change([&](state& all) {
    all.items.push_back({request.body, clock::now()});
    if (!wrong.empty()) all.complaints.push_back(wrong + "\n" + request.body.substr(0, 2000));
  });
  auto next = std::optional<test::behaviour>{};
  script_.change([&](auto& all) {
    if (all.empty()) return;
    next = all.front();
    all.pop_front();
  });
  if (next) return *next;
  if (!wrong.empty()) return refused_with(422, "Invalid format");
  return test::behaviour::answer(200, {{"Content-Type", "application/json"}}, R"({"err":0,"result":{"id":null,"uuid":"0"}})");
}

std::vector<sent_item> fake_rollbar::items() const { return now_.get().items; }

}  // namespace support

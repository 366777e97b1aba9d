// Bodies of line.hpp: lines of JSON. Those of text are in line_text.ipp.
#pragma once

#include <fanlight/impl/cloudwatch/line_text.ipp>

FANLIGHT_BEGIN
namespace detail {

/// Keys that lines have of their own: an attribute that is called like one gets `fields.` before its name.
[[nodiscard]] FANLIGHT_INLINE bool is_own_key(std::string_view key, bool of_span) noexcept {
  for (std::string_view const own : {"message", "level", "logger", "timestamp", "trace_id", "span_id", "xray_trace_id", "error_id", "type", "resource", "_aws"})
    if (key == own) return true;
  if (of_span)
    for (std::string_view const own : {"name", "kind", "duration_ms", "status", "status_message", "parent_id", "events"})
      if (key == own) return true;
  return false;
}

FANLIGHT_INLINE void cloudwatch_lines::text(json_writer& json, std::string_view what, std::size_t most) const {
  if (what.size() <= most) return json.text(what);
  json.text(what.substr(0, whole_letters(what, most)), how_.suffix);
}

/// A nested value is written as it is, or not at all.
FANLIGHT_INLINE void cloudwatch_lines::any(json_writer& json, value const& what, std::size_t most) const {
  if (what.kind() == value_kind::text) return text(json, what.as_text(), most);
  if ((what.is_nested() || what.kind() == value_kind::bytes) && what.size() > most) return json.text(how_.suffix);
  json.plain(what);
}

FANLIGHT_INLINE void cloudwatch_lines::ids(json_writer& json, record_base const& record) const {
  if (!record.trace_id.is_valid()) return;
  auto const digits = record.trace_id.hex();
  json.name("trace_id"), json.text(digits.view());
  if (record.span_id.is_valid()) json.name("span_id"), json.text(record.span_id.hex().view());
  short_text<35> xray;
  xray.push("1-"), xray.push(digits.view().substr(0, 8)), xray.push('-'), xray.push(digits.view().substr(8));
  json.name("xray_trace_id"), json.text(xray.view());
}

FANLIGHT_INLINE void cloudwatch_lines::fields(json_writer& json, record_base const& record, bool of_span, std::size_t most) const {
  for (auto const each : record.attributes()) {
    if (!is_own_key(each.key, of_span)) json.key(each.key);
    else json.key(std::string{"fields."}.append(each.key));
    any(json, each.value, most);
  }
  for (auto const each : record.metadata()) {
    json.key(std::string{"metadata."}.append(each.space.empty() ? std::string_view{"default"} : std::string_view{each.space}).append(".").append(each.key));
    any(json, each.value, most);
  }
}

FANLIGHT_INLINE void cloudwatch_lines::facts(json_writer& json, log_record const& record, std::string_view body,
                                             cloudwatch_budget const& within) const {
  json.name("timestamp"), json.text(iso8601(record.time));
  json.name("level"), json.text(to_text(record.level));
  if (!record.logger().empty()) json.name("logger"), json.text(record.logger());
  json.name("message"), text(json, body, within.body);
  ids(json, record);
  if (!record.error_id().empty()) json.name("error_id"), json.text(record.error_id());
}

FANLIGHT_COLD FANLIGHT_INLINE void cloudwatch_lines::facts(json_writer& json, error_record const& record, std::string_view body,
                                                           cloudwatch_budget const& within) const {
  json.name("timestamp"), json.text(iso8601(record.time));
  json.name("level"), json.text(to_text(record.level));
  json.name("type"), json.text("error");
  json.name("message"), text(json, body, within.body);
  ids(json, record);
  if (!record.uuid().empty()) json.name("error_id"), json.text(record.uuid());
  if (within.fields) exception(json, record, within.texts);
}

/// What is known of an exception, under the names that OTLP has for it, and whom it happened to.
FANLIGHT_COLD FANLIGHT_INLINE void cloudwatch_lines::exception(json_writer& json, error_record const& record, std::size_t most) const {
  auto const add = [&](std::string_view key, std::string_view what) {
    if (!what.empty() && record.find(key).kind() == value_kind::empty) json.key(key), text(json, what, most);
  };
  add("exception.type", record.exception_type());
  add("exception.stacktrace", packed_stack_text(record.stack(), record.modules()));
  if (!record.causes().empty()) {
    json.key("fanlight.error.causes");
    json.open_array();
    for (auto const each : record.causes()) {
      std::string line{each.type};
      if (!each.message.empty()) (line += ": ") += each.message;
      text(json, line, most);
    }
    json.close_array();
  }
  add("fanlight.error.uncaught", record.uncaught());
  add("fingerprint", record.fingerprint());
  add("user.id", record.person_id());
  add("user.name", record.person_name());
  add("user.email", record.person_email());
}

FANLIGHT_COLD FANLIGHT_INLINE void cloudwatch_lines::facts(json_writer& json, span_record const& record, std::string_view body,
                                                           cloudwatch_budget const& within) const {
  json.name("timestamp"), json.text(iso8601(record.start));
  json.name("type"), json.text("span");
  json.name("name"), text(json, body, within.body);
  json.name("kind"), json.text(to_text(record.kind));
  json.name("duration_ms"), json.real(static_cast<double>(record.duration().count()) / 1e6);
  if (record.status != status_code::unset) json.name("status"), json.text(to_text(record.status));
  if (!record.status_message().empty()) json.name("status_message"), text(json, record.status_message(), within.texts);
  ids(json, record);
  if (record.parent_id.is_valid()) json.name("parent_id"), json.text(record.parent_id.hex().view());
  if (!record.error_id().empty()) json.name("error_id"), json.text(record.error_id());
  if (within.fields) events(json, record, within.texts);
}

FANLIGHT_COLD FANLIGHT_INLINE void cloudwatch_lines::events(json_writer& json, span_record const& record, std::size_t most) const {
  if (record.events().empty()) return;
  json.name("events");
  json.open_array();
  for (auto const event : record.events()) {
    json.open_object();
    json.name("name"), text(json, event.name, most);
    json.name("timestamp"), json.text(iso8601(event.time));
    for (auto const each : event.attributes())
      if (json.key(each.key); is_packed_stack(each.value)) text(json, packed_stack_text(each.value), most);
      else any(json, each.value, most);
    json.close_object();
  }
  json.close_array();
}

FANLIGHT_COLD FANLIGHT_INLINE void cloudwatch_lines::surroundings(json_writer& json, record_base const& record, std::size_t most) const {
  if (how_.source_facts) {
    if (record.where.line() != 0) {
      json.name("code.file.path"), json.text(record.where.file());
      json.name("code.line.number"), json.integer(record.where.line());
      json.name("code.function.name"), json.text(record.where.function());
    }
    if (record.thread_id != 0) json.name("thread.id"), json.natural(record.thread_id);
  }
  if (!how_.resource_attributes) return;
  json.name("resource");
  json.open_object();
  for (auto const each : record.resource().attributes.members()) json.key(each.key), any(json, each.value, most);
  json.close_object();
}

template <class Record>
void cloudwatch_lines::write_json(Record const& record, std::string_view body, cloudwatch_budget const& within) {
  out_.clear();
  json_writer json{out_};
  json.open_object();
  facts(json, record, body, within);
  if (within.fields) {
    fields(json, record, __is_same(Record, span_record), within.texts);
    surroundings(json, record, within.texts);
  } else {
    json.name("fanlight.truncated"), json.boolean(true);
  }
  json.close_object();
}

/// How many bytes of a text make at most `room` bytes inside of a JSON string.
[[nodiscard]] FANLIGHT_COLD FANLIGHT_INLINE std::size_t escaped_prefix(std::string_view text, std::size_t room, std::size_t* size = nullptr) noexcept {
  std::size_t at = 0, used = 0;
  char scratch[8];
  while (at < text.size()) {
    std::size_t bytes = 1, step = 0;
    if (static_cast<unsigned char>(text[at]) < 0x80) {
      step = static_cast<std::size_t>(json_put_ascii(scratch, text[at]) - scratch);
    } else {
      auto const piece = utf8_read(text.data() + at, text.size() - at);
      bytes = piece.size;
      step = piece.good ? piece.size : utf8_replacement.size();
    }
    if (step > room - used) break;
    at += bytes, used += step;
  }
  if (size != nullptr) *size = used;
  return at;
}
[[nodiscard]] FANLIGHT_COLD FANLIGHT_INLINE std::size_t escaped_size(std::string_view text) noexcept {
  std::size_t out = 0;
  static_cast<void>(escaped_prefix(text, SIZE_MAX, &out));
  return out;
}

/// The body pays first; then all texts, evenly; then the fields go, and at last all but the body.
template <class Record>
cloudwatch_line cloudwatch_lines::shrink(Record const& record, std::string_view body) {
  auto const fits = [&](cloudwatch_budget const& within) {
    write_json(record, body, within);
    return out_.size() <= how_.most;
  };
  auto const rest = out_.size() - escaped_size(body), suffix = escaped_size(how_.suffix);
  bool done = false;
  if (rest + suffix < how_.most) done = fits({.body = escaped_prefix(body, how_.most - rest - suffix)});
  for (bool const with_fields : {true, false})
    for (auto most = how_.most / 2; !done && most >= 16; most /= 2) done = fits({.body = most, .texts = most, .fields = with_fields});
  return done ? cloudwatch_line{out_.view(), cloudwatch_line_kind::cut} : write_body_alone(body);
}

FANLIGHT_COLD FANLIGHT_INLINE cloudwatch_line cloudwatch_lines::write_body_alone(std::string_view body) {
  constexpr std::size_t frame = 14;  // {"message":""}
  out_.clear();
  auto const suffix = escaped_size(how_.suffix);
  if (frame + suffix > how_.most) {  // no room for any JSON
    raw_.clear();
    raw_.append(body);
    return cut_text();
  }
  json_writer json{out_};
  json.open_object();
  json.name("message"), json.text(body.substr(0, escaped_prefix(body, how_.most - frame - suffix)), how_.suffix);
  json.close_object();
  return {out_.view(), cloudwatch_line_kind::cut};
}

template <class Record>
cloudwatch_line cloudwatch_lines::write_any(Record const& record, std::string_view body) {
  if (how_.layout == cloudwatch_layout::text) {
    write_text(record, body);
    return cut_text();
  }
  write_json(record, body, {});
  if (out_.size() <= how_.most) return {out_.view(), cloudwatch_line_kind::whole};
  return shrink(record, body);
}

FANLIGHT_INLINE cloudwatch_line cloudwatch_lines::write(log_record const& record) {
  constexpr std::string_view metrics = "{\"_aws\":";
  std::string_view const body = record.body;
  if (body.substr(0, metrics.size()) != metrics) return write_any(record, body);
  if (body.size() > how_.most) return {{}, cloudwatch_line_kind::unfit};
  raw_.clear();
  raw_.append(body);
  return cut_text();
}
FANLIGHT_COLD FANLIGHT_INLINE cloudwatch_line cloudwatch_lines::write(error_record const& record) { return write_any(record, record.message); }
FANLIGHT_COLD FANLIGHT_INLINE cloudwatch_line cloudwatch_lines::write(span_record const& record) { return write_any(record, record.name); }

}  // namespace detail
FANLIGHT_END

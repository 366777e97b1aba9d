// Bodies of console_json.hpp.
#pragma once

#include <fanlight/impl/json.hpp>
#include <fanlight/stack.hpp>

#include <string>

FANLIGHT_BEGIN
namespace detail {

/// The members that the objects of all kinds of record are made of.
class console_json {
 public:
  explicit console_json(send_buffer& to) : to_{to}, json_{to, 4} { json_.open_object(); }

  void span(span_record const& span);
  template <class Record>
  void log(Record const& record, std::string_view body);
  void exception(error_record const& report);
  void causes(error_record const& report);
  void end(resource const& who);

 private:
  void id(trace_id const& which) { json_.hex(which.bytes, sizeof which.bytes, "0x"); }
  void id(span_id const& which) { json_.hex(which.bytes, sizeof which.bytes, "0x"); }
  void context(trace_id const& trace, span_id const& span, std::string_view state);
  template <class Record>
  void attributes(Record const& record);
  void metadata(record_base const& record);
  void open_attributes(record_base const& record);
  void link(link_record const& link);

  send_buffer& to_;
  json_writer json_;
};

/// Python's way of printing a trace state: `['{key=a, value=1}']`.
[[nodiscard]] FANLIGHT_COLD FANLIGHT_INLINE std::string state_text(std::string_view state) {
  std::string out = "[";
  while (!state.empty()) {
    auto const comma = state.find(',');
    auto const member = state.substr(0, comma);
    auto const equals = member.find('=');
    if (equals != std::string_view::npos) {
      if (out.size() > 1) out += ", ";
      out.append("'{key=").append(member.substr(0, equals)).append(", value=").append(member.substr(equals + 1)).append("}'");
    }
    state = comma == std::string_view::npos ? std::string_view{} : state.substr(comma + 1);
  }
  return out + "]";
}

FANLIGHT_COLD FANLIGHT_INLINE void console_json::context(trace_id const& trace, span_id const& span, std::string_view state) {
  json_.name("context");
  json_.open_object();
  json_.name("trace_id"), id(trace);
  json_.name("span_id"), id(span);
  json_.name("trace_state"), json_.text(state_text(state));
  json_.close_object();
}

template <class Record>
void console_json::attributes(Record const& record) {
  json_.name("attributes");
  json_.open_object();
  for (auto const each : record.attributes())
    if (json_.key(each.key); is_packed_stack(each.value)) json_.text(packed_stack_text(each.value));
    else json_.plain(each.value);
  json_.close_object();
}

/// Attributes, then metadata as `metadata.<namespace>.<key>`; left open.
FANLIGHT_COLD FANLIGHT_INLINE void console_json::open_attributes(record_base const& record) {
  json_.name("attributes");
  json_.open_object();
  for (auto const each : record.attributes()) json_.key(each.key), json_.plain(each.value);
  for (auto const each : record.metadata()) {
    std::string key = "metadata.";
    key.append(each.space.empty() ? "default" : each.space.c_str()).append(".").append(each.key);
    json_.key(key), json_.plain(each.value);
  }
}

FANLIGHT_COLD FANLIGHT_INLINE void console_json::link(link_record const& link) {
  json_.open_object();
  context(link.trace_id, link.span_id, link.tracestate);
  attributes(link);
  json_.close_object();
}

FANLIGHT_COLD FANLIGHT_INLINE void console_json::span(span_record const& span) {
  json_.name("name"), json_.text(span.name);
  context(span.trace_id, span.span_id, span.tracestate());
  json_.name("kind"), json_.text("SpanKind.", to_text(span.kind));
  json_.name("parent_id");
  if (span.parent_id.is_valid()) id(span.parent_id);
  else json_.null();
  json_.name("start_time"), json_.text(iso8601(span.start));
  json_.name("end_time"), json_.text(iso8601(span.end));
  json_.name("status");
  json_.open_object();
  json_.name("status_code"), json_.text(to_text(span.status));
  if (!span.status_message().empty()) json_.name("description"), json_.text(span.status_message());
  json_.close_object();
  open_attributes(span);
  json_.close_object();
  json_.name("events");
  json_.open_array();
  for (auto const event : span.events()) {
    json_.open_object();
    json_.name("name"), json_.text(event.name);
    json_.name("timestamp"), json_.text(iso8601(event.time));
    attributes(event);
    json_.close_object();
  }
  json_.close_array();
  json_.name("links");
  json_.open_array();
  for (auto const each : span.links()) link(each);
  json_.close_array();
}

template <class Record>
void console_json::log(Record const& record, std::string_view body) {
  json_.name("body"), json_.text(body);
  json_.name("severity_number"), json_.integer(static_cast<int>(record.level));
  json_.name("severity_text"), json_.text(to_text(record.level));
  open_attributes(record);
  if constexpr (__is_same(Record, error_record)) exception(record);
  else if (!record.error_id().empty()) json_.name("fanlight.error.id"), json_.text(record.error_id());
  json_.close_object();
  json_.name("dropped_attributes"), json_.natural(record.dropped_attributes);
  json_.name("timestamp"), json_.text(iso8601(record.time));
  json_.name("observed_timestamp"), json_.text(iso8601(record.time));
  json_.name("trace_id"), id(record.trace_id);
  json_.name("span_id"), id(record.span_id);
  json_.name("trace_flags"), json_.natural(record.trace_flags);
}

FANLIGHT_COLD FANLIGHT_INLINE void console_json::exception(error_record const& report) {
  auto const add = [&](std::string_view key, std::string_view what) {
    if (!what.empty() && report.find(key).kind() == value_kind::empty) json_.key(key), json_.text(what);
  };
  add("exception.type", report.exception_type());
  if (!report.exception_type().empty()) add("exception.message", report.message);
  add("exception.stacktrace", packed_stack_text(report.stack(), report.modules()));
  if (!report.causes().empty()) causes(report);
  add("fanlight.error.id", report.uuid());
  add("fanlight.error.uncaught", report.uncaught());
  add("user.id", report.person_id());
  add("user.name", report.person_name());
  add("user.email", report.person_email());
}

FANLIGHT_COLD FANLIGHT_INLINE void console_json::causes(error_record const& report) {
  json_.key("fanlight.error.causes");
  json_.open_array();
  for (auto const each : report.causes()) {
    std::string line{each.type};
    if (!each.message.empty()) (line += ": ") += each.message;
    json_.text(line);
  }
  json_.close_array();
}

FANLIGHT_COLD FANLIGHT_INLINE void console_json::end(resource const& who) {
  json_.name("resource");
  json_.open_object();
  json_.name("attributes");
  json_.open_object();
  for (auto const each : who.attributes.members()) json_.key(each.key), json_.plain(each.value);
  json_.close_object();
  json_.name("schema_url"), json_.text(who.schema_url);
  json_.close_object();
  json_.close_object();
  to_.push('\n');
}

FANLIGHT_COLD FANLIGHT_INLINE void write_console_json(send_buffer& to, span_record const& span) {
  console_json json{to};
  json.span(span);
  json.end(span.resource());
}

FANLIGHT_COLD FANLIGHT_INLINE void write_console_json(send_buffer& to, log_record const& log) {
  console_json json{to};
  json.log(log, log.body);
  json.end(log.resource());
}

FANLIGHT_COLD FANLIGHT_INLINE void write_console_json(send_buffer& to, error_record const& report) {
  console_json json{to};
  json.log(report, report.message);
  json.end(report.resource());
}

}  // namespace detail
FANLIGHT_END

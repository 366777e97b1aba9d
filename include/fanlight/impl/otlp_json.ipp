// Bodies of otlp_json.hpp. Keys and brackets go out as ready fragments; only texts and numbers are worked on.
#pragma once

#include <fanlight/impl/otlp_json.hpp>
#include <fanlight/impl/otlp_json_values.hpp>
#include <fanlight/impl/survey.hpp>

#include <vector>

FANLIGHT_BEGIN
namespace detail {

/// Which instrumentation made a record.
struct scope_label {
  std::string_view name, version;
  [[nodiscard]] bool operator==(scope_label const&) const noexcept = default;
};

[[nodiscard]] inline scope_label scope_of(entry_survey const& found) noexcept {
  if (!found.scope_name.empty()) return {found.scope_name, found.scope_version};
  if (!found.logger.empty()) return {found.logger, {}};
  return {"fanlight", FANLIGHT_VERSION_STRING};
}

/// Writes the pieces of which TracesData and LogsData are made.
class otlp_json : private otlp_json_values {
 public:
  explicit otlp_json(send_buffer& to) : otlp_json_values{to} {}

  void resource(fanlight::resource const& who);
  void scope(scope_label const& which);
  void span(unsigned char const* at, entry_survey const& found, clock_anchor const& anchor);
  void log(unsigned char const* at, entry_survey const& found, clock_anchor const& anchor);

 private:
  void attributes(entry_survey const& found, bool report, std::string_view message);
  void report_facts(entry_survey const& found, std::string_view message);
  void nested_attributes(unsigned char const* items, unsigned char const* end, std::uint32_t dropped);
  void events(entry_survey const& found, clock_anchor const& anchor);
  void links(entry_survey const& found);
  void status(entry_head const& head, entry_survey const& found);
};

FANLIGHT_INLINE void otlp_json::report_facts(entry_survey const& found, std::string_view message) {
  auto const add = [&](std::string_view key, std::string_view text) { fact(found.items, found.end, key, text); };
  if (!found.error_type.empty()) {
    add("exception.type", found.error_type);
    add("exception.message", message);
  }
  add("rollbar.occurrence.uuid", found.error_id);
  add("fanlight.error.fingerprint", found.fingerprint);
  add("user.id", found.person_id);
  add("user.name", found.person_name);
  add("user.email", found.person_email);
}

FANLIGHT_INLINE void otlp_json::attributes(entry_survey const& found, bool report, std::string_view message) {
  if (!found.attributes && !report && found.error_id.empty()) return;
  to_.literal(",\"attributes\":[");
  first_ = true;
  attribute_items(found.items, found.end);
  if (!found.error_id.empty()) fact(found.items, found.end, "fanlight.error.id", found.error_id);
  if (report) report_facts(found, message);
  to_.push(']');
}

/// Those of an event or a link, whose members stand before: with its comma.
FANLIGHT_INLINE void otlp_json::nested_attributes(unsigned char const* items, unsigned char const* end, std::uint32_t dropped) {
  if (items != end) {
    to_.literal(",\"attributes\":[");
    first_ = true;
    attribute_items(items, end);
    to_.push(']');
  }
  count_if_any(",\"droppedAttributesCount\":", dropped);
}

FANLIGHT_INLINE void otlp_json::events(entry_survey const& found, clock_anchor const& anchor) {
  to_.literal(",\"events\":[");
  bool first = true;
  for (auto const* at = found.items; at != found.end; at += item_view{at}.size()) {
    item_view const item{at};
    if (item.head().role != item_role::event) continue;
    event_head head;
    std::memcpy(&head, item.value(), sizeof head);
    if (!first) to_.push(',');
    first = false;
    to_.literal("{\"timeUnixNano\":\"");
    time(head.wall != 0 ? head.time : anchor.wall(head.time));
    to_.literal(",\"name\":");
    text(item.key());
    nested_attributes(item.value() + sizeof head, item.value() + item.head().value_size, head.dropped);
    to_.push('}');
  }
  to_.push(']');
}

FANLIGHT_INLINE void otlp_json::links(entry_survey const& found) {
  to_.literal(",\"links\":[");
  bool first = true;
  for (auto const* at = found.items; at != found.end; at += item_view{at}.size()) {
    item_view const item{at};
    if (item.head().role != item_role::link) continue;
    link_head head;
    std::memcpy(&head, item.value(), sizeof head);
    if (!first) to_.push(',');
    first = false;
    to_.literal("{\"traceId\":\"");
    id(head.trace_id, sizeof head.trace_id);
    to_.literal(",\"spanId\":\"");
    id(head.span_id, sizeof head.span_id);
    auto const* const state = item.value() + sizeof head;
    if (head.tracestate_size != 0) {
      to_.literal(",\"traceState\":");
      text({reinterpret_cast<char const*>(state), head.tracestate_size});
    }
    nested_attributes(state + padded(head.tracestate_size + 1), item.value() + item.head().value_size, head.dropped);
    to_.literal(",\"flags\":");
    json_.digits(std::uint64_t{(head.flags & 0xFFu) | 0x100u | ((head.flags & 0x100u) << 1)});
    to_.push('}');
  }
  to_.push(']');
}

FANLIGHT_INLINE void otlp_json::status(entry_head const& head, entry_survey const& found) {
  if (static_cast<status_code>(head.status) == status_code::ok) to_.literal(",\"status\":{\"code\":1}");
  if (static_cast<status_code>(head.status) != status_code::error) return;
  to_.literal(",\"status\":{");
  if (!found.status_message.empty()) {
    to_.literal("\"message\":");
    text(found.status_message);
    to_.push(',');
  }
  to_.literal("\"code\":2}");
}

FANLIGHT_INLINE void otlp_json::span(unsigned char const* at, entry_survey const& found, clock_anchor const& anchor) {
  auto const& head = *reinterpret_cast<entry_head const*>(at);
  to_.literal("{\"traceId\":\"");
  id(head.trace_id, sizeof head.trace_id);
  to_.literal(",\"spanId\":\"");
  id(head.span_id, sizeof head.span_id);
  if (!found.tracestate.empty()) {
    to_.literal(",\"traceState\":");
    text(found.tracestate);
  }
  std::uint64_t parent = 0;
  std::memcpy(&parent, head.parent_id, sizeof parent);
  if (parent != 0) {
    to_.literal(",\"parentSpanId\":\"");
    id(head.parent_id, sizeof head.parent_id);
  }
  to_.literal(",\"flags\":");
  json_.digits(std::uint64_t{head.trace_flags | 0x100u | ((head.flags & entry_flag::remote_parent) != 0 ? 0x200u : 0u)});
  to_.literal(",\"name\":\"");
  json_.inside({reinterpret_cast<char const*>(at + sizeof head), head.name_size});
  to_.literal("\",\"kind\":");
  to_.push(static_cast<char>('0' + (head.kind >= 1 && head.kind <= 5 ? head.kind : 1)));
  to_.literal(",\"startTimeUnixNano\":\"");
  time(anchor.start_of(head));
  to_.literal(",\"endTimeUnixNano\":\"");
  time(anchor.end_of(head));
  attributes(found, false, {});
  count_if_any(",\"droppedAttributesCount\":", head.dropped_attributes);
  if (found.events) events(found, anchor);
  count_if_any(",\"droppedEventsCount\":", head.dropped_events);
  if (found.links) links(found);
  count_if_any(",\"droppedLinksCount\":", head.dropped_links);
  status(head, found);
  to_.push('}');
}

FANLIGHT_INLINE void otlp_json::log(unsigned char const* at, entry_survey const& found, clock_anchor const& anchor) {
  auto const& head = *reinterpret_cast<entry_head const*>(at);
  std::string_view const body{reinterpret_cast<char const*>(at + sizeof head), head.name_size};
  std::int64_t const when = anchor.start_of(head);
  bool const report = head.type == entry_type::error;
  to_.literal("{\"timeUnixNano\":\"");
  time(when);
  to_.literal(",\"observedTimeUnixNano\":\"");
  time(when);
  to_.literal(",\"severityNumber\":");
  json_.digits(std::uint64_t{head.kind});
  to_.literal(",\"severityText\":\"");
  to_.append(to_text(static_cast<level>(head.kind)));
  to_.literal("\",\"body\":");
  any_value(value{body});
  attributes(found, report, body);
  count_if_any(",\"droppedAttributesCount\":", head.dropped_attributes);
  count_if_any(",\"flags\":", head.trace_flags);
  if (trace_id trace; std::memcmp(trace.bytes, head.trace_id, sizeof trace.bytes) != 0) {
    to_.literal(",\"traceId\":\"");
    id(head.trace_id, sizeof head.trace_id);
    to_.literal(",\"spanId\":\"");
    id(head.span_id, sizeof head.span_id);
  }
  if (report && !found.error_type.empty()) to_.literal(",\"eventName\":\"exception\"");
  to_.push('}');
}

FANLIGHT_INLINE void otlp_json::resource(fanlight::resource const& who) {
  to_.literal("{\"resource\":{\"attributes\":[");
  first_ = true;
  for (auto const each : who.attributes.members()) attribute(each.key, each.value);
  to_.literal("]}");
  if (who.schema_url.empty()) return;
  to_.literal(",\"schemaUrl\":");
  text(who.schema_url);
}

FANLIGHT_INLINE void otlp_json::scope(scope_label const& which) {
  to_.literal("{\"scope\":{\"name\":");
  text(which.name);
  if (!which.version.empty()) {
    to_.literal(",\"version\":");
    text(which.version);
  }
  to_.push('}');
}

/// One object with every record that `wanted` lets through, scope by scope. The first pass finds the scopes; mostly there is just one.
template <std::size_t Outer, std::size_t Inner, std::size_t Records, class Wanted, class Write>
std::size_t write_grouped(send_buffer& to, batch_data const& batch, entry_type type, char const (&outer)[Outer], char const (&inner)[Inner],
                          char const (&records)[Records], Wanted wanted, Write write) {
  if (batch.count(type) == 0) return 0;
  otlp_json json{to};
  std::vector<scope_label> scopes;
  std::size_t const before = to.size();
  std::size_t written = 0;
  auto const open = [&](scope_label const& which, bool first) {
    if (first) to.literal(outer), json.resource(*batch.resource), to.literal(inner);
    else to.literal("]},");
    json.scope(which);
    to.literal(records);
  };
  for (std::size_t pass = 0; pass == 0 || pass < scopes.size(); ++pass) {
    bool fresh = true;
    each_entry(batch, type, [&](unsigned char const* at) {
      if (!wanted(*reinterpret_cast<entry_head const*>(at))) return;
      entry_survey const found{at};
      auto const scope = scope_of(found);
      if (pass == 0) {
        bool known = false;
        for (auto const& each : scopes) known = known || each == scope;
        if (!known) scopes.push_back(scope);
      }
      if (!(scope == scopes[pass])) return;
      if (fresh) open(scope, pass == 0);
      else to.push(',');
      fresh = false;
      write(json, at, found);
      ++written;
    });
  }
  if (written != 0) to.literal("]}]}]}");
  else to.cut(before);
  return written;
}

FANLIGHT_INLINE std::size_t write_traces_json(send_buffer& to, batch_data const& batch) {
  return write_grouped(
      to, batch, entry_type::span, "{\"resourceSpans\":[", ",\"scopeSpans\":[", ",\"spans\":[", [](entry_head const&) { return true; },
      [&](otlp_json& json, unsigned char const* at, entry_survey const& found) { json.span(at, found, batch.anchor); });
}

FANLIGHT_INLINE std::size_t write_logs_json(send_buffer& to, batch_data const& batch, entry_type type) {
  return write_grouped(
      to, batch, type, "{\"resourceLogs\":[", ",\"scopeLogs\":[", ",\"logRecords\":[",
      [](entry_head const& head) { return (head.flags & entry_flag::on_span) == 0; },
      [&](otlp_json& json, unsigned char const* at, entry_survey const& found) { json.log(at, found, batch.anchor); });
}

}  // namespace detail
FANLIGHT_END

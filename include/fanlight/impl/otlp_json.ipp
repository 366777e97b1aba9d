// Bodies of otlp_json.hpp. Keys and brackets go out as ready fragments; only texts and numbers are worked on.
#pragma once

#include <fanlight/impl/otlp_common.hpp>
#include <fanlight/impl/otlp_form.ipp>
#include <fanlight/impl/otlp_json.hpp>
#include <fanlight/impl/otlp_json_values.hpp>

FANLIGHT_BEGIN
namespace detail {

/// Writes the pieces of which TracesData and LogsData are made.
class otlp_json : private otlp_json_values {
 public:
  otlp_json(send_buffer& to, clock_anchor const& anchor, otlp_form const& form) : otlp_json_values{to}, anchor_{anchor}, form_{form} {}

  void resource(fanlight::resource const& who);
  void scope(scope_label const& which);
  void span(unsigned char const* at, entry_survey const& found, entry_facts const& facts);
  void log(unsigned char const* at, entry_survey const& found, entry_facts const& facts);

 private:
  void attributes(entry_head const& head, entry_survey const& found, entry_facts const& facts, std::string_view message);
  void nested_attributes(unsigned char const* items, unsigned char const* end, std::uint32_t dropped);
  void events(entry_survey const& found);
  void links(entry_survey const& found);
  void status(entry_head const& head, entry_facts const& facts);
  void trace_place(entry_head const& head);

  clock_anchor const& anchor_;
  otlp_form const& form_;
};

FANLIGHT_COLD FANLIGHT_INLINE void otlp_json::attributes(entry_head const& head, entry_survey const& found, entry_facts const& facts,
                                                         std::string_view message) {
  bool const more = otlp_has_more(head, facts, form_);
  if (!found.has_attributes() && !more) return;
  open_attributes();
  attribute_items(found.items, found.end);
  if (more)
    otlp_facts(head, found, facts, message, form_, [&](std::string_view key, value const& what) { attribute(key, what); });
  close_attributes();
}

/// Those of an event or a link, whose members stand before: with its comma.
FANLIGHT_COLD FANLIGHT_INLINE void otlp_json::nested_attributes(unsigned char const* items, unsigned char const* end,
                                                                std::uint32_t dropped) {
  open_attributes();
  attribute_items(items, end);
  close_attributes();
  count_if_any(",\"droppedAttributesCount\":", dropped);
}

FANLIGHT_COLD FANLIGHT_INLINE void otlp_json::events(entry_survey const& found) {
  bool first = true;
  for (auto const* at = found.items; at != found.end; at += item_view{at}.size()) {
    item_view const item{at};
    if (item.head().role != item_role::event || otlp_leaves_out(item, form_.error_as)) continue;
    event_head head;
    std::memcpy(&head, item.value(), sizeof head);
    if (first) to_.literal(",\"events\":[{\"timeUnixNano\":\"");
    else to_.literal(",{\"timeUnixNano\":\"");
    first = false;
    time(head.wall != 0 ? head.time : anchor_.wall(head.time));
    to_.literal(",\"name\":");
    text(item.key());
    nested_attributes(item.value() + sizeof head, item.value() + item.head().value_size, head.dropped);
    to_.push('}');
  }
  if (!first) to_.push(']');
}

FANLIGHT_COLD FANLIGHT_INLINE void otlp_json::links(entry_survey const& found) {
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
    json_.digits(std::uint64_t{otlp_flags(head)});
    to_.push('}');
  }
  to_.push(']');
}

FANLIGHT_COLD FANLIGHT_INLINE void otlp_json::status(entry_head const& head, entry_facts const& facts) {
  if (static_cast<status_code>(head.status) == status_code::ok) to_.literal(",\"status\":{\"code\":1}");
  if (static_cast<status_code>(head.status) != status_code::error) return;
  to_.literal(",\"status\":{");
  if (!facts.status_message.empty()) {
    to_.literal("\"message\":");
    text(facts.status_message);
    to_.push(',');
  }
  to_.literal("\"code\":2}");
}

FANLIGHT_COLD FANLIGHT_INLINE void otlp_json::span(unsigned char const* at, entry_survey const& found, entry_facts const& facts) {
  auto const& head = *reinterpret_cast<entry_head const*>(at);
  to_.literal("{\"traceId\":\"");
  id(head.trace_id, sizeof head.trace_id);
  to_.literal(",\"spanId\":\"");
  id(head.span_id, sizeof head.span_id);
  if (!facts.tracestate.empty()) {
    to_.literal(",\"traceState\":");
    text(facts.tracestate);
  }
  if (otlp_has_id(head.parent_id)) {
    to_.literal(",\"parentSpanId\":\"");
    id(head.parent_id, sizeof head.parent_id);
  }
  to_.literal(",\"flags\":");
  json_.digits(std::uint64_t{otlp_flags(head)});
  to_.literal(",\"name\":\"");
  json_.inside({reinterpret_cast<char const*>(at + sizeof head), head.name_size});
  to_.literal("\",\"kind\":");
  to_.push(static_cast<char>('0' + otlp_kind(head)));
  to_.literal(",\"startTimeUnixNano\":\"");
  time(anchor_.start_of(head));
  to_.literal(",\"endTimeUnixNano\":\"");
  time(anchor_.end_of(head));
  attributes(head, found, facts, {});
  count_if_any(",\"droppedAttributesCount\":", head.dropped_attributes);
  if (found.has(item_role::event)) events(found);
  count_if_any(",\"droppedEventsCount\":", head.dropped_events);
  if (found.has(item_role::link)) links(found);
  count_if_any(",\"droppedLinksCount\":", head.dropped_links);
  status(head, facts);
  to_.push('}');
}

/// Where a log record belongs; ids that are all zero would be invalid.
FANLIGHT_COLD FANLIGHT_INLINE void otlp_json::trace_place(entry_head const& head) {
  if (!otlp_has_id(head.trace_id)) return;
  to_.literal(",\"traceId\":\"");
  id(head.trace_id, sizeof head.trace_id);
  if (!otlp_has_id(head.span_id)) return;
  to_.literal(",\"spanId\":\"");
  id(head.span_id, sizeof head.span_id);
}

FANLIGHT_COLD FANLIGHT_INLINE void otlp_json::log(unsigned char const* at, entry_survey const& found, entry_facts const& facts) {
  auto const& head = *reinterpret_cast<entry_head const*>(at);
  std::string_view const body{reinterpret_cast<char const*>(at + sizeof head), head.name_size};
  std::int64_t const when = anchor_.start_of(head);
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
  attributes(head, found, facts, body);
  count_if_any(",\"droppedAttributesCount\":", head.dropped_attributes);
  count_if_any(",\"flags\":", head.trace_flags);
  trace_place(head);
  if (report && !facts.error_type.empty()) to_.literal(",\"eventName\":\"exception\"");
  to_.push('}');
}

FANLIGHT_COLD FANLIGHT_INLINE void otlp_json::resource(fanlight::resource const& who) {
  to_.literal("{\"resource\":{\"attributes\":[");
  list_ = list_state::open;
  for (auto const each : who.attributes.members()) attribute(each.key, each.value);
  to_.literal("]}");
  if (who.schema_url.empty()) return;
  to_.literal(",\"schemaUrl\":");
  text(who.schema_url);
}

FANLIGHT_COLD FANLIGHT_INLINE void otlp_json::scope(scope_label const& which) {
  to_.literal("{\"scope\":{\"name\":");
  text(which.name);
  if (!which.version.empty()) {
    to_.literal(",\"version\":");
    text(which.version);
  }
  to_.push('}');
}

/// What stands before the first record of a signal, of a scope, and of a list.
struct otlp_json_words {
  std::string_view outer, inner, records;
};

/// One object with every record that the form takes, scope by scope.
FANLIGHT_COLD FANLIGHT_INLINE std::size_t write_json(send_buffer& to, batch_data const& batch, entry_type type, otlp_form const& form,
                                                     otlp_json_words words) {
  otlp_json json{to, batch.anchor, form};
  bool fresh = true;
  std::size_t const written = scope_walk{batch, type, form}.all(
      [&](scope_label const& which, bool first) {
        if (first) to.append(words.outer), json.resource(*batch.resource), to.append(words.inner);
        else to.literal("]},");
        json.scope(which);
        to.append(words.records);
        fresh = true;
      },
      [](unsigned char const*) { return false; },
      [&](unsigned char const* at, entry_survey const& found, entry_facts const& facts) {
        if (!fresh) to.push(',');
        fresh = false;
        type == entry_type::span ? json.span(at, found, facts) : json.log(at, found, facts);
      });
  if (written != 0) to.literal("]}]}]}");
  return written;
}

FANLIGHT_COLD FANLIGHT_INLINE std::size_t write_traces_json(send_buffer& to, batch_data const& batch, otlp_form const& form) {
  return write_json(to, batch, entry_type::span, form, {"{\"resourceSpans\":[", ",\"scopeSpans\":[", ",\"spans\":["});
}

FANLIGHT_COLD FANLIGHT_INLINE std::size_t write_logs_json(send_buffer& to, batch_data const& batch, entry_type type,
                                                          otlp_form const& form) {
  return write_json(to, batch, type, form, {"{\"resourceLogs\":[", ",\"scopeLogs\":[", ",\"logRecords\":["});
}

}  // namespace detail
FANLIGHT_END

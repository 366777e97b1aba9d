// Bodies of otlp_proto.hpp. A record asks once for all the room that it can take, and is then written by a cursor that stays in a register.
#pragma once

#include <fanlight/impl/otlp_form.ipp>
#include <fanlight/impl/otlp_proto.hpp>
#include <fanlight/impl/otlp_proto_values.hpp>

FANLIGHT_BEGIN
namespace detail {

/// A message in a send buffer, whose memory may move: its length is put in when it is closed.
class proto_part {
 public:
  template <unsigned Field>
  void open(send_buffer& to, std::size_t guess) {
    char* const at = to.reserve(16);
    auto const message = pb_message::open<Field>(at, guess);
    to.use(static_cast<std::size_t>(message.body - at));
    body_ = to.size();
    width_ = message.width;
  }
  void close(send_buffer& to) {
    char* const end = to.reserve(16);
    char* const closed = pb_message{to.data() + body_, width_}.close(end);
    to.cut(static_cast<std::size_t>(closed - to.data()));
  }

 private:
  std::size_t body_ = 0;
  unsigned width_ = 0;
};

/// Writes the pieces of which TracesData and LogsData are made.
class otlp_proto {
 public:
  otlp_proto(send_buffer& to, batch_data const& batch, otlp_form const& form) : to_{to}, batch_{batch}, form_{form} {}

  std::size_t write(entry_type type);

 private:
  void open(scope_label const& which, bool first, std::size_t guess);
  void close();
  void resource();
  [[nodiscard]] std::size_t room_for(entry_head const& head) const noexcept;
  [[nodiscard]] bool span(unsigned char const* at, entry_facts const* facts);
  void log(unsigned char const* at, entry_survey const& found, entry_facts const& facts);
  [[nodiscard]] char* span_head(char* to, entry_head const& head, entry_facts const* facts) const;
  [[nodiscard]] char* log_fields(char* to, unsigned char const* at, entry_survey const& found, entry_facts const& facts) const;
  [[nodiscard]] char* event(char* to, item_view item, bool stacks) const;
  [[nodiscard]] char* event_attributes(char* to, item_view item) const;
  [[nodiscard]] char* link(char* to, item_view item) const;
  [[nodiscard]] char* lists(char* to, unsigned char const* entry) const;
  [[nodiscard]] char* status(char* to, entry_head const& head, entry_facts const& facts) const;
  [[nodiscard]] char* further(char* to, char tag, unsigned char const* entry, entry_facts const& facts, std::string_view message) const;

  send_buffer& to_;
  batch_data const& batch_;
  otlp_form const& form_;
  proto_part resource_part_, scope_part_;
};

FANLIGHT_COLD FANLIGHT_INLINE char* otlp_proto::further(char* to, char tag, unsigned char const* entry, entry_facts const& facts,
                                                        std::string_view message) const {
  otlp_facts(*reinterpret_cast<entry_head const*>(entry), entry_survey{entry}, facts, message, form_,
             [&](std::string_view key, value const& what) { to = proto_any_attribute(to, tag, key, what); });
  return to;
}

FANLIGHT_INLINE char* otlp_proto::event(char* to, item_view item, bool stacks) const {
  event_head head;
  std::memcpy(&head, item.value(), sizeof head);
  auto const message = pb_message::open<11>(to, item.head().value_size);
  to = pb_fixed64<1>(message.body, otlp_time(head.wall != 0 ? head.time : batch_.anchor.wall(head.time)));
  to = pb_text_if_any<2>(to, item.key());
  to = stacks ? event_attributes(to, item)
              : proto_attributes_as(0x1A, to, item.value() + sizeof head, item.value() + item.head().value_size);
  return message.close(pb_number_if_any<4>(to, head.dropped));
}

/// The same of an event that may hold a stack, for which there is room as text.
FANLIGHT_COLD FANLIGHT_INLINE char* otlp_proto::event_attributes(char* to, item_view item) const {
  auto const* const end = item.value() + item.head().value_size;
  for (auto const* at = item.value() + sizeof(event_head); at != end; at += item_view{at}.size()) {
    auto const what = read_value({at});
    if (is_packed_stack(what)) to = proto_any_attribute(to, 0x1A, item_view{at}.key(), packed_stack_text(what));
    else if (attribute_view::is(item_view{at}.head().role)) to = proto_any_attribute(to, 0x1A, item_view{at}.key(), what);
  }
  return to;
}

FANLIGHT_INLINE char* otlp_proto::link(char* to, item_view item) const {
  link_head head;
  std::memcpy(&head, item.value(), sizeof head);
  auto const* const state = item.value() + sizeof head;
  auto const message = pb_message::open<13>(to, item.head().value_size);
  to = pb_id<2>(pb_id<1>(message.body, head.trace_id), head.span_id);
  to = pb_text_if_any<3>(to, {reinterpret_cast<char const*>(state), head.tracestate_size});
  to = proto_attributes_as(0x22, to, state + padded(head.tracestate_size + 1), item.value() + item.head().value_size);
  to = pb_number_if_any<5>(to, head.dropped);
  return message.close(pb_fixed32<6>(to, otlp_flags(head)));
}

/// Events and links: their numbers of dropped ones stand between.
FANLIGHT_COLD FANLIGHT_INLINE char* otlp_proto::lists(char* to, unsigned char const* entry) const {
  auto const& head = *reinterpret_cast<entry_head const*>(entry);
  entry_survey const found{entry};
  for (auto const* at = found.items; at != found.end; at += item_view{at}.size())
    if (item_view{at}.head().role == item_role::event && !otlp_leaves_out({at}, form_.error_as))
      to = event(to, {at}, (head.marks & entry_mark::stack) != 0);
  to = pb_number_if_any<12>(to, head.dropped_events);
  for (auto const* at = found.items; at != found.end; at += item_view{at}.size())
    if (item_view{at}.head().role == item_role::link) to = link(to, {at});
  return pb_number_if_any<14>(to, head.dropped_links);
}

FANLIGHT_COLD FANLIGHT_INLINE char* otlp_proto::status(char* to, entry_head const& head, entry_facts const& facts) const {
  auto const message = pb_message::open<15>(to, facts.status_message.size() + 4);
  to = message.body;
  if (static_cast<status_code>(head.status) == status_code::error) to = pb_text_if_any<2>(to, facts.status_message);
  return message.close(pb_number_if_any<3>(to, static_cast<status_code>(head.status) == status_code::error ? 2 : 1));
}

/// What one record can take at most, its repaired texts included: four times its packed size, a share for names and lengths that are not
/// in it, and the texts that it only points to.
FANLIGHT_INLINE std::size_t otlp_proto::room_for(entry_head const& head) const noexcept {
  std::size_t out = std::size_t{head.size} * 4 + 512;
  if (__builtin_expect((head.marks & entry_mark::stack) != 0, 0))
    out += otlp_stacks(reinterpret_cast<unsigned char const*>(&head)) * (longest_stack_text + 64);
  if (!form_.source_facts) return out;
  for (char const* const each : {head.function, head.file}) out += each == nullptr ? 0 : std::strlen(each);
  return out + 256;
}

FANLIGHT_HOT char* otlp_proto::span_head(char* to, entry_head const& head, entry_facts const* facts) const {
  to = pb_id<2>(pb_id<1>(to, head.trace_id), head.span_id);
  if (facts != nullptr) to = pb_text_if_any<3>(to, facts->tracestate);
  if (otlp_has_id(head.parent_id)) to = pb_id<4>(to, head.parent_id);
  to = pb_text_if_any<5>(to, {reinterpret_cast<char const*>(&head) + sizeof head, head.name_size});
  to = pb_number<6>(to, otlp_kind(head));
  to = pb_fixed64<7>(to, otlp_time(batch_.anchor.start_of(head)));
  return pb_fixed64<8>(to, otlp_time(batch_.anchor.end_of(head)));
}

/// One span. Without `facts` nobody has looked whether it has any: when it has, this says false and has written nothing.
FANLIGHT_INLINE bool otlp_proto::span(unsigned char const* at, entry_facts const* facts) {
  auto const& head = *reinterpret_cast<entry_head const*>(at);
  char* const begin = to_.reserve(room_for(head));
  auto const message = pb_message::open<2>(begin, 128);
  unsigned others = 0;
  char* to = span_head(message.body, head, facts);
  to = proto_attributes<0x4A>(to, at + entry_space(head.name_size), at + head.size, others);
  if (facts == nullptr && (others >> static_cast<unsigned>(item_role::fact) & 1) != 0) return false;
  if (form_.source_facts || (facts != nullptr && otlp_has_more(head, *facts, form_)))
    to = further(to, 0x4A, at, facts == nullptr ? empty_facts : *facts, {});
  if (__builtin_expect(head.dropped_attributes != 0, 0)) to = pb_number<10>(to, head.dropped_attributes);
  if (__builtin_expect((others | head.dropped_events | head.dropped_links) != 0, 0)) to = lists(to, at);
  if (static_cast<status_code>(head.status) != status_code::unset) to = status(to, head, facts == nullptr ? empty_facts : *facts);
  to_.use(static_cast<std::size_t>(message.close(pb_fixed32<16>(to, otlp_flags(head))) - begin));
  return true;
}

FANLIGHT_INLINE char* otlp_proto::log_fields(char* to, unsigned char const* at, entry_survey const& found, entry_facts const& facts) const {
  auto const& head = *reinterpret_cast<entry_head const*>(at);
  std::string_view const body{reinterpret_cast<char const*>(at + sizeof head), head.name_size};
  auto const when = otlp_time(batch_.anchor.start_of(head));
  bool const report = head.type == entry_type::error;
  to = pb_fixed64<1>(to, when);
  to = pb_number_if_any<2>(to, head.kind);
  to = pb_text<3>(to, to_text(static_cast<level>(head.kind)));
  auto const any = pb_message::open<5>(to, body.size() + 2);
  to = any.close(proto_text_value(any.body, body.data(), body.size()));
  unsigned others = 0;
  to = proto_attributes<0x32>(to, found.items, found.end, others);
  if (otlp_has_more(head, facts, form_)) to = further(to, 0x32, at, facts, body);
  to = pb_number_if_any<7>(to, head.dropped_attributes);
  if (head.trace_flags != 0) to = pb_fixed32<8>(to, head.trace_flags);
  if (otlp_has_id(head.trace_id)) {
    to = pb_id<9>(to, head.trace_id);
    if (otlp_has_id(head.span_id)) to = pb_id<10>(to, head.span_id);
  }
  to = pb_fixed64<11>(to, when);
  return report && !facts.error_type.empty() ? pb_text<12>(to, "exception") : to;
}

FANLIGHT_INLINE void otlp_proto::log(unsigned char const* at, entry_survey const& found, entry_facts const& facts) {
  auto const& head = *reinterpret_cast<entry_head const*>(at);
  char* const begin = to_.reserve(room_for(head));
  auto const message = pb_message::open<2>(begin, 128);
  to_.use(static_cast<std::size_t>(message.close(log_fields(message.body, at, found, facts)) - begin));
}

FANLIGHT_INLINE void otlp_proto::resource() {
  value const members{batch_.resource->attributes};
  if (members.size() == 0) return;
  char* const begin = to_.reserve(std::size_t{members.size()} * 4 + 64);
  auto const message = pb_message::open<1>(begin, members.size());
  auto const* const items = static_cast<unsigned char const*>(members.data());
  to_.use(static_cast<std::size_t>(message.close(proto_attributes_as(0x0A, message.body, items, items + members.size())) - begin));
}

FANLIGHT_INLINE void otlp_proto::open(scope_label const& which, bool first, std::size_t guess) {
  if (first) {
    resource_part_.open<1>(to_, guess);
    resource();
  } else {
    scope_part_.close(to_);
  }
  scope_part_.open<2>(to_, guess);
  char* const begin = to_.reserve((which.name.size() + which.version.size()) * 4 + 64);
  auto const scope = pb_message::open<1>(begin, which.name.size() + which.version.size() + 4);
  to_.use(static_cast<std::size_t>(scope.close(pb_text_if_any<2>(pb_text_if_any<1>(scope.body, which.name), which.version)) - begin));
}

FANLIGHT_INLINE void otlp_proto::close() {
  scope_part_.close(to_);
  std::string_view const schema = batch_.resource->schema_url;
  char* const begin = to_.reserve(schema.size() * 3 + 16);
  to_.use(static_cast<std::size_t>(pb_text_if_any<3>(begin, schema) - begin));
  resource_part_.close(to_);
}

FANLIGHT_INLINE std::size_t otlp_proto::write(entry_type type) {
  std::size_t const count = otlp_count(batch_, type, form_);
  if (count == 0) return 0;
  // A record takes about three quarters of its packed size. Where the guess says too few or too many digits the document moves once.
  std::size_t const guess = batch_.size / 4 * 3 / batch_.count(type) * count;
  bool const spans = type == entry_type::span;
  std::size_t const written =
      scope_walk{batch_, type, form_}.all([&](scope_label const& which, bool first) { open(which, first, guess); },
                                          [&](unsigned char const* at) { return spans && span(at, nullptr); },
                                          [&](unsigned char const* at, entry_survey const& found, entry_facts const& facts) {
                                            if (spans) static_cast<void>(span(at, &facts));
                                            else log(at, found, facts);
                                          });
  close();
  return written;
}

FANLIGHT_INLINE std::size_t write_traces_proto(send_buffer& to, batch_data const& batch, otlp_form const& form) {
  return otlp_proto{to, batch, form}.write(entry_type::span);
}

FANLIGHT_INLINE std::size_t write_logs_proto(send_buffer& to, batch_data const& batch, entry_type type, otlp_form const& form) {
  return otlp_proto{to, batch, form}.write(type);
}

}  // namespace detail
FANLIGHT_END

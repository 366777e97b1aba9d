// Flags and cause: what went wrong in a span, and the exceptions that it knows. Part of document.hpp's writer. [xray.md 1.6]
#pragma once

#include <fanlight/impl/joined.hpp>
#include <fanlight/impl/xray/entry_writer.ipp>
#include <fanlight/stack.hpp>

FANLIGHT_BEGIN
namespace detail {

/// What the program says itself wins, then the status of http, then exceptions and the span's status.
FANLIGHT_INLINE void xray_writer::entry_writer::flags() {
  bool fault = false, error = false, throttle = false;
  if (has(xray_key::fault) || has(xray_key::error) || has(xray_key::throttle)) {
    fault = use(xray_key::fault).as_bool(), error = use(xray_key::error).as_bool(), throttle = use(xray_key::throttle).as_bool();
  } else if (status_ >= 400) {
    fault = status_ >= 500, error = status_ < 500, throttle = status_ == 429;
  } else {
    auto const status = static_cast<status_code>(head_.status);
    bool const failed = status == status_code::error || (has_exceptions_ && status != status_code::ok);
    fault = failed && !form_.exceptions_as_error;
    error = failed && form_.exceptions_as_error;
  }
  if (error) to_.literal(",\"error\":true");
  if (throttle) to_.literal(",\"throttle\":true");
  if (fault) to_.literal(",\"fault\":true");
}

/// The first 16 hex digits of a uuid; of anything else, and of none, a number made of it and of the span's id.
FANLIGHT_COLD FANLIGHT_INLINE void xray_writer::entry_writer::exception_id(std::string_view uuid) {
  char digits[16];
  std::size_t count = 0;
  bool zero = true;
  for (char const letter : uuid) {
    char const low = static_cast<char>(letter | 0x20);
    bool const digit = (letter >= '0' && letter <= '9') || (low >= 'a' && low <= 'f');
    if (!digit && letter != '-') break;
    if (digit && count < 16) zero = zero && letter == '0', digits[count++] = letter <= '9' ? letter : low;
  }
  if (count == 16 && !zero) return json_.text({digits, 16});
  std::uint64_t mixed = 0xCBF29CE484222325u;
  for (unsigned char const byte : head_.span_id) mixed = (mixed ^ byte) * 0x100000001B3u;
  for (char const letter : uuid) mixed = (mixed ^ static_cast<unsigned char>(letter)) * 0x100000001B3u;
  mixed |= 1;
  json_.hex(reinterpret_cast<unsigned char const*>(&mixed), sizeof mixed);
}

FANLIGHT_COLD FANLIGHT_INLINE void xray_writer::entry_writer::cause() {
  auto const uuid = facts_.error_id.empty() ? text(xray_key::error_id) : facts_.error_id;
  static_cast<void>(use(xray_key::error_id));
  if (has_exceptions_) return exceptions();
  if (!uuid.empty()) {  // an inner span tells of it
    static_cast<void>(use(xray_key::error_type));
    json_.name("cause");
    return exception_id(uuid);
  }
  // Without a status of http, and without a flag that the program set, an empty entry says at least that something left this span by force.
  bool const flagged = look(xray_key::fault).as_bool() || look(xray_key::error).as_bool() || look(xray_key::throttle).as_bool();
  bool const empty = facts_.status_message.empty() && (status_ >= 0 || (flagged && text(xray_key::error_type).empty()));
  if (static_cast<status_code>(head_.status) != status_code::error || empty) return;
  json_.name("cause");
  json_.open_object();
  json_.name("exceptions");
  json_.open_array();
  json_.open_object();
  json_.name("id");
  exception_id({});
  text_member("message", trim_ != nullptr && trim_->brief ? utf8_front(facts_.status_message, 1000) : facts_.status_message);
  text_member("type", use(xray_key::error_type).as_text());
  json_.close_object();
  json_.close_array();
  json_.close_object();
}

FANLIGHT_COLD FANLIGHT_INLINE void xray_writer::entry_writer::exceptions() {
  static_cast<void>(use(xray_key::error_type));
  json_.name("cause");
  json_.open_object();
  json_.name("exceptions");
  json_.open_array();
  bool first = true;
  for (auto const* at = found_.items; at != found_.end; at += item_view{at}.size()) {
    if (item_view{at}.head().role != item_role::event || item_view{at}.key() != "exception") continue;
    if (first || trim_ == nullptr || !trim_->first_exception) exception({at});
    first = false;
  }
  json_.close_array();
  json_.close_object();
}

/// An event `exception`. `fanlight.error.cause_id` is the uuid of the error that this one came from.
FANLIGHT_COLD FANLIGHT_INLINE void xray_writer::entry_writer::exception(item_view event) {
  value id, message, type, trace, from, causes;
  for (auto const& each : attribute_list{event.value() + sizeof(event_head), event.value() + event.head().value_size, anchor_}) {
    if (each.key == "fanlight.error.id") id = each.value;
    if (each.key == "exception.message") message = each.value;
    if (each.key == "exception.type") type = each.value;
    if (each.key == "exception.stacktrace") trace = each.value;
    if (each.key == "fanlight.error.cause_id") from = each.value;
    if (each.key == "fanlight.error.causes") causes = each.value;
  }
  json_.open_object();
  json_.name("id");
  owner_.scratch_.clear();
  if (id.as_text().empty()) json_writer{owner_.scratch_}.integer(event.at - found_.items);
  exception_id(id.as_text().empty() ? owner_.scratch_.view() : id.as_text());
  auto const words = message.as_text();
  text_member("message", trim_ != nullptr && trim_->brief ? utf8_front(words, 1000) : words);
  auto shown = type.as_text();
  for (std::string_view const prefix : {std::string_view{"class "}, std::string_view{"struct "}})
    if (shown.substr(0, prefix.size()) == prefix) shown.remove_prefix(prefix.size());
  text_member("type", shown);
  if (calls_out()) json_.name("remote"), json_.boolean(true);
  bool const nested = from.as_text().empty() && causes.kind() == value_kind::array && !causes.members().empty();
  if (nested) json_.name("cause"), exception_id(cause_name(id.as_text(), 1));
  else if (!from.as_text().empty()) json_.name("cause"), exception_id(from.as_text());
  if (trace.kind() != value_kind::empty && (trim_ == nullptr || !trim_->no_stacks)) stack(trace);
  json_.close_object();
  if (nested) nested_causes(id.as_text(), causes);
}

/// What the `number`th cause of an error is called in a document; becomes its id.
FANLIGHT_COLD FANLIGHT_INLINE std::string xray_writer::entry_writer::cause_name(std::string_view uuid, unsigned number) {
  return joined({"#", std::to_string(number), " of ", uuid});
}

/// Causes, from "type: message" each, as exceptions of their own, one pointing to the next.
FANLIGHT_COLD FANLIGHT_INLINE void xray_writer::entry_writer::nested_causes(std::string_view uuid, value const& causes) {
  unsigned number = 0, count = 0;
  for (auto const each : causes.members()) static_cast<void>(each), ++count;
  for (auto const each : causes.members()) {
    auto const line = each.value.as_text();
    auto const cut = line.find(": ");
    json_.open_object();
    json_.name("id");
    exception_id(cause_name(uuid, ++number));
    text_member("message", cut == std::string_view::npos ? std::string_view{} : line.substr(cut + 2));
    text_member("type", line.substr(0, cut));
    if (number != count) json_.name("cause"), exception_id(cause_name(uuid, number + 1));
    json_.close_object();
  }
}

/// One frame of a stack as text: `#3 label at path:line`, `label (path:line)`, or whatever stands there as the label.
struct frame_text {
  std::string_view label, path;
  std::int64_t line = -1;

  FANLIGHT_COLD explicit frame_text(std::string_view text) noexcept {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    if (!text.empty() && text.front() == '#') text.remove_prefix(std::min(text.find_first_not_of("# 0123456789"), text.size()));
    if (text.substr(0, 3) == "at ") text.remove_prefix(3);
    label = text;
    auto const at = text.rfind(" at "), bracket = text.rfind(" (");
    std::string_view place;
    if (at != std::string_view::npos) label = text.substr(0, at), place = text.substr(at + 4);
    else if (bracket != std::string_view::npos && text.back() == ')') label = text.substr(0, bracket), place = text.substr(bracket + 2, text.size() - bracket - 3);
    auto const colon = place.rfind(':');
    std::int64_t number = colon == std::string_view::npos || colon + 1 == place.size() || place.size() - colon > 10 ? -1 : 0;
    for (std::size_t i = colon + 1; number >= 0 && i < place.size(); ++i) number = place[i] >= '0' && place[i] <= '9' ? number * 10 + (place[i] - '0') : -1;
    if (number < 0) {  // no place in it
      label = text;
      return;
    }
    path = place.substr(0, colon);
    line = number;
  }
};

/// A stack is an array of objects with path, line and label, or a text with a frame on each line. 32 frames are kept.
FANLIGHT_COLD FANLIGHT_INLINE void xray_writer::entry_writer::stack(value const& trace) {
  constexpr std::size_t most = 32;
  std::size_t count = 0;
  bool open = false;
  auto const frame = [&](std::string_view path, std::int64_t line, std::string_view label) {
    if (++count > most) return;
    if (!open) json_.name("stack"), json_.open_array();
    open = true;
    json_.open_object();
    text_member("path", path);
    if (line >= 0) json_.name("line"), json_.integer(line);
    text_member("label", label);
    json_.close_object();
  };
  if (is_packed_stack(trace))
    for (auto const& each : resolve_stack(trace).frames)
      frame(each.file.empty() ? each.module : each.file, each.line == 0 ? -1 : std::int64_t{each.line}, each.function.empty() ? "??" : each.function);
  for (auto const each : trace.members()) {
    value path, line, label;
    for (auto const part : each.value.members()) {
      if (part.key == "path" || part.key == "file") path = part.value;
      if (part.key == "line") line = part.value;
      if (part.key == "label" || part.key == "function") label = part.value;
    }
    frame(path.as_text(), number_of(line), label.as_text());
  }
  for (auto rest = trace.as_text(); !rest.empty();) {
    auto const end = rest.find('\n');
    frame_text const one{rest.substr(0, end)};
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    if (!one.label.empty()) frame(one.path, one.line, one.label);
  }
  if (open) json_.close_array();
  if (count > most) json_.name("truncated"), json_.natural(count - most);
}

}  // namespace detail
FANLIGHT_END

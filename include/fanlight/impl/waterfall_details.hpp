// The lines beneath a span in the waterfall: words that flow within the width behind a prefix (the rails of the tree), and how events,
// log records and reports become words. Part of the drawing in waterfall.ipp.
#pragma once

#include <fanlight/impl/terminal_text.hpp>
#include <fanlight/stack.hpp>

#include <vector>

FANLIGHT_BEGIN
namespace detail {

/// A piece of a line that is not broken: `key` (dim, with an equals sign) and `text`. `gap`: spaces before it, unless it begins a line.
struct word {
  std::string key;
  std::string text;
  tint how = tint::none;
  unsigned gap = 2;

  [[nodiscard]] std::size_t width() const noexcept { return (key.empty() ? 0 : display_width(key) + 1) + display_width(text); }
};

[[nodiscard]] inline tint tint_of(level at) noexcept {
  return at >= level::error ? tint::red : at >= level::warn ? tint::yellow : at >= level::info ? tint::green : tint::dim;
}

/// A sentence as words, so that it can flow.
inline void add_sentence(std::vector<word>& to, std::string_view any, tint how) {
  std::string const text = shown(any);
  unsigned gap = 2;
  for (std::size_t at = 0; at < text.size(); gap = 1) {
    auto const stop = text.find(' ', at);
    auto const end = stop == std::string::npos ? text.size() : stop;
    if (end > at) to.push_back({{}, text.substr(at, end - at), how, gap});
    at = end + 1;
  }
}

/// At most so many columns of a value: a picture is no place for a page of text.
inline constexpr std::size_t widest_value = 72;

[[nodiscard]] inline word attribute_word(std::string_view space, std::string_view key, value const& what) {
  word out;
  out.key = space.empty() ? shown(key) : shown(space) + '.' + shown(key);
  out.text = value_shown(what);
  if (display_width(out.text) > widest_value) {
    out.text.resize(fitting_bytes(out.text, widest_value - 1));
    out.text += "…";
  }
  return out;
}

/// Ids that join records in other places say nothing to the eye.
[[nodiscard]] inline bool is_for_machines(std::string_view key) noexcept {
  return key == "fanlight.error.id" || key == "rollbar.occurrence.uuid" || key == "exception.stacktrace";
}

template <class Record>
void add_attributes(std::vector<word>& to, Record const& record) {
  for (auto const each : record.attributes())
    if (!is_for_machines(each.key)) to.push_back(attribute_word({}, each.key, each.value));
  if constexpr (requires { record.metadata(); })
    for (auto const each : record.metadata()) to.push_back(attribute_word(each.space, each.key, each.value));
}

[[nodiscard]] inline bool is_exception(event_record const& event) noexcept { return std::string_view{event.name} == "exception"; }

[[nodiscard]] inline std::string_view text_of(event_record const& event, std::string_view key) noexcept {
  for (auto const each : event.attributes())
    if (each.key == key) return each.value.as_text();
  return {};
}

/// The function that threw, and where that is.
inline void add_place(std::vector<word>& to, stack_trace const& stack) {
  if (stack.origin != stack_origin::thrown || stack.frames.empty()) return;
  auto const& first = stack.frames.front();
  if (first.function.empty()) return;
  to.push_back({{}, "in", tint::dim, 2});
  to.push_back({{}, shown(first.function), tint::none, 1});
  if (first.file.empty()) return;
  to.push_back({{}, "at", tint::dim, 1});
  to.push_back({{}, shown(first.file.substr(first.file.rfind('/') + 1)) + ':' + std::to_string(first.line), tint::none, 1});
}

[[nodiscard]] inline std::vector<word> words_of(event_record const& event) {
  std::vector<word> out;
  if (!is_exception(event)) {
    out.push_back({{}, "◆", tint::yellow, 2});
    out.push_back({{}, shown(event.name), tint::none, 1});
    add_attributes(out, event);
    return out;
  }
  auto const type = text_of(event, "exception.type"), message = text_of(event, "exception.message");
  std::string const head = "✗ " + shown(type.empty() ? std::string_view{"exception"} : type);
  out.push_back({{}, head + (message.empty() ? "" : ":"), tint::red, 2});
  add_sentence(out, message, tint::red);
  if (out.size() > 1) out[1].gap = 1;
  for (auto const each : event.attributes())
    if (is_packed_stack(each.value)) add_place(out, resolve_stack(each.value));
  for (auto const each : event.attributes())
    if (each.key != "exception.type" && each.key != "exception.message" && !is_for_machines(each.key))
      out.push_back(attribute_word({}, each.key, each.value));
  return out;
}

/// A line of the access log says it all; of its fields only what the line has not is drawn.
[[nodiscard]] inline bool is_in_access_line(std::string_view key) noexcept {
  return key.starts_with("http.") || key.starts_with("url.") || key.starts_with("client.") || key == "user_agent.original";
}
[[nodiscard]] inline bool is_access_line(log_record const& log) noexcept {
  return std::string_view{log.body}.starts_with('[') && log.find("url.path").size() != 0 && log.find("http.response.status_code").is_integer();
}

[[nodiscard]] inline std::vector<word> words_of(log_record const& log) {
  std::vector<word> out;
  out.push_back({{}, std::string{to_text(log.level)}, tint_of(log.level), 2});
  if (!log.logger().empty()) out.push_back({{}, shown(log.logger()), tint::dim, 2});
  add_sentence(out, log.body, tint::none);
  if (!is_access_line(log)) return add_attributes(out, log), out;
  for (auto const each : log.attributes())
    if (!is_in_access_line(each.key) && !is_for_machines(each.key)) out.push_back(attribute_word({}, each.key, each.value));
  return out;
}

[[nodiscard]] inline std::vector<word> words_of(error_record const& report) {
  std::vector<word> out;
  out.push_back({{}, std::string{to_text(report.level)}, tint_of(report.level), 2});
  if (!report.exception_type().empty())
    out.push_back({{}, shown(report.exception_type()) + (report.message.empty() ? "" : ":"), tint_of(report.level), 2});
  std::size_t const message = out.size();
  add_sentence(out, report.message, tint_of(report.level));
  if (message == 2 && out.size() > message) out[message].gap = 1;
  if (!report.on_span) add_place(out, stack_of(report));
  add_attributes(out, report);
  return out;
}

/// A span's name; a failed one is marked, for there may be no colour, and nothing else that tells.
[[nodiscard]] inline std::string title(span_record const& span) {
  return (span.status == status_code::error ? "✗ " : "") + shown(span.name);
}

/// The rails in front of a line, and how far the words of its further lines are indented.
struct line_frame {
  std::string rails;
  std::size_t indent = 0;
  std::size_t lines = 4;  // at most; then an ellipsis says that there is more
};

/// Lets words flow from where `to` stands.
inline void flow(page& to, std::vector<word> const& words, line_frame const& frame, std::size_t width) {
  std::size_t line = 1;
  bool first = true;
  for (auto const& each : words) {
    // On the last line two columns are kept for the ellipsis.
    if (!first && to.column() + each.gap + each.width() > (line == frame.lines ? width - 2 : width)) {
      if (line++ == frame.lines) {
        if (to.column() + 2 <= width) to.put(" …", tint::dim);
        break;
      }
      to.end_line();
      to.put(frame.rails, tint::dim);
      to.space(frame.indent);
      first = true;
    }
    if (!first) to.space(each.gap);
    first = false;
    std::size_t const room = width > to.column() ? width - to.column() : 0;
    if (!each.key.empty()) to.put_cut(each.key + '=', room, tint::dim);
    std::size_t const rest = width > to.column() ? width - to.column() : 0;
    to.put_cut(each.text, rest, each.how);
  }
  to.end_line();
}

}  // namespace detail
FANLIGHT_END

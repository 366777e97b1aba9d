// Bodies of access_log.hpp.
#pragma once

#include <fanlight/access_log.hpp>
#include <fanlight/impl/log.ipp>
#include <fanlight/impl/time.ipp>
#include <fanlight/impl/url_keys.hpp>

FANLIGHT_BEGIN
namespace detail {

/// Nothing in it can end the line, or start another.
FANLIGHT_INLINE void append_tame(text_writer& to, std::string_view text) noexcept {
  for (char const letter : text) to.push(static_cast<unsigned char>(letter) < 0x20 || letter == 0x7F ? '?' : letter);
}

FANLIGHT_INLINE void write_redacted_query(text_writer& to, std::string_view query) noexcept {
  static_cast<void>(redact_query(query, [&to](std::string_view piece) { append_tame(to, piece); }));
}

/// `[2026-Nov-21 09:58]`, UTC.
FANLIGHT_INLINE void append_minute(text_writer& to, wall_time at) noexcept {
  constexpr char const* months = "JanFebMarAprMayJunJulAugSepOctNovDec";
  auto const text = iso8601(at, 0);
  auto const digits = text.view();
  auto const month = static_cast<std::size_t>((digits[5] - '0') * 10 + digits[6] - '0');
  to.push('[').append(digits.substr(0, 5)).append({months + 3 * (month - 1), 3}).append(digits.substr(7, 3));
  to.push(' ').append(digits.substr(11, 5)).push(']');
}

/// A request as texts: what the line and the fields have in common.
struct access_texts {
  text_writer target;
  std::size_t path_size;

  explicit access_texts(std::string_view given) noexcept {
    auto const mark = given.find('?');
    append_tame(target, given.substr(0, mark));
    path_size = target.size();
    if (mark != std::string_view::npos) write_redacted_query(target.push('?'), given.substr(mark + 1));
  }
  [[nodiscard]] std::string_view path() const noexcept { return target.view().substr(0, path_size); }
  [[nodiscard]] std::string_view query() const noexcept { return path_size < target.size() ? target.view().substr(path_size + 1) : std::string_view{}; }
};

FANLIGHT_INLINE void append_status(text_writer& to, int status) noexcept {
  if (status >= 0 && status < 1000) to.push(static_cast<char>('0' + status / 100)).push(static_cast<char>('0' + status / 10 % 10)).push(static_cast<char>('0' + status % 10));
  else to.push('?');
}

FANLIGHT_INLINE void write_access_line(text_writer& to, access_facts const& facts, access_texts const& texts, wall_time now) noexcept {
  auto const word = [&to](std::string_view text) { append_tame(to.push(' '), text.empty() ? std::string_view{"-"} : text); };
  append_minute(to, facts.at ? facts.at : now);
  word(facts.remote_address), word(facts.method), word(facts.scheme), word(texts.target.view());
  append_status(to.push(' '), facts.status);
}

FANLIGHT_INLINE void put_access_fields(draft& d, access_facts const& facts, access_texts const& texts) noexcept {
  auto const text = [&d](std::string_view key, std::string_view what) {
    if (!what.empty()) put_attribute(d, item_role::attribute, key, what);
  };
  text("client.address", facts.remote_address);
  text("http.request.method", facts.method);
  text("url.scheme", facts.scheme);
  text("url.path", texts.path());
  text("url.query", texts.query());
  text("http.route", facts.route);
  text("user_agent.original", facts.user_agent);
  put_attribute(d, item_role::attribute, "http.response.status_code", facts.status);
  if (facts.response_bytes >= 0) put_attribute(d, item_role::attribute, "http.response.body.size", facts.response_bytes);
  if (facts.duration_ns >= 0) put_attribute(d, item_role::attribute, "duration_ms", static_cast<double>(facts.duration_ns) / 1e6);
}

/// Now, as the pipeline's clocks have it.
[[nodiscard]] FANLIGHT_INLINE wall_time wall_now(core_face const& core) noexcept {
  return wall_time{ticks_now(core) + __atomic_load_n(&core.wall_offset, __ATOMIC_RELAXED)};
}

}  // namespace detail

FANLIGHT_INLINE void log_access(access_facts const& facts, std::string_view logger, source where) noexcept {
  auto& t = detail::here();
  auto const at = facts.status >= 500 ? level::error : level::info;
  auto* const core = detail::core_for_log(t, at, logger);
  if (core == nullptr) return;
  detail::access_texts const texts{facts.target};
  text_writer line;
  detail::write_access_line(line, facts, texts, detail::wall_now(*core));
  detail::log_room room;
  detail::draft d;
  detail::open_log(d, t, *core, room, at, logger, line.view(), where);
  detail::put_access_fields(d, facts, texts);
  detail::close_draft(d, t);
}

FANLIGHT_END

// Bodies of report.hpp.
#pragma once

#include <fanlight/impl/report_facts.ipp>
#include <fanlight/report.hpp>

FANLIGHT_BEGIN
namespace detail {

FANLIGHT_COLD FANLIGHT_INLINE void begin_report(report_state& state, std::string_view message, level at, source where) noexcept {
  auto& t = here();
  auto& d = state.open;
  d.data = nullptr;
  core_face* const core = core_here(t);
  if (core == nullptr || core->no_exporters != 0) return;
  open_draft(d, t, *core, state.room, sizeof state.room, entry_type::error, message, where);
  auto& head = d.head();
  head.kind = static_cast<std::uint8_t>(at);
  head.start = ticks_now(*core);
  join_trace(d, t);
}

FANLIGHT_COLD FANLIGHT_INLINE void begin_sighted(report_state& state, sighting& seen, source where) noexcept {
  begin_report(state, seen.text.view(), level::error, where);
  auto& d = state.open;
  if (!d.is_open()) return;
  auto& t = here();
  readable_type const name{seen.type};
  error_identity spare;
  put_error(d, t, identify(t, *d.core, seen, spare), seen, name.view(), recording(current_frame(t)));
}

FANLIGHT_COLD FANLIGHT_INLINE void begin_report(report_state& state, shown_exception const& error, source where) noexcept {
  sighting seen;
  see(seen, error);
  begin_sighted(state, seen, where);
  // One that was never thrown has a type all the same.
  if (state.open.is_open() && seen.thrown.type == nullptr) put_bases(state.open, {error.whole, error.type});
}

FANLIGHT_COLD FANLIGHT_INLINE void begin_report(report_state& state, std::exception_ptr const& error, source where) noexcept {
  state.open.data = nullptr;
  if (error == nullptr) return;
  sighting seen;
  see(seen, error);
  begin_sighted(state, seen, where);
}

FANLIGHT_COLD FANLIGHT_INLINE void begin_report(report_state& state, std::string_view text, char const* category, int number, source where) noexcept {
  thrown_text words;
  words.code(text, category, number);
  begin_report(state, words.view(), level::error, where);
  auto& d = state.open;
  if (!d.is_open()) return;
  put_fact(d, fact_key::error_type, "std::error_code");
  put_stack(d, here(), 0);
}

FANLIGHT_INLINE void end_report(report_state& state) noexcept {
  if (state.open.is_open()) send_report(state.open, here(), nullptr);
}

/// The text, the logger and the fields of the record go along.
FANLIGHT_COLD FANLIGHT_INLINE void report_logged(thread_block& t, core_face& core, log_facts const& what) noexcept {
  if (static_cast<std::uint32_t>(what.at) + 1 < core.report_logs) return;
  auto const handled = std::current_exception();
  if (handled == nullptr) return;
  sighting seen;
  see(seen, handled);
  error_identity spare;
  if (identify(t, core, seen, spare).reported) return;
  report_state state;
  begin_sighted(state, seen, what.where);
  auto& d = state.open;
  if (!d.is_open()) return;
  d.head().kind = static_cast<std::uint8_t>(what.at);
  put(d, item_role::attribute, "log.message", what.message);
  if (!what.logger.empty()) put(d, item_role::attribute, "log.logger", what.logger);
  for (std::size_t i = 0; i < what.field_count; ++i) put_attribute(d, item_role::attribute, what.fields[i].key, what.fields[i].value);
  end_report(state);
}

/// An error scope ends by an exception. Its type and text stand for the scope's name where they are known.
FANLIGHT_COLD FANLIGHT_INLINE void end_scope_unwound(draft& d, thread_block& t) noexcept {
  d.head().start = ticks_now(*d.core);
  join_trace(d, t);
  if (auto const* const note = unwinding(t); note != nullptr) {
    sighting seen;
    see(seen, *note);
    error_identity spare;
    auto& known = identify(t, *d.core, seen, spare);
    if (known.reported) return discard_draft(d, t);
    readable_type const name{seen.type};
    thrown_text scope;
    auto const& head = d.head();
    scope.print("%.*s", static_cast<int>(head.name_size < 1000 ? head.name_size : 1000), reinterpret_cast<char const*>(d.data + sizeof head));
    put_name(d, seen.text.view());
    put_fact(d, fact_key::name, scope.view());
    put_error(d, t, known, seen, name.view(), recording(current_frame(t)));
  }
  send_report(d, t, nullptr);
}

}  // namespace detail

FANLIGHT_INLINE error_report& error_report::person(fanlight::person const& who) noexcept {
  if (!who.id.empty()) detail::put_fact(state_.open, detail::fact_key::person_id, who.id);
  if (!who.username.empty()) detail::put_fact(state_.open, detail::fact_key::person_name, who.username);
  if (!who.email.empty()) detail::put_fact(state_.open, detail::fact_key::person_email, who.email);
  return *this;
}

FANLIGHT_INLINE short_text<36> error_report::uuid() const noexcept {
  short_text<36> out;
  if (!state_.open.is_open()) return out;
  auto& d = const_cast<detail::draft&>(state_.open);
  char const letter = static_cast<char>(detail::fact_key::error_id);
  if (detail::find_item(d, detail::item_role::fact, {&letter, 1}) == nullptr)
    detail::put_fact(d, detail::fact_key::error_id, detail::make_uuid(detail::here(), *d.core));
  if (auto const* const item = detail::find_item(d, detail::item_role::fact, {&letter, 1}); item != nullptr)
    out.push(detail::read_value({item}).as_text());
  return out;
}

FANLIGHT_INLINE error_scope::error_scope(std::string_view name, source where) noexcept {
  detail::begin_report(state_, name, level::error, where);
  if (state_.open.is_open()) state_.open.uncaught = static_cast<std::uint16_t>(detail::exceptions_in_flight(detail::here()));
}

FANLIGHT_INLINE error_scope::~error_scope() noexcept {
  auto& d = state_.open;
  if (!d.is_open()) return;
  auto& t = detail::here();
  if (detail::exceptions_in_flight(t) <= d.uncaught) detail::discard_draft(d, t);
  else detail::end_scope_unwound(d, t);
}

FANLIGHT_END

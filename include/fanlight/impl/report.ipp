// Bodies of report.hpp, and of what spans do with exceptions: which error is it, and has it been told in full?
#pragma once

#include <fanlight/impl/abi.ipp>
#include <fanlight/impl/log.ipp>
#include <fanlight/report.hpp>

#include <new>
#include <utility>

FANLIGHT_BEGIN
namespace detail {

[[nodiscard]] FANLIGHT_INLINE std::uint64_t hash_of(std::string_view text) noexcept {
  std::uint64_t out = 0xCBF29CE484222325u;
  for (char const letter : text) out = (out ^ static_cast<unsigned char>(letter)) * 0x100000001B3u;
  return out;
}

/// A random uuid, version 4. [RFC 9562]
[[nodiscard]] FANLIGHT_INLINE short_text<36> make_uuid(thread_block& t, core_face const& core) noexcept {
  std::uint64_t const words[2]{next_id(t, core), next_id(t, core)};
  unsigned char bytes[16];
  std::memcpy(bytes, words, sizeof bytes);
  bytes[6] = static_cast<unsigned char>((bytes[6] & 0x0F) | 0x40);
  bytes[8] = static_cast<unsigned char>((bytes[8] & 0x3F) | 0x80);
  short_text<36> out;
  for (int i = 0; i < 16; ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) out.push('-');
    out.push("0123456789abcdef"[bytes[i] >> 4]), out.push("0123456789abcdef"[bytes[i] & 15]);
  }
  return out;
}

/// What is known of this error. `spare` holds it where the thread can keep nothing: it is leaving, or there is no memory. An error that is
/// not being handled here (never thrown, or of another thread) may be gone at any time, and its address another's: it is always new.
[[nodiscard]] FANLIGHT_INLINE error_identity& identify(thread_block& t, core_face const& core, std::exception const& error, char const* type,
                                                       error_identity& spare) noexcept {
  char const* const what = error.what();
  std::uint64_t const hash = hash_of(what == nullptr ? "" : what);
  auto handled = std::current_exception();
  auto* known = static_cast<error_identity*>(t.last_error);
  if (known != nullptr && known->object == &error && known->type == type && known->text_hash == hash && handled != nullptr &&
      known->held == handled)
    return *known;
  if (known == nullptr && t.stage != static_cast<std::uint32_t>(thread_stage::leaving)) t.last_error = known = new (std::nothrow) error_identity;
  if (known == nullptr) known = &spare;
  known->object = &error;
  known->type = type;
  known->text_hash = hash;
  known->written = false;
  known->uuid = make_uuid(t, core);
  std::swap(known->held, handled);  // the one before is let go of at the very end: its destructor may be anybody's
  return *known;
}

/// The event `exception`, once for each error, on the span it is seen from first. [semantic conventions: exceptions on spans]
FANLIGHT_INLINE void write_exception(draft& d, error_identity& known, std::string_view type, std::string_view what) noexcept {
  if (!known.written) {
    attribute const all[]{{"exception.type", type}, {"exception.message", what}, {"fanlight.error.id", known.uuid}};
    auto const lost = d.head().dropped_events;
    put_event(d, "exception", type.empty() ? all + 1 : all, type.empty() ? 2 : 3, {});
    known.written = d.head().dropped_events == lost;
  }
  put_attribute(d, item_role::attribute, "fanlight.error.id", known.uuid);
  put_fact(d, fact_key::error_id, known.uuid);
}

FANLIGHT_INLINE void put_exception(draft& d, std::exception const& error, char const* type) noexcept {
  char const* const what = error.what();
  put_status(d, status_code::error, what == nullptr ? "" : what);
  if (!d.is_open()) return;
  readable_type const name{type};
  error_identity spare;
  write_exception(d, identify(here(), *d.core, error, type, spare), name.view(), what == nullptr ? "" : what);
  if (!name.view().empty()) put_attribute(d, item_role::attribute, "error.type", name.view());
}

FANLIGHT_INLINE void begin_report(report_state& state, std::string_view message, level at, source where) noexcept {
  auto& t = here();
  auto& d = state.open;
  d.data = nullptr;
  core_face* const core = core_here(t);
  if (core == nullptr) return;
  open_draft(d, t, *core, state.room, sizeof state.room, entry_type::error, message, where);
  auto& head = d.head();
  head.kind = static_cast<std::uint8_t>(at);
  head.start = ticks_now(*core);
  join_trace(d, t);
}

FANLIGHT_INLINE void begin_report(report_state& state, std::exception const& error, char const* type, source where) noexcept {
  char const* const what = error.what();
  begin_report(state, what == nullptr ? "" : what, level::error, where);
  auto& d = state.open;
  if (!d.is_open()) return;
  auto& t = here();
  readable_type const name{type};
  if (!name.view().empty()) put_fact(d, fact_key::error_type, name.view());
  error_identity spare;
  auto& known = identify(t, *d.core, error, type, spare);
  put_fact(d, fact_key::error_id, known.uuid);
  auto const* const place = current_frame(t);
  if (place == nullptr || place->open == nullptr || !place->open->is_open()) return;
  write_exception(*place->open, known, name.view(), what == nullptr ? "" : what);
  if (known.written) d.head().flags |= entry_flag::on_span;
}

FANLIGHT_INLINE void end_report(report_state& state) noexcept {
  auto& d = state.open;
  if (!d.is_open()) return;
  auto& t = here();
  auto& core = *d.core;
  char const letter = static_cast<char>(fact_key::error_id);
  if (find_item(d, item_role::fact, {&letter, 1}) == nullptr) put_fact(d, fact_key::error_id, make_uuid(t, core));
  close_draft(d, t);
  core.operations->hurry(core);
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
  if (detail::exceptions_in_flight(t) <= d.uncaught) {
    detail::discard_draft(d, t);
    return;
  }
  d.head().start = detail::ticks_now(*d.core);
  detail::join_trace(d, t);
  detail::end_report(state_);
}

FANLIGHT_END

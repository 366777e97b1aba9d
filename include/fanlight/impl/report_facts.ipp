// How a report gets its facts; and what a span learns of the exception that leaves it, with the report of that, which its pipeline is asked to do.
#pragma once

#include <fanlight/detail/utf8.hpp>
#include <fanlight/span.hpp>

#include <fanlight/impl/bases.ipp>
#include <fanlight/impl/errors.ipp>

FANLIGHT_BEGIN
namespace detail {

/// What lies between is fanlight's own: the functions below, one in another.
inline constexpr std::uint32_t own_frames = 2;

/// Where the error was thrown; when that is not known, where it is reported.
FANLIGHT_COLD FANLIGHT_NOINLINE FANLIGHT_INLINE void put_stack(draft& d, thread_block const& t, std::uint64_t number) noexcept {
  packed_stack stack;
  if (!stack_of_throw(stack, t, number)) {
    void* frames[most_frames + own_frames];
    std::uint32_t const count = capture_frames(frames, most_frames + own_frames);
    if (count <= own_frames) return;
    stack.take(frames + own_frames, count - own_frames, origin_reported);
  }
  put_packed(d, fact_key::stack, stack.view());
  d.head().marks |= entry_mark::stack;
}

/// "type NUL message NUL" of each cause.
FANLIGHT_COLD FANLIGHT_INLINE void put_causes(draft& d, thrown_object const& of) noexcept {
#if FANLIGHT_KNOWS_THROWN
  char room[2048];
  std::size_t used = 0;
  auto const add = [&](std::string_view text) {
    text = text.substr(0, text.find('\0'));
    text = text.substr(0, sizeof room - 1 - used);
    copy_bytes(room + used, text.data(), text.size());
    used += text.size();
    room[used++] = 0;
  };
  each_cause(of, [&](std::string_view type, std::string_view text) {
    if (used + type.size() + 8 > sizeof room) return;
    add(type);
    add(utf8_front(text, sizeof room / 2));
  });
  if (used != 0) put_packed(d, fact_key::causes, value{bytes{room, used}});
#else
  static_cast<void>(d), static_cast<void>(of);
#endif
}

/// Names of the thrown type's bases, each with its NUL.
FANLIGHT_COLD FANLIGHT_INLINE void put_bases(draft& d, thrown_object const& of) noexcept {
#if FANLIGHT_KNOWS_THROWN
  char names[512];
  std::size_t used = 0;
  each_base(of.type, [&](std::type_info const* type) {
    readable_type const name{type->name()};
    if (used + name.view().size() + 1 > sizeof names) return;
    copy_bytes(names + used, name.view().data(), name.view().size());
    used += name.view().size();
    names[used++] = 0;
  });
  if (used != 0) put_packed(d, fact_key::bases, value{bytes{names, used}});
#else
  static_cast<void>(d), static_cast<void>(of);
#endif
}

[[nodiscard]] inline draft* recording(frame const* place) noexcept {
  return place != nullptr && place->open != nullptr && place->open->is_open() ? place->open : nullptr;
}

/// Names of the spans that are open here, the root first; `innermost` is one that has left the chain already.
FANLIGHT_COLD FANLIGHT_INLINE void put_span_path(draft& d, thread_block const& t, draft* innermost) noexcept {
  constexpr std::size_t deepest = 32;
  draft* open[deepest];
  std::size_t count = 0;
  if (innermost != nullptr) open[count++] = innermost;
  for (auto const* each = current_frame(t); each != nullptr && count < deepest; each = each->outer)
    if (auto* const one = recording(each); one != nullptr && (count == 0 || open[count - 1] != one)) open[count++] = one;
  char names[1024];
  std::size_t used = 0;
  while (count-- > 0) {
    auto const& head = open[count]->head();
    std::size_t const size = head.name_size < 255 ? head.name_size : 255;
    if (used + size + 1 > sizeof names) break;
    copy_bytes(names + used, open[count]->data + sizeof head, size);
    used += size;
    names[used++] = 0;
  }
  if (used != 0) put_packed(d, fact_key::span_path, value{bytes{names, used}});
}

/// What the active span has been told so far, unless that is much.
FANLIGHT_COLD FANLIGHT_INLINE void put_span_attributes(draft& d, draft& of) noexcept {
  alignas(8) unsigned char items[4096];
  std::size_t used = 0;
  for (auto const* at = of.data + entry_space(of.head().name_size); at != of.at; at += item_view{at}.size()) {
    auto const role = item_view{at}.head().role;
    if (role != item_role::attribute && role != item_role::annotation) continue;
    std::size_t const size = item_view{at}.size();
    if (used + size > sizeof items) return;
    std::memcpy(items + used, at, size);
    used += size;
  }
  if (used != 0) put_packed(d, fact_key::span_attributes, value{value_kind::object, items, static_cast<std::uint32_t>(used)});
}

FANLIGHT_COLD FANLIGHT_INLINE void put_surroundings(draft& d, thread_block const& t, draft* innermost) noexcept {
  put_span_path(d, t, innermost);
  auto* const active = innermost != nullptr ? innermost : recording(current_frame(t));
  if (active != nullptr) put_span_attributes(d, *active);
}

/// Type, uuid, stack and causes of an exception into its report, and all of it onto the span where it is, unless one inside has it.
FANLIGHT_COLD FANLIGHT_NOINLINE FANLIGHT_INLINE void put_error(draft& d, thread_block& t, error_identity& known, sighting const& seen,
                                                              std::string_view type, draft* span) noexcept {
  put_fact(d, fact_key::error_type, type.empty() ? std::string_view{"unknown exception"} : type);
  put_fact(d, fact_key::error_id, known.uuid);
  if (span != nullptr) write_exception(*span, t, known, seen, type);
  if (known.written) d.head().flags |= entry_flag::on_span;
  put_stack(d, t, known.number);
  put_causes(d, seen.thrown);
  put_bases(d, seen.thrown);
  known.reported = true;
}

FANLIGHT_COLD FANLIGHT_INLINE void send_report(draft& d, thread_block& t, draft* innermost) noexcept {
  auto& core = *d.core;
  char const letter = static_cast<char>(fact_key::error_id);
  if (find_item(d, item_role::fact, {&letter, 1}) == nullptr) put_fact(d, fact_key::error_id, make_uuid(t, core));
  put_surroundings(d, t, innermost);
  close_draft(d, t);
  core.operations->hurry(core);
}

FANLIGHT_COLD FANLIGHT_INLINE void report_unwound(draft& span, thread_block& t, error_identity& known, sighting const& seen, std::string_view type) noexcept {
  auto const& of = span.head();
  report_state state;
  auto& d = state.open;
  open_draft(d, t, *span.core, state.room, sizeof state.room, entry_type::error, seen.text.view(), source{of.file, of.function, of.line});
  auto& head = d.head();
  head.kind = static_cast<std::uint8_t>(level::error);
  head.start = ticks_now(*span.core);
  std::memcpy(head.trace_id, of.trace_id, sizeof head.trace_id);
  std::memcpy(head.span_id, of.span_id, sizeof head.span_id);
  head.trace_flags = of.trace_flags;
  put_error(d, t, known, seen, type, nullptr);
  send_report(d, t, &span);
}

/// The record ends because an exception leaves what it is about: status error, and what is known of the exception.
FANLIGHT_COLD FANLIGHT_INLINE void fail_unwound(draft& d, thread_block& t) noexcept {
  bool const first = d.head().status == static_cast<std::uint8_t>(status_code::unset);
  if (first) d.head().status = static_cast<std::uint8_t>(status_code::error);
  auto const* const note = unwinding(t);
  if (note == nullptr) return;
  sighting seen;
  see(seen, *note);
  if (first) put_status(d, status_code::error, seen.text.view());
  readable_type const name{seen.type};
  error_identity spare;
  auto& known = identify(t, *d.core, seen, spare);
  write_exception(d, t, known, seen, name.view());
  if (!name.view().empty()) put_attribute(d, item_role::attribute, "error.type", name.view());
  if (d.core->report_on_unwind != 0 && !known.reported) report_unwound(d, t, known, seen, name.view());
}

}  // namespace detail
FANLIGHT_END

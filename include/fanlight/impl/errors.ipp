// Which error is it, and has it been told in full? An exception that crosses many spans, is caught, thrown again and reported is one error
// with one uuid: written in full on the innermost span that it left, and referred to everywhere else. Runs on the thread that has it.
#pragma once

#include <fanlight/span.hpp>

#include <fanlight/impl/start.ipp>
#include <fanlight/impl/thrown.ipp>

#include <new>
#include <utility>

FANLIGHT_BEGIN
namespace detail {

/// An exception as it is seen in one place: by a destructor that it runs, by a handler, or as something that was made and shown.
struct sighting {
  thrown_object thrown{};          // null type: nothing can be asked
  void const* subject = nullptr;   // what was shown
  char const* type = nullptr;      // mangled
  std::uint64_t number = 0;        // in flight: its note's
  std::exception_ptr held{};       // what is being handled where it is seen; null in flight
  thrown_text text{};

  sighting() noexcept = default;
};

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

// ---- seeing ---------------------------------------------------------------------------------------------------------------------------

FANLIGHT_COLD FANLIGHT_INLINE void see_thrown(sighting& to, thrown_object const& thrown) noexcept {
  to.thrown = thrown;
  to.subject = thrown.object;
#if FANLIGHT_KNOWS_THROWN
  to.type = thrown.type == nullptr ? nullptr : thrown.type->name();
  read_text(to.text, thrown);
#endif
}

FANLIGHT_COLD FANLIGHT_INLINE void see(sighting& to, throw_note const& note) noexcept {
  to.number = note.number;
  see_thrown(to, {note.object, static_cast<std::type_info const*>(note.type)});
}

/// What was shown need not be what is being handled: it may be a copy, or never have been thrown.
FANLIGHT_COLD FANLIGHT_INLINE void see(sighting& to, shown_exception const& shown) noexcept {
  to.held = std::current_exception();
#if FANLIGHT_KNOWS_THROWN
  auto const handled = thrown_by(to.held);
  if (exception_in(handled) == shown.part) return see_thrown(to, handled);
  if (shown.type != nullptr) see_thrown(to, {shown.whole, shown.type});
  to.thrown = {};
#endif
  to.subject = shown.part;
  to.type = shown.type == nullptr ? nullptr : shown.type->name();
  if (to.text.view().empty()) to.text.borrow(shown.part->what());
}

/// Without libstdc++ a kept exception can only be asked by throwing it again.
template <bool Exceptions>
void ask_kept(sighting& to, std::exception_ptr const& kept) noexcept {
#ifdef __cpp_exceptions
  try {
    std::rethrow_exception(kept);
  } catch (std::exception const& error) {
    to.subject = &error;
    to.type = shown(error).type == nullptr ? nullptr : shown(error).type->name();
    to.text.borrow(error.what());
  } catch (char const* text) {
    to.text.borrow(text);
  } catch (...) {
  }
#else
  static_cast<void>(to), static_cast<void>(kept);
#endif
}

FANLIGHT_COLD FANLIGHT_INLINE void see(sighting& to, std::exception_ptr const& kept) noexcept {
  to.held = kept;
#if FANLIGHT_KNOWS_THROWN
  see_thrown(to, thrown_by(kept));
#else
  ask_kept<true>(to, kept);
#endif
}

// ---- knowing again ----------------------------------------------------------------------------------------------------------------------

[[nodiscard]] inline bool same_type(char const* a, char const* b) noexcept {
  return a == b || (a != nullptr && b != nullptr && std::strcmp(a, b) == 0);
}

/// The throw that a handler's exception came by, if it can only have been that one.
[[nodiscard]] inline std::uint64_t number_of(thread_block const& t, error_identity const* known, sighting const& seen, std::uint64_t hash) noexcept {
  if (seen.number != 0) return seen.number;
  auto const& last = t.throws.last;
  bool const fits = seen.thrown.type != nullptr && last.object == seen.thrown.object && last.type == seen.thrown.type && last.text_hash == hash;
  return fits && (known == nullptr || known->number != last.number) ? last.number : 0;
}

[[nodiscard]] FANLIGHT_INLINE bool is_known(thread_block const& t, error_identity const& known, sighting const& seen, std::uint64_t hash) noexcept {
  if (seen.number != 0) return known.number == seen.number;
  if (seen.held == nullptr || known.text_hash != hash || !same_type(known.type, seen.type)) return false;
  if (known.object != seen.thrown.object) return false;
  if (known.held != nullptr) return known.held == seen.held && (known.object != nullptr || known.subject == seen.subject);
  return known.object != nullptr && known.number != 0 && known.number == t.throws.last.number;
}

/// What is known of this error. `spare` holds it where the thread can keep nothing: it is leaving, or there is no memory. An error that is
/// not being handled here (never thrown, or of another thread) may be gone at any time, and its address another's: it is always new.
[[nodiscard]] FANLIGHT_COLD FANLIGHT_INLINE error_identity& identify(thread_block& t, core_face const& core, sighting& seen, error_identity& spare) noexcept {
  auto* known = static_cast<error_identity*>(t.last_error);
  auto const hash = hash_of(seen.text.view());
  if (known != nullptr && is_known(t, *known, seen, hash)) {
    if (known->held == nullptr) known->held = seen.held;
    return *known;
  }
  auto const number = number_of(t, known, seen, hash);
  if (known == nullptr && t.stage != static_cast<std::uint32_t>(thread_stage::leaving)) t.last_error = known = new (std::nothrow) error_identity;
  if (known == nullptr) known = &spare;
  known->object = seen.thrown.object;
  known->subject = seen.subject;
  known->type = seen.type;
  known->number = number;
  known->text_hash = hash;
  known->written = known->reported = false;
  known->uuid = make_uuid(t, core);
  std::exception_ptr before = seen.held;
  std::swap(known->held, before);  // the one before is let go of at the very end: its destructor may be anybody's
  return *known;
}

#if FANLIGHT_KNOWS_THROWN
FANLIGHT_COLD FANLIGHT_INLINE std::uint64_t text_hash_of(thrown_object const& thrown) noexcept {
  thrown_text words;
  read_text(words, thrown);
  return hash_of(words.view());
}
#endif

FANLIGHT_COLD FANLIGHT_INLINE std::uint64_t number_of_held(thread_block& t, void const* object, void const* type) noexcept {
#if FANLIGHT_KNOWS_THROWN
  auto* const known = static_cast<error_identity*>(t.last_error);
  if (known == nullptr || known->held == nullptr || known->object != object || !same_type(known->type, static_cast<std::type_info const*>(type)->name()))
    return 0;
  if (known->number == 0) known->number = ++t.throws.number;
  return known->number;
#else
  static_cast<void>(t), static_cast<void>(object), static_cast<void>(type);
  return 0;
#endif
}

// ---- telling ----------------------------------------------------------------------------------------------------------------------------

/// Addresses behind their head, ready to be put into a record.
struct packed_stack {
  stack_head head;
  std::uint64_t frames[most_frames];
  std::uint32_t count = 0;

  void take(void* const* from, std::uint32_t number, std::uint8_t origin) noexcept {
    head = {stack_mark, origin, 0, 0};
    count = number < most_frames ? number : most_frames;
    for (std::uint32_t i = 0; i < count; ++i) frames[i] = reinterpret_cast<std::uintptr_t>(from[i]);
  }
  [[nodiscard]] value view() const noexcept {
    return value{bytes{&head, sizeof head + count * sizeof frames[0]}};
  }
};
static_assert(offsetof(packed_stack, frames) == sizeof(stack_head));
inline constexpr std::uint8_t origin_thrown = 0, origin_reported = 1, origin_crashed = 2;

/// Where an error was thrown, if a guarded() frame saw it.
[[nodiscard]] FANLIGHT_COLD FANLIGHT_INLINE bool stack_of_throw(packed_stack& to, thread_block const& t, std::uint64_t number) noexcept {
  if (number == 0) return false;
  throw_note const* found = t.throws.last.number == number ? &t.throws.last : nullptr;
  for (auto const& each : t.throws.levels)
    if (each.visits != 0 && each.number == number) found = &each;
  if (found == nullptr || found->count == 0) return false;
  to.take(found->frames, found->count, origin_thrown);
  return true;
}

/// "type: message" of each cause, for an event.
FANLIGHT_COLD FANLIGHT_INLINE void list_causes(array& to, thrown_object const& of) noexcept {
#if FANLIGHT_KNOWS_THROWN
  each_cause(of, [&](std::string_view type, std::string_view text) {
    char line[512];
    int const size = std::snprintf(line, sizeof line, "%.*s%s%.*s", static_cast<int>(type.size()), type.data(), text.empty() ? "" : ": ",
                                   static_cast<int>(text.size()), text.data());
    if (size > 0) to.push(value{std::string_view{line, static_cast<std::size_t>(size) < sizeof line ? static_cast<std::size_t>(size) : sizeof line - 1}});
  });
#else
  static_cast<void>(to), static_cast<void>(of);
#endif
}

/// The event `exception`, once for each error, on the span it is seen from first. [semantic conventions: exceptions on spans]
FANLIGHT_COLD FANLIGHT_INLINE void write_exception(draft& d, thread_block& t, error_identity& known, sighting const& seen, std::string_view type) noexcept {
  if (!known.written) {
    attribute all[5];
    std::size_t count = 0;
    packed_stack stack;
    array causes;
    if (!type.empty()) all[count++] = {"exception.type", type};
    all[count++] = {"exception.message", seen.text.view()};
    all[count++] = {"fanlight.error.id", known.uuid};
    if (stack_of_throw(stack, t, known.number)) {
      all[count++] = {"exception.stacktrace", stack.view()};
      d.head().marks |= entry_mark::stack;
    }
    list_causes(causes, seen.thrown);
    if (!causes.empty()) all[count++] = {"fanlight.error.causes", causes};
    auto const lost = d.head().dropped_events;
    put_event(d, "exception", all, count, {});
    known.written = d.head().dropped_events == lost;
  }
  put_attribute(d, item_role::attribute, "fanlight.error.id", known.uuid);
  put_fact(d, fact_key::error_id, known.uuid);
}

FANLIGHT_COLD FANLIGHT_INLINE void put_sighting(draft& d, sighting& seen) noexcept {
  put_status(d, status_code::error, seen.text.view());
  if (!d.is_open()) return;
  auto& t = here();
  readable_type const name{seen.type};
  error_identity spare;
  write_exception(d, t, identify(t, *d.core, seen, spare), seen, name.view());
  if (!name.view().empty()) put_attribute(d, item_role::attribute, "error.type", name.view());
}

/// The error that is being handled here, if it has been told of: its id goes along. What core_operations::join_error is.
FANLIGHT_COLD FANLIGHT_INLINE void join_error(draft& d, thread_block const& t) noexcept {
  auto& known = *static_cast<error_identity*>(t.last_error);
  auto const handled = std::current_exception();
  if (handled == nullptr) return;
  if (known.held == nullptr) {  // spans told of it on its way, and nobody has in a handler
    sighting seen;
    see(seen, handled);
    if (!is_known(t, known, seen, hash_of(seen.text.view()))) return;
    known.held = handled;
  }
  if (known.held == handled) put_fact(d, fact_key::error_id, known.uuid);
}

FANLIGHT_COLD FANLIGHT_INLINE void put_exception(draft& d, shown_exception const& error) noexcept {
  if (!d.is_open() && !d.has_ended()) return;
  sighting seen;
  see(seen, error);
  put_sighting(d, seen);
}

FANLIGHT_COLD FANLIGHT_INLINE void put_exception(draft& d, std::exception_ptr const& error) noexcept {
  if (error == nullptr || (!d.is_open() && !d.has_ended())) return;
  sighting seen;
  see(seen, error);
  put_sighting(d, seen);
}

}  // namespace detail
FANLIGHT_END

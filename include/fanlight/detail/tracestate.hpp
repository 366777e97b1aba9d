// The W3C tracestate: a list of `key=value` members, one for each vendor, that is passed along a trace; and the member of OpenTelemetry,
// `ot`, in which samplers leave their threshold. A `tracestate_list` is made on the stack by whoever reads or changes one; it holds what
// may be passed on, in at most 512 characters, and asks for no memory. Plain values and functions: any thread, nothing shared.
#pragma once

#include <fanlight/time.hpp>

#include <cstdint>
#include <string_view>

FANLIGHT_BEGIN
namespace detail {

inline constexpr unsigned tracestate_members = 32;   // one more, and the list is void
inline constexpr unsigned tracestate_kept = 512;     // characters passed on
inline constexpr unsigned tracestate_large = 128;    // longer members are the first to go when there are too many characters

/// Reads, joins and changes. What was put comes first, then the members of the headers in their order; a key that was there before is
/// left out. One bad member makes all of it void.
class tracestate_list {
 public:
  tracestate_list() noexcept {}  // not defaulted: `{}` would fill the room with zeros
  /// A member of our own, to the left of what is joined later; call it before. Not legal: no change.
  void put(std::string_view key, std::string_view value) noexcept;
  /// Leaves this key out of what is joined later.
  void skip(std::string_view key) noexcept;
  /// The members of one more header.
  void join(std::string_view header) noexcept;
  [[nodiscard]] bool is_bad() const noexcept { return bad_; }
  /// What may be passed on, shortened by whole members where it must be: the large ones, then from the right. Ends in a NUL, empty when
  /// void. Valid until the next call.
  [[nodiscard]] std::string_view text() noexcept;

 private:
  struct slice {
    std::uint16_t at, size;
  };
  [[nodiscard]] bool join_usual(std::string_view header) noexcept;
  [[nodiscard]] std::string_view join_member(std::string_view rest) noexcept;
  void keep(std::string_view member) noexcept;
  [[nodiscard]] bool know(std::uint64_t key) noexcept;
  void shorten() noexcept;

  std::uint64_t keys_[2 * tracestate_members + 2];  // hashes of the keys so far, those of left-out members too
  slice members_[2 * tracestate_members + 2];
  unsigned key_count_ = 0, member_count_ = 0, joined_ = 0;
  unsigned used_ = 0, small_ = 0, large_ = 0;  // characters of members with a separator each
  bool bad_ = false, small_lost_ = false, large_lost_ = false;
  char text_[2 * (tracestate_kept + 1) + 1];
};

/// The value of a key in a legal tracestate; empty when it is not there.
[[nodiscard]] std::string_view tracestate_find(std::string_view state, std::string_view key) noexcept;
/// The value of a field (`th`, `rv`) in the value of `ot`: `th:e666;rv:0123456789abcd`.
[[nodiscard]] std::string_view tracestate_field(std::string_view ot, std::string_view name) noexcept;

/// Thresholds are numbers of 56 bits: a trace is kept when the low 56 bits of its id reach the threshold. Their text is up to 14 digits
/// without the zeros at the end, `0` for none at all.
[[nodiscard]] short_text<14> tracestate_threshold_text(std::uint64_t threshold) noexcept;
[[nodiscard]] bool tracestate_read_threshold(std::string_view digits, std::uint64_t& threshold) noexcept;

/// `ot=th:…`, false when there is none.
[[nodiscard]] bool tracestate_threshold(std::string_view state, std::uint64_t& threshold) noexcept;
/// `ot=rv:…`: the randomness to compare with a threshold, instead of the low 56 bits of the trace id. False when there is none.
[[nodiscard]] bool tracestate_randomness(std::string_view state, std::uint64_t& randomness) noexcept;
/// Fills an empty list with `state`, in which `ot` says the threshold, or none when it is null; the other fields of `ot` stay.
void tracestate_put_threshold(tracestate_list& into, std::string_view state, std::uint64_t const* threshold) noexcept;

}  // namespace detail
FANLIGHT_END

#ifndef FANLIGHT_COMPILED
#include <fanlight/impl/tracestate.ipp>
#endif

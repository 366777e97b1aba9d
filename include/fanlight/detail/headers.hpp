// The texts of propagation headers, read and written: traceparent, X-Amzn-Trace-Id, baggage. Each reader is made on the stack by extract(),
// is given the values of one header one after the other, copies what is to be passed on, and never fails: what is wrong is left out and
// remembered as `bad`. Plain values and functions: any thread, nothing shared.
#pragma once

#include <fanlight/context.hpp>

#include <cstdint>
#include <string_view>

FANLIGHT_BEGIN
namespace detail {

/// `00-<trace id>-<span id>-<flags>`. A newer version is read as far as version 00 goes.
struct traceparent {
  static constexpr unsigned size = 55;
  fanlight::trace_id trace_id{};
  fanlight::span_id span_id{};
  std::uint8_t flags = 0;  // sampled and random; others are not passed on

  /// False, and nothing is changed: it is not a legal one.
  [[nodiscard]] bool read(std::string_view text) noexcept;
  /// Version 00, with a NUL behind.
  void write(char (&to)[size + 1]) const noexcept;
};

/// `Root=1-<8>-<24>;Parent=<16>;Sampled=<0|1|?>` in any order, and pairs of others that are passed on unread.
class xray_header {
 public:
  static constexpr unsigned most_pairs = 256;  // characters
  static constexpr unsigned most_size = 5 + 35 + 8 + 16 + 10 + 1 + most_pairs;

  fanlight::trace_id root{};
  fanlight::span_id parent{};  // valid only if `root` is
  bool sampled = false;
  sampling_state sampling = sampling_state::deferred;
  bool root_bad = false, parent_bad = false, pair_bad = false;

  xray_header() noexcept {}  // not defaulted: `{}` would fill the room with zeros

  /// One header; of keys that are there more than once the first counts.
  void read(std::string_view text) noexcept;
  /// What others put there, in order; those that do not fit any more are left out whole.
  [[nodiscard]] std::string_view pairs() const noexcept { return {pairs_, size_}; }

 private:
  void read_usual(std::string_view& text) noexcept;
  void read_root(std::string_view text) noexcept;
  void read_parent(std::string_view text) noexcept;
  void read_sampled(std::string_view text) noexcept;
  void keep(std::string_view pair) noexcept;

  fanlight::span_id found_{};  // a parent that has no root yet
  unsigned size_ = 0;
  bool has_root_ = false, has_parent_ = false, has_sampled_ = false;
  char pairs_[most_pairs];
};

/// The header for a call beneath `ids`, with a NUL behind; gives its length.
[[nodiscard]] unsigned write_xray_header(char (&to)[xray_header::most_size + 1], fanlight::trace_id const& trace,
                                         fanlight::span_id const& span, bool sampled, sampling_state sampling,
                                         std::string_view pairs) noexcept;

/// B3, in its one header (`{32|16 hex}-{16 hex}[-{0|1|d}[-{16 hex}]]`, or the decision alone) or in several.
struct b3_header {
  static constexpr unsigned size = 32 + 1 + 16 + 2;
  fanlight::trace_id trace_id{};
  fanlight::span_id span_id{};
  bool sampled = false, debug = false;
  sampling_state sampling = sampling_state::deferred;

  /// False: it is not a legal one.
  [[nodiscard]] bool read(std::string_view text) noexcept;
  [[nodiscard]] bool read_trace(std::string_view text) noexcept;
  [[nodiscard]] bool read_span(std::string_view text) noexcept;
  [[nodiscard]] bool read_sampled(std::string_view text) noexcept;  // 0 and 1, d where it may stand, true and false
  /// The one header, with a NUL behind; gives its length. Nobody writes the parent's id.
  [[nodiscard]] unsigned write(char (&to)[size + 1]) const noexcept;
};

/// W3C baggage as it is passed on: the legal members as they came, up to 64 in 8192 bytes, or with changes of ours. Short ones need no memory
/// but the reader's.
class baggage_header {
 public:
  static constexpr unsigned most_members = 64, most_size = 8192;
  /// What came of put().
  enum class outcome : std::uint8_t { done, bad_key, bad_properties, no_room };

  baggage_header() noexcept {}  // not defaulted: `{}` would fill the room with zeros
  baggage_header(baggage_header const&) = delete;
  baggage_header& operator=(baggage_header const&) = delete;
  ~baggage_header() noexcept;

  void read(std::string_view text) noexcept;
  /// The members of `text`, which is legal, but for those of a key.
  void read_without(std::string_view text, std::string_view key) noexcept;
  /// Puts a member behind the others, its value encoded. `properties` stand as in the header: `p1;p2=x`. Nothing is changed unless it is done.
  [[nodiscard]] outcome put(std::string_view key, std::string_view value, std::string_view properties) noexcept;
  [[nodiscard]] std::string_view text() const noexcept { return {long_ != nullptr ? long_ : short_, size_}; }
  [[nodiscard]] bool is_bad() const noexcept { return bad_; }

 private:
  void keep(std::string_view member) noexcept;
  /// Room for one more member of `size`, behind its comma. Null: there is none.
  [[nodiscard]] char* room_for(std::size_t size) noexcept;

  char* long_ = nullptr;  // owned; of most_size
  unsigned size_ = 0, members_ = 0;
  bool bad_ = false;
  char short_[512];
};

}  // namespace detail
FANLIGHT_END

#ifndef FANLIGHT_COMPILED
#include <fanlight/impl/headers.ipp>
#endif

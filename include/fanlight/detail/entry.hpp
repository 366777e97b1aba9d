// The packed record: one byte layout for an open span, in the ring and in the batch, so that nothing is converted on the way.
// An entry is a head of 96 bytes, the name with its NUL, padding to 8, then items. An item is a head of 8 bytes, then the value,
// then the key, each text with its NUL, padded to 8. Instruments write entries (detail/draft.hpp), views read them (record.hpp).
#pragma once

#include <fanlight/detail/config.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

FANLIGHT_BEGIN
namespace detail {

enum class entry_type : std::uint8_t { pad, span, log, error, start, count_ };
inline constexpr std::size_t entry_types = static_cast<std::size_t>(entry_type::count_);

namespace entry_flag {
inline constexpr std::uint8_t remote_parent = 1;  // the parent lives in another process
inline constexpr std::uint8_t wall_start = 2;     // `start` is nanoseconds of the epoch, given by the user, and not clock ticks
inline constexpr std::uint8_t wall_end = 4;
inline constexpr std::uint8_t segment = 8;        // X-Ray's word was `segment`
inline constexpr std::uint8_t subsegment = 16;    // X-Ray's word was `subsegment`
inline constexpr std::uint8_t orphan = 32;        // a subsegment with nothing above it
inline constexpr std::uint8_t on_span = 64;       // an error report that is also the exception event of a recording span
inline constexpr std::uint8_t document = 128;     // a log record whose body is a document of its own, to be written as it stands
}  // namespace entry_flag

namespace entry_mark {
inline constexpr std::uint8_t stack = 1;  // it holds a packed stack, which takes more room as text
}  // namespace entry_mark

struct entry_head {
  std::uint32_t size;  // of the whole entry, a multiple of 8
  entry_type type;
  std::uint8_t kind;    // span_kind, or level of a log record or error report
  std::uint8_t status;  // status_code
  std::uint8_t flags;   // entry_flag
  unsigned char trace_id[16];
  unsigned char span_id[8];
  unsigned char parent_id[8];
  std::int64_t start;  // ticks of the pipeline's duration clock, unless flagged
  std::int64_t end;
  char const* file;
  char const* function;
  std::uint32_t line;
  std::uint32_t thread;  // the kernel's id of the thread that began it
  std::uint32_t name_size;
  std::uint16_t dropped_attributes;
  std::uint16_t dropped_events;
  std::uint16_t dropped_links;
  std::uint8_t trace_flags;  // W3C: 1 sampled, 2 random
  std::uint8_t marks;        // entry_mark
  std::uint32_t spare_word;
};
static_assert(sizeof(entry_head) == 96 && alignof(entry_head) == 8);

/// What a value is. The numbers are part of the layout.
enum class value_kind : std::uint8_t { empty, boolean, int64, uint64, float64, text, bytes, array, object };

/// What an item is to its record.
enum class item_role : std::uint8_t {
  dead,        // overwritten; skipped by every reader
  attribute,   // set(): an attribute
  annotation,  // annotate(): an attribute that X-Ray indexes
  metadata,    // key is "namespace\0key"
  event,       // key is the name, value an event_head and items
  link,        // value a link_head, tracestate with its NUL, padding, items
  fact,        // key is one of the fixed names in `fact_key`; see record.hpp
};

/// Single facts of a record that are neither attribute nor event: the item's key is one letter.
enum class fact_key : char {
  status_message = 's', tracestate = 't', scope_name = 'n', scope_version = 'v', error_type = 'T', error_id = 'i', fingerprint = 'f',
  person_id = 'p', person_name = 'u', person_email = 'e', name = 'N', logger = 'l', original_error = 'o',
  // of an error report, written by impl/report.ipp
  stack = 'k',            // bytes: a stack_head, then addresses, innermost first
  causes = 'c',           // bytes: type, NUL, message, NUL, and so on, the direct cause first
  bases = 'B',            // bytes: names of the type's bases, each with its NUL, the nearest first
  span_path = 'P',        // bytes: names of the open spans, each with its NUL, the root first
  span_attributes = 'A',  // an object: attributes of the active span
  uncaught = 'U',         // "terminate", "signal"; not there: it was handled
  modules = 'M',          // where the code of an earlier process lay, for a stack of its
};

/// What stands before the addresses of a packed stack. A value of kind bytes that begins with the mark is one.
struct stack_head {
  std::uint32_t mark;  // stack_mark
  std::uint8_t origin;  // stack_origin
  std::uint8_t exact;   // the first address is where it happened, and not where a call returns to
  std::uint16_t unused;
};
static_assert(sizeof(stack_head) == 8);
inline constexpr std::uint32_t stack_mark = 0x4B434154;
/// A throw keeps so many frames; a report of its own site as many.
inline constexpr std::size_t most_frames = 64;

struct item_head {
  value_kind kind;
  item_role role;
  std::uint16_t key_size;
  std::uint32_t value_size;  // without the NUL; 8 for scalars
};
static_assert(sizeof(item_head) == 8);

struct event_head {
  std::int64_t time;  // ticks, or nanoseconds of the epoch when `wall`
  std::uint32_t dropped;
  std::uint32_t wall;
};
static_assert(sizeof(event_head) == 16);

struct link_head {
  unsigned char trace_id[16];
  unsigned char span_id[8];
  std::uint32_t flags;  // W3C flags in the low byte, 0x100 when the linked context is remote
  std::uint32_t dropped;
  std::uint32_t tracestate_size;
  std::uint32_t spare;
};
static_assert(sizeof(link_head) == 40);

[[nodiscard]] constexpr std::size_t padded(std::size_t size) noexcept { return (size + 7) & ~std::size_t{7}; }

[[nodiscard]] constexpr bool is_scalar(value_kind kind) noexcept { return kind >= value_kind::boolean && kind <= value_kind::float64; }

[[nodiscard]] FANLIGHT_HOT constexpr std::size_t value_space(value_kind kind, std::size_t size) noexcept {
  if (is_scalar(kind)) return 8;
  return kind == value_kind::text ? size + 1 : padded(size);
}

[[nodiscard]] FANLIGHT_HOT constexpr std::size_t item_space(value_kind kind, std::size_t value_size, std::size_t key_size) noexcept {
  return sizeof(item_head) + padded(value_space(kind, value_size) + key_size + 1);
}

[[nodiscard]] constexpr std::size_t entry_space(std::size_t name_size) noexcept { return sizeof(entry_head) + padded(name_size + 1); }

/// Reads one item in place. A view: valid as long as the bytes are.
struct item_view {
  unsigned char const* at;

  [[nodiscard]] item_head head() const noexcept {
    item_head out;
    std::memcpy(&out, at, sizeof out);
    return out;
  }
  [[nodiscard]] unsigned char const* value() const noexcept { return at + sizeof(item_head); }
  [[nodiscard]] std::string_view key() const noexcept {
    auto const h = head();
    return {reinterpret_cast<char const*>(value() + value_space(h.kind, h.value_size)), h.key_size};
  }
  [[nodiscard]] std::size_t size() const noexcept {
    auto const h = head();
    return item_space(h.kind, h.value_size, h.key_size);
  }
};

/// Copies `size` bytes. Lengths that the compiler does not know go by overlapping fixed copies: the library call costs more than the
/// bytes when there are few of them.
FANLIGHT_HOT void copy_bytes(void* to, void const* from, std::size_t size) noexcept {
  auto* const out = static_cast<unsigned char*>(to);
  auto const* const in = static_cast<unsigned char const*>(from);
  if (__builtin_constant_p(size) || size > 32) {
    if (size != 0) std::memcpy(out, in, size);
  } else if (size > 16) {
    std::memcpy(out, in, 16);
    std::memcpy(out + size - 16, in + size - 16, 16);
  } else if (size >= 8) {
    std::memcpy(out, in, 8);
    std::memcpy(out + size - 8, in + size - 8, 8);
  } else if (size >= 4) {
    std::memcpy(out, in, 4);
    std::memcpy(out + size - 4, in + size - 4, 4);
  } else if (size != 0) {
    out[0] = in[0];
    out[size / 2] = in[size / 2];
    out[size - 1] = in[size - 1];
  }
}

/// A small hash of a key, good enough to tell most pairs of keys apart; folded by the compiler for literals.
[[nodiscard]] FANLIGHT_HOT std::uint32_t key_hash(char const* key, std::size_t size) noexcept {
  std::uint64_t first = 0, last = 0;
  if (size >= 8) {
    std::memcpy(&first, key, 8);
    std::memcpy(&last, key + size - 8, 8);
  } else if (size >= 4) {
    std::uint32_t a = 0, b = 0;
    std::memcpy(&a, key, 4);
    std::memcpy(&b, key + size - 4, 4);
    first = a;
    last = b;
  } else if (size != 0) {
    first = static_cast<unsigned char>(key[0]);
    last = static_cast<std::uint64_t>(static_cast<unsigned char>(key[size / 2])) << 8 | static_cast<unsigned char>(key[size - 1]);
  }
  auto const mixed = (first ^ (last << 23 | last >> 41) ^ size) * 0x9E3779B97F4A7C15u;
  return static_cast<std::uint32_t>(mixed >> 56);
}

/// 256 bits that prove, in the common case, that a key is new.
struct key_filter {
  std::uint64_t words[4];

  [[nodiscard]] bool may_hold(std::uint32_t hash) const noexcept { return (words[hash >> 6] >> (hash & 63) & 1) != 0; }
  void add(std::uint32_t hash) noexcept { words[hash >> 6] |= std::uint64_t{1} << (hash & 63); }
  void add(key_filter const& other) noexcept {
    for (int i = 0; i < 4; ++i) words[i] |= other.words[i];
  }
};

}  // namespace detail
FANLIGHT_END

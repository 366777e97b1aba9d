// A record being written: a packed entry with a bump pointer, in memory of whoever owns the draft (inside a scoped_span, on the heap
// for a span) or, when it grows, in one heap block. One thread at a time writes; finish() hands the bytes to that thread's ring.
#pragma once

#include <fanlight/detail/core.hpp>
#include <fanlight/kinds.hpp>
#include <fanlight/value.hpp>

#include <cstddef>

FANLIGHT_BEGIN

struct link;

namespace detail {

struct draft {
  unsigned char* data;  // the entry's head; null: nothing is recorded; ended_mark(): nothing is recorded any more
  unsigned char* at;    // where the next item goes
  unsigned char* end;
  core_face* core;
  key_filter filter;
  std::uint32_t value_limit;
  std::uint16_t attributes_left, events_left, links_left;
  std::uint16_t uncaught;   // exceptions in flight when it began
  std::uint8_t on_heap;     // `data` is a block of its own
  std::uint8_t explicit_end;

  [[nodiscard]] bool is_open() const noexcept { return reinterpret_cast<std::uintptr_t>(data) > 1; }
  /// What is written now comes too late, and that is told.
  [[nodiscard]] bool has_ended() const noexcept { return reinterpret_cast<std::uintptr_t>(data) == 1; }
  [[nodiscard]] static unsigned char* ended_mark() noexcept { return reinterpret_cast<unsigned char*>(std::uintptr_t{1}); }
  [[nodiscard]] entry_head& head() noexcept { return *reinterpret_cast<entry_head*>(data); }
};

/// What a new span is to be.
struct start_facts {
  std::string_view name;
  span_kind kind = span_kind::internal;
  std::uint8_t flags = 0;          // entry_flag
  bool has_parent = false;         // `parent` counts; else the current scope does
  context const* parent = nullptr; // null: a new trace
  attribute const* attributes = nullptr;
  std::size_t attribute_count = 0;
  link const* links = nullptr;
  std::size_t link_count = 0;
  wall_time start{};
  std::string_view scope_name{}, scope_version{};
  fanlight::source where{};
  fanlight::trace_id trace{};      // filled in before a sampler is asked
  forced_sampling force = forced_sampling::none;
  std::string_view* rule = nullptr;  // a sampler leaves here by which of X-Ray's rules it decided; the text stays as long as the pipeline
};

/// The head of an event or a link, which ends up in front of its attributes, and where in it the number of dropped ones stands.
struct group_head {
  void const* data;
  std::size_t size, dropped_at;

  template <class Head>
  explicit group_head(Head const& head) noexcept : data{&head}, size{sizeof head}, dropped_at{offsetof(Head, dropped)} {}
};

/// What an event or a link is: `attributes`, of which at most `limit` count, behind a head and perhaps a text. Borrows.
struct group_parts {
  item_role role;
  std::string_view key;
  group_head head;
  std::string_view extra;  // its data is null: there is none
  attribute const* attributes;
  std::size_t count;
  std::uint16_t limit;

  [[nodiscard]] std::size_t lead() const noexcept { return head.size + (extra.data() == nullptr ? 0 : padded(extra.size() + 1)); }
};

/// What of that is to be written: how many attributes, in how many bytes; those of a key that comes again later are not lost.
struct group_plan {
  std::size_t size = 0, kept = 0, again = 0;
};

/// Everything that leaves the straight path of put(): a key seen before, no room, a limit, an empty key, a draft that has ended.
FANLIGHT_COLD void put_slowly(draft& d, item_role role, std::string_view key, value const& what) noexcept;

/// Writes an attribute or annotation; the last value of a key wins.
FANLIGHT_HOT void put(draft& d, item_role role, std::string_view key, value const& what) noexcept {
  if (!d.is_open()) {
    if (__builtin_expect(d.has_ended(), 0)) put_slowly(d, role, key, what);
    return;
  }
  std::uint32_t const hash = key_hash(key.data(), key.size());
  std::size_t const space = item_space(what.kind(), what.size(), key.size());
  if (__builtin_expect(space > static_cast<std::size_t>(d.end - d.at) || d.filter.may_hold(hash) || d.attributes_left == 0 ||
                           key.size() - 1 >= 0xFFFF || (!is_scalar(what.kind()) && what.size() > d.value_limit),
                       0))
    return put_slowly(d, role, key, what);
  d.filter.add(hash);
  --d.attributes_left;
  write_item(d.at, role, key, what);
  d.at += space;
}

/// put(), not inlined.
void put_attribute(draft& d, item_role role, std::string_view key, value const& what) noexcept;
void put_metadata(draft& d, std::string_view space, std::string_view key, value const& what) noexcept;
void put_fact(draft& d, fact_key key, std::string_view text) noexcept;
/// A fact that is no text.
void put_packed(draft& d, fact_key key, value const& what) noexcept;
void put_event(draft& d, std::string_view name, attribute const* attributes, std::size_t count, wall_time at) noexcept;
void put_link(draft& d, context const& to, attribute const* attributes, std::size_t count) noexcept;
void put_status(draft& d, status_code code, std::string_view message) noexcept;
void put_name(draft& d, std::string_view name) noexcept;

/// A draft that records nothing.
[[nodiscard]] draft& no_draft() noexcept;

/// Makes room for `more` bytes of items. False: there is no memory, or the record would be larger than a record may be.
[[nodiscard]] bool make_room(draft& d, std::size_t more) noexcept;

/// Begins a draft of `type` in `room` bytes at `data`: head, name, limits, and the facts that hold in this thread.
void open_draft(draft& d, thread_block& t, core_face& core, unsigned char* data, std::size_t room, entry_type type,
                std::string_view name, source where) noexcept;
/// Hands the entry to the thread's ring and lets go of its memory. `d` records nothing from then on.
void close_draft(draft& d, thread_block& t) noexcept;
/// Lets go of the memory, and nothing is recorded.
void discard_draft(draft& d, thread_block& t) noexcept;

/// Memory of at least `size` bytes: a block the thread kept, or one from the heap. Null: there is none.
[[nodiscard]] void* take_block(thread_block& t, std::size_t size) noexcept;
void keep_block(thread_block& t, void* block, std::size_t size) noexcept;

/// A log record as far as a report of what is handled where it is written wants to know. Borrows.
struct log_facts {
  level at;
  std::string_view logger, message;
  attribute const* fields;
  std::size_t field_count;
  source where;
};

/// How many exceptions are in flight in the calling thread.
[[nodiscard]] unsigned exceptions_in_flight(thread_block const& t) noexcept;

/// Says something is wrong through the thread's pipeline, if there is one.
void tell(core_face* core, int problem, std::string_view about) noexcept;

}  // namespace detail
FANLIGHT_END

// The floor: the least code that could possibly serve for one span, measured in the same process as fanlight so that figures of two
// machines can be compared. Two clock reads, ids from a thread-local xoshiro, a name and five attributes copied into a ring whose lengths
// the compiler does not know. A ring belongs to one producer thread; at most one other thread consumes it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>

#include <time.h>

namespace bench {

/// Makes the compiler forget what it knows of a value.
template <class T>
[[gnu::always_inline]] inline T hidden(T value) noexcept {
  __asm__ __volatile__("" : "+r"(value));
  return value;
}
[[gnu::always_inline]] inline std::string_view hidden_text(std::string_view text) noexcept {
  return {hidden(text.data()), hidden(text.size())};
}

[[gnu::always_inline]] inline std::int64_t realtime() noexcept {
  timespec now;
  ::clock_gettime(CLOCK_REALTIME, &now);
  return static_cast<std::int64_t>(now.tv_sec) * 1'000'000'000 + now.tv_nsec;
}

struct xoshiro {
  std::uint64_t state[4];
  [[gnu::always_inline]] std::uint64_t next() noexcept {
    auto const turn = [](std::uint64_t x, int by) { return x << by | x >> (64 - by); };
    std::uint64_t const out = turn(state[0] + state[3], 23) + state[0], shifted = state[1] << 17;
    state[2] ^= state[0];
    state[3] ^= state[1];
    state[1] ^= state[2];
    state[0] ^= state[3];
    state[2] ^= shifted;
    state[3] = turn(state[3], 45);
    return out;
  }
};
inline constinit thread_local xoshiro generator{{0x9E3779B97F4A7C15u, 0xBF58476D1CE4E5B9u, 0x94D049BB133111EBu, 0xD6E8FEB86659FD93u}};

/// Lengths that are not known go by overlapping fixed copies; under 32 bytes that beats the library's memcpy.
[[gnu::always_inline]] inline void copy_short(unsigned char* to, char const* from, std::size_t size) noexcept {
  if (size > 32) {
    std::memcpy(to, from, size);
  } else if (size > 16) {
    std::memcpy(to, from, 16);
    std::memcpy(to + size - 16, from + size - 16, 16);
  } else if (size >= 8) {
    std::memcpy(to, from, 8);
    std::memcpy(to + size - 8, from + size - 8, 8);
  } else if (size >= 4) {
    std::memcpy(to, from, 4);
    std::memcpy(to + size - 4, from + size - 4, 4);
  } else {
    for (std::size_t i = 0; i < size; ++i) to[i] = static_cast<unsigned char>(from[i]);
  }
}

class floor_ring {
 public:
  static constexpr std::size_t largest = 512;
  explicit floor_ring(std::size_t bytes = std::size_t{1} << 20) : room{bytes}, data{std::make_unique<unsigned char[]>(bytes)} {}

  /// Where the next entry goes; a wrap skips to the front, so every entry lies in one piece.
  [[gnu::always_inline]] unsigned char* open() noexcept {
    std::uint64_t const here = head & (room - 1);
    if (__builtin_expect(room - here < largest, 0)) {
      std::uint32_t const none = 0;
      std::memcpy(data.get() + here, &none, 4);
      head += room - here;
      return data.get();
    }
    return data.get() + here;
  }
  [[gnu::always_inline]] void publish(std::uint64_t size) noexcept { __atomic_store_n(&head, head + size, __ATOMIC_RELEASE); }

  alignas(64) std::uint64_t head = 0;
  alignas(64) std::uint64_t tail = 0;
  alignas(64) std::size_t const room;
  std::unique_ptr<unsigned char[]> const data;
};

struct floor_head {
  std::uint32_t size, name_size;
  std::uint64_t trace_id[2], span_id;
  std::int64_t start, end;
};

[[gnu::always_inline]] inline unsigned char* put_text(unsigned char* to, std::string_view key, std::string_view value) noexcept {
  std::uint32_t const sizes[2]{static_cast<std::uint32_t>(key.size()), static_cast<std::uint32_t>(value.size())};
  std::memcpy(to, sizes, 8);
  copy_short(to + 8, key.data(), key.size());
  copy_short(to + 8 + key.size(), value.data(), value.size());
  return to + ((8 + key.size() + value.size() + 7) & ~std::size_t{7});
}
[[gnu::always_inline]] inline unsigned char* put_word(unsigned char* to, std::string_view key, std::uint64_t value) noexcept {
  std::uint32_t const sizes[2]{static_cast<std::uint32_t>(key.size()), 8};
  std::memcpy(to, sizes, 8);
  std::memcpy(to + 8, &value, 8);
  copy_short(to + 16, key.data(), key.size());
  return to + ((16 + key.size() + 7) & ~std::size_t{7});
}

/// One span with five attributes.
template <class Clock>
[[gnu::always_inline]] inline void floor_span(floor_ring& ring, std::int64_t count, Clock clock) noexcept {
  floor_head head;
  head.start = clock();
  head.trace_id[0] = generator.next();
  head.trace_id[1] = generator.next();
  head.span_id = generator.next();
  unsigned char* const begin = ring.open();
  auto const name = hidden_text("operation");
  double const took = hidden(12.75);
  std::uint64_t took_bits;
  std::memcpy(&took_bits, &took, 8);
  copy_short(begin + sizeof head, name.data(), name.size());
  unsigned char* at = begin + sizeof head + ((name.size() + 7) & ~std::size_t{7});
  at = put_text(at, hidden_text("http.request.method"), hidden_text("GET"));
  at = put_text(at, hidden_text("url.path"), hidden_text("/v1/items/search"));
  at = put_word(at, hidden_text("http.response.status_code"), 200);
  at = put_word(at, hidden_text("item.count"), static_cast<std::uint64_t>(count));
  at = put_word(at, hidden_text("duration.ms"), took_bits);
  head.end = clock();
  head.name_size = static_cast<std::uint32_t>(name.size());
  head.size = static_cast<std::uint32_t>(at - begin);
  std::memcpy(begin, &head, sizeof head);
  ring.publish(head.size);
}

/// One log line with three fields.
[[gnu::always_inline]] inline void floor_log(floor_ring& ring, std::int64_t count) noexcept {
  unsigned char* const begin = ring.open();
  std::int64_t const now = realtime();
  unsigned char* at = put_text(begin + 16, hidden_text("request served"), {});
  at = put_text(at, hidden_text("url.path"), hidden_text("/v1/items/search"));
  at = put_word(at, hidden_text("http.response.status_code"), 200);
  at = put_word(at, hidden_text("item.count"), static_cast<std::uint64_t>(count));
  auto const size = static_cast<std::uint32_t>(at - begin);
  std::memcpy(begin, &size, 4);
  std::memcpy(begin + 8, &now, 8);
  ring.publish(size);
}

}  // namespace bench

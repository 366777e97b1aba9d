// The rings of a pipeline: what goes in comes out, whole and in order; what has no room is counted; a ring whose thread has gone is used
// again, and one whose pipeline has gone is given back.
#include <fanlight/impl/rings.ipp>

#include "catch.hpp"

#include <atomic>
#include <cstring>
#include <thread>
#include <vector>

namespace d = fanlight::detail;

namespace {

struct harness {
  explicit harness(std::size_t room) : rings{room} {
    operations.wake = [](d::core_face& face, d::ring& from) noexcept {
      from.mark = from.head + (std::uint64_t{1} << 62);
      ++static_cast<harness*>(face.source_of_time)->wakes;
    };
    operations.leave_ring = [](d::core_face& face, d::ring& one) noexcept { static_cast<harness*>(face.source_of_time)->rings.leave(one); };
    operations.count_late = [](d::core_face& face, d::entry_type, std::uint64_t count) noexcept {
      static_cast<harness*>(face.source_of_time)->late += count;
    };
    core.layout = d::layout_version;
    core.operations = &operations;
    core.source_of_time = this;
  }
  [[nodiscard]] d::ring* open(d::thread_block& t) { return rings.open(core, t); }

  d::core_operations operations{};
  d::core_face core{};
  d::ring_registry rings;
  int wakes = 0;
  std::uint64_t late = 0;
};

/// An entry of `size` bytes that carries a number.
[[nodiscard]] std::vector<unsigned char> entry(std::uint32_t size, std::uint64_t number) {
  std::vector<unsigned char> out(size, static_cast<unsigned char>(number));
  std::memcpy(out.data(), &size, sizeof size);
  out[4] = static_cast<unsigned char>(d::entry_type::span);
  std::memcpy(out.data() + 8, &number, sizeof number);
  return out;
}
void push(harness& at, d::ring& to, std::uint32_t size, std::uint64_t number) {
  auto const bytes = entry(size, number);
  d::push(at.core, to, bytes.data(), bytes.size(), d::entry_type::span);
}

/// Takes what is there, as the dispatcher does, and says which numbers came and whether each was whole.
void drain(d::ring& from, std::vector<std::uint64_t>& numbers, bool& whole) {
  std::uint64_t const head = __atomic_load_n(&from.head, __ATOMIC_ACQUIRE);
  while (from.tail != head) {
    unsigned char const* const at = from.data + (from.tail & from.mask);
    std::uint32_t size = 0;
    std::memcpy(&size, at, sizeof size);
    if (at[4] != 0) {
      std::uint64_t number = 0;
      std::memcpy(&number, at + 8, sizeof number);
      numbers.push_back(number);
      for (std::uint32_t i = 16; i < size; ++i) whole = whole && at[i] == static_cast<unsigned char>(number);
      __atomic_store_n(&from.gathered[1], from.gathered[1] + 1, __ATOMIC_RELAXED);
    }
    __atomic_store_n(&from.tail, from.tail + size, __ATOMIC_RELEASE);
  }
}

}  // namespace

TEST_CASE("entries of all sizes pass a ring whole and in order while it turns over many times") {
  harness at{4096};
  d::thread_block t{};
  auto* const ring = at.open(t);
  REQUIRE(ring != nullptr);
  std::vector<std::uint64_t> numbers;
  bool whole = true;
  constexpr std::uint64_t all = 5000;
  for (std::uint64_t i = 0; i < all; ++i) {
    push(at, *ring, static_cast<std::uint32_t>(96 + 8 * (i * 7 % 100)), i);
    if (i % 4 == 3) drain(*ring, numbers, whole);
  }
  drain(*ring, numbers, whole);
  CHECK(whole);
  REQUIRE(numbers.size() == all);
  for (std::uint64_t i = 0; i < all; ++i) REQUIRE(numbers[i] == i);
  CHECK(ring->dropped[1] == 0);
}

TEST_CASE("one thread writes while another reads, and each entry comes once or is counted as lost") {
  harness at{4096};
  d::thread_block t{};
  auto* const ring = at.open(t);
  constexpr std::uint64_t all = 100'000;
  std::atomic<bool> done{false};
  std::thread writer{[&] {
    for (std::uint64_t i = 0; i < all; ++i) push(at, *ring, static_cast<std::uint32_t>(96 + 8 * (i % 20)), i);
    done = true;
  }};
  std::vector<std::uint64_t> numbers;
  bool whole = true, in_order = true;
  while (!done) drain(*ring, numbers, whole);
  writer.join();
  drain(*ring, numbers, whole);
  for (std::size_t i = 1; i < numbers.size(); ++i) in_order = in_order && numbers[i - 1] < numbers[i];
  CHECK(whole);
  CHECK(in_order);
  CHECK(numbers.size() + ring->dropped[1] == all);
  auto const totals = at.rings.totals();
  CHECK(totals.waiting[1] == 0);
  CHECK(totals.dropped[1] == ring->dropped[1]);
}

TEST_CASE("what has no room is counted, and what lies there waits") {
  harness at{4096};
  d::thread_block t{};
  auto* const ring = at.open(t);
  for (std::uint64_t i = 0; i < 100; ++i) push(at, *ring, 104, i);
  auto const totals = at.rings.totals();
  CHECK(totals.waiting[1] == 4096 / 104);
  CHECK(totals.dropped[1] == 100 - 4096 / 104);
  push(at, *ring, 8192, 0);  // larger than the ring
  CHECK(at.rings.totals().dropped[1] == totals.dropped[1] + 1);
}

TEST_CASE("the first entry behind the mark rings the bell, and no other") {
  harness at{4096};
  d::thread_block t{};
  auto* const ring = at.open(t);
  push(at, *ring, 104, 0);
  CHECK(at.wakes == 1);
  push(at, *ring, 104, 1);
  CHECK(at.wakes == 1);
  ring->mark = ring->head + 208;
  push(at, *ring, 104, 2);
  push(at, *ring, 104, 3);
  CHECK(at.wakes == 1);
  push(at, *ring, 104, 4);
  CHECK(at.wakes == 2);
}

TEST_CASE("a thread finds its ring again, a drained ring of one that has gone is the next one's") {
  harness at{4096};
  d::thread_block one{}, two{}, three{};
  auto* const first = at.open(one);
  CHECK(at.open(one) == first);
  CHECK(at.open(two) != first);
  push(at, *first, 104, 0);
  at.rings.leave(*first);
  CHECK(d::state_of(*first) == d::ring_state::left);
  CHECK(at.open(three) != first);  // it has not been drained
  std::vector<std::uint64_t> numbers;
  bool whole = true;
  drain(*first, numbers, whole);
  at.rings.recycle(*first);
  d::thread_block four{};
  CHECK(at.open(four) == first);
  CHECK(d::state_of(*first) == d::ring_state::live);
  push(at, *first, 104, 1);
  CHECK(at.rings.totals().waiting[1] == 1);
}

TEST_CASE("a closed registry opens nothing, retired, it frees what nobody can write to") {
  harness at{4096};
  d::thread_block one{}, two{};
  auto* const live = at.open(one);
  auto* const gone = at.open(two);
  push(at, *gone, 104, 0);
  at.rings.leave(*gone);
  at.rings.close();
  d::thread_block three{};
  CHECK(at.open(three) == nullptr);
  at.rings.retire();
  CHECK(gone->data == nullptr);
  REQUIRE(live->data != nullptr);
  push(at, *live, 104, 0);  // a span that ends late
  at.rings.leave(*live);
  CHECK(live->data == nullptr);
  CHECK(at.rings.totals().waiting[1] == 2);
}

TEST_CASE("a thread lets go of the rings of pipelines that have ended when it opens another") {
  harness ended{4096}, next{4096};
  d::thread_block t{};
  auto* const old = ended.open(t);
  ended.rings.close();
  ended.rings.retire();
  ended.core.closed = 1;
  auto* const fresh = next.open(t);
  REQUIRE(fresh != nullptr);
  CHECK(old->data == nullptr);
  CHECK(t.rings == fresh);
  CHECK(fresh->next_of_thread == nullptr);
}

TEST_CASE("threads without a ring share one, and after the end their records are late") {
  harness at{1 << 20};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&] {
      auto const bytes = entry(104, 1);
      for (int n = 0; n < 500; ++n) at.rings.push_shared(at.core, bytes.data(), bytes.size(), d::entry_type::span);
    });
  for (auto& each : threads) each.join();
  CHECK(at.rings.totals().waiting[1] == 2000);

  harness closed{4096};
  closed.rings.close();
  auto const bytes = entry(104, 1);
  closed.rings.push_shared(closed.core, bytes.data(), bytes.size(), d::entry_type::span);
  CHECK(closed.late == 1);
}

// The rings of a pipeline: made for a thread at its first record, handed on to the next thread when that one ends, never freed while the
// pipeline or the thread might still look at them. Threads open and leave, the dispatcher walks, anybody may count.
#pragma once

#include <fanlight/detail/core.hpp>

#include <mutex>
#include <new>
#include <vector>

#include <sys/mman.h>

FANLIGHT_BEGIN
namespace detail {

/// A ring of `room` bytes, a power of two; null when there is no memory. Pages are taken from the system as they are first written.
[[nodiscard]] inline ring* make_ring(std::size_t room) noexcept {
  auto* const out = new (std::nothrow) ring{};
  if (out == nullptr) return nullptr;
  void* const data = ::mmap(nullptr, room, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (data == MAP_FAILED) {
    delete out;
    return nullptr;
  }
  out->data = static_cast<unsigned char*>(data);
  out->mask = room - 1;
  return out;
}

[[nodiscard]] inline ring_state state_of(ring const& one) noexcept {
  return static_cast<ring_state>(__atomic_load_n(&one.state, __ATOMIC_ACQUIRE));
}
inline void set_state(ring& one, ring_state state) noexcept {
  __atomic_store_n(&one.state, static_cast<std::uint32_t>(state), __ATOMIC_RELEASE);
}
[[nodiscard]] inline std::uint64_t look(std::uint64_t const& counter) noexcept { return __atomic_load_n(&counter, __ATOMIC_RELAXED); }

struct ring_totals {
  std::uint64_t waiting[entry_types]{};  // published and not gathered
  std::uint64_t dropped[entry_types]{};  // the ring was full
};

class ring_registry {
 public:
  explicit ring_registry(std::size_t room) noexcept : room_{room} {}
  ring_registry(ring_registry const&) = delete;
  ring_registry& operator=(ring_registry const&) = delete;
  /// For tests: a pipeline's registry is as immortal as its core.
  FANLIGHT_COLD ~ring_registry() {
    for (auto* const each : all_) {
      free_data(*each);
      delete each;
    }
  }

  /// The calling thread's ring: the one it has, one that another thread left, or a new one.
  [[nodiscard]] FANLIGHT_COLD ring* open(core_face& core, thread_block& t) noexcept {
    for (auto* each = static_cast<ring*>(t.rings); each != nullptr; each = each->next_of_thread)
      if (each->core == &core && state_of(*each) == ring_state::live) return each;
    let_go_of_closed(t);
    std::lock_guard const held{lock_};
    if (closed_) return nullptr;
    ring* out = free_.empty() ? nullptr : free_.back();
    if (out != nullptr)
      free_.pop_back();
    else if (out = make_listed(core); out == nullptr)
      return nullptr;
    out->thread_id = t.thread_id;
    out->next_of_thread = static_cast<ring*>(t.rings);
    t.rings = out;
    set_state(*out, ring_state::live);
    return out;
  }

  /// The thread of `one` has ended, or has no more use for it.
  FANLIGHT_COLD void leave(ring& one) noexcept {
    std::lock_guard const held{lock_};
    if (state_of(one) == ring_state::live) set_state(one, ring_state::left);
    if (retired_) free_data(one);
  }

  /// A left ring that has been drained goes to the next thread.
  FANLIGHT_COLD void recycle(ring& one) noexcept {
    std::lock_guard const held{lock_};
    try {
      free_.push_back(&one);
      set_state(one, ring_state::abandoned);
    } catch (std::bad_alloc const&) {
    }
  }

  /// All rings, for the dispatcher; `known` tells whether that is news.
  FANLIGHT_COLD void list(std::vector<ring*>& to, std::size_t& known) {
    std::lock_guard const held{lock_};
    if (known == all_.size()) return;
    to = all_;
    known = all_.size();
  }

  [[nodiscard]] FANLIGHT_COLD ring_totals totals() const noexcept {
    ring_totals out;
    std::lock_guard const held{lock_};
    for (auto const* each : all_)
      for (std::size_t type = 0; type < entry_types; ++type) {
        out.waiting[type] += look(each->published[type]) - look(each->gathered[type]);
        out.dropped[type] += look(each->dropped[type]);
      }
    return out;
  }

  /// No ring is opened from now on; the pipeline is closing.
  FANLIGHT_COLD void close() noexcept {
    std::lock_guard const held{lock_};
    closed_ = true;
  }
  /// Nobody reads any more. What no thread can write to is freed; a thread that still ends a span writes into fresh pages, unread. The
  /// counters stay.
  FANLIGHT_COLD void retire() noexcept {
    std::lock_guard const held{lock_};
    retired_ = true;
    for (auto* const each : all_)
      if (state_of(*each) == ring_state::live)
        ::madvise(each->data, each->mask + 1, MADV_DONTNEED);
      else
        free_data(*each);
  }

  [[nodiscard]] std::size_t room() const noexcept { return room_; }

  /// For records of threads that have no ring any more: one at a time.
  FANLIGHT_COLD void push_shared(core_face& core, unsigned char const* entry, std::uint64_t size, entry_type type) noexcept {
    std::lock_guard const held{shared_lock_};
    if (shared_ == nullptr) {
      std::lock_guard const held_too{lock_};
      shared_ = closed_ ? nullptr : make_listed(core);
      if (shared_ == nullptr) return core.operations->count_late(core, type, 1);
      set_state(*shared_, ring_state::live);
    }
    push(core, *shared_, entry, size, type);
  }

 private:
  /// Rings of the calling thread whose pipeline has ended.
  FANLIGHT_COLD static void let_go_of_closed(thread_block& t) noexcept {
    ring* kept = nullptr;
    for (auto* each = static_cast<ring*>(t.rings); each != nullptr;) {
      auto* const next = each->next_of_thread;
      if (__atomic_load_n(&each->core->closed, __ATOMIC_ACQUIRE) != 0) {
        each->core->operations->leave_ring(*each->core, *each);
      } else {
        each->next_of_thread = kept;
        kept = each;
      }
      each = next;
    }
    t.rings = kept;
  }
  FANLIGHT_COLD static void free_data(ring& one) noexcept {
    if (one.data != nullptr) ::munmap(one.data, one.mask + 1);
    one.data = nullptr;
  }

  [[nodiscard]] FANLIGHT_COLD ring* make_listed(core_face& core) noexcept {
    ring* const out = make_ring(room_);
    if (out == nullptr) return nullptr;
    out->core = &core;
    try {
      all_.push_back(out);
      free_.reserve(all_.size());
    } catch (std::bad_alloc const&) {
      free_data(*out);
      delete out;
      return nullptr;
    }
    return out;
  }

  std::size_t const room_;
  mutable std::mutex lock_;
  std::mutex shared_lock_;
  std::vector<ring*> all_;
  std::vector<ring*> free_;
  ring* shared_ = nullptr;
  bool closed_ = false, retired_ = false;
};

}  // namespace detail
FANLIGHT_END

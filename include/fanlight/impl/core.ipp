// A pipeline's core: the face that instruments look at, and behind it the works. Made by `pipeline`, listed in the process's block, never
// freed, so that a late span can only be counted and never dangle. In a child after fork it is asleep until the first record, which makes
// new works from the same settings; nothing of the parent's is sent, joined or destroyed there. Any thread may call.
#pragma once

#include <fanlight/detail/detectors.hpp>
#include <fanlight/impl/objects.ipp>
#include <fanlight/impl/works.ipp>
#include <fanlight/pipeline.hpp>

#include <pthread.h>
#include <sched.h>

FANLIGHT_BEGIN
namespace detail {

/// One at a time, for what happens seldom; never held while waiting for anything.
class spin_lock {
 public:
  explicit spin_lock(std::uint32_t& word) noexcept : word_{word} {
    while (__atomic_exchange_n(&word_, 1u, __ATOMIC_ACQUIRE) != 0) ::sched_yield();
  }
  spin_lock(spin_lock const&) = delete;
  spin_lock& operator=(spin_lock const&) = delete;
  ~spin_lock() noexcept { __atomic_store_n(&word_, 0u, __ATOMIC_RELEASE); }

 private:
  std::uint32_t& word_;
};

class core final : public core_face {
 public:
  explicit core(config given);

  bool flush(std::chrono::nanoseconds limit);
  bool shutdown(std::chrono::nanoseconds limit);
  [[nodiscard]] statistics stats() const;
  [[nodiscard]] std::vector<problem> problems() const;
  [[nodiscard]] settings const& settled() const noexcept { return settled_; }
  [[nodiscard]] std::chrono::milliseconds shutdown_within() const noexcept { return given_.shutdown_within; }
  /// In the child, between fork's return and anything else: a mark, no more.
  void note_fork() noexcept {
    __atomic_store_n(&works_, nullptr, __ATOMIC_RELEASE);
    lock_ = 0;
  }

 private:
  void fill_face();
  void list() noexcept;
  /// What runs in this process; null in a child that has not recorded yet.
  [[nodiscard]] works* awake() const noexcept { return __atomic_load_n(&works_, __ATOMIC_ACQUIRE); }
  /// The same, made anew in a child; null when it cannot be.
  [[nodiscard]] works* wake_up() noexcept;

  [[nodiscard]] static core& of(core_face& face) noexcept { return static_cast<core&>(face); }
  [[nodiscard]] static core_operations const* operations_table() noexcept;
  [[nodiscard]] static std::uint32_t ask_sampler(core_face& face, start_facts const& how) noexcept;
  static void hear(core_face& face, int code, std::string_view about) noexcept;

  config const given_;
  settings settled_;
  std::vector<problem> said_;
  works* works_ = nullptr;  // atomic
  std::uint32_t lock_ = 0;
  std::uint32_t closing_ = 0;
};

FANLIGHT_INLINE core::core(config given) : core_face{}, given_{std::move(given)} {
  settled_ = resolve(given_, said_);
  if (settled_.disabled) settled_.exporters.clear();
  fill_face();
  works_ = new works{*this, settled_, given_};
  for (auto const& each : said_) works_->problems.report(each.code, each.what, each.exporter);
  works_->start(settled_);
  list();
}

FANLIGHT_INLINE void core::fill_face() {
  auto const count = [](std::uint32_t number) { return static_cast<std::uint16_t>(number < 0xFFFF ? number : 0xFFFF); };
  layout = layout_version;
  operations = operations_table();
  sampler = settled_.sampler.mode();
  parent_based = settled_.sampler.is_parent_based() ? 1 : 0;
  threshold = settled_.sampler.threshold();
  write_threshold = settled_.write_threshold ? 1 : 0;
  propagators = pack_propagators(settled_.propagators.data(), settled_.propagators.size());
  value_limit = settled_.value_length;
  log_value_limit = settled_.log_value_length;
  attribute_limit = count(settled_.attributes);
  event_limit = count(settled_.events);
  link_limit = count(settled_.links);
  event_attribute_limit = count(settled_.event_attributes);
  link_attribute_limit = count(settled_.link_attributes);
  log_attribute_limit = count(settled_.log_attributes);
  largest_entry = static_cast<std::uint32_t>(settled_.capture_bytes / 4);
  minimum_level = static_cast<std::uint32_t>(given_.minimum_level);
  for (auto const& spec : settled_.exporters) wants_open |= spec.wants_open ? 1u : 0u;
  source_of_time = source_of_ids = this;
  if (given_.instead.ticks) ticks = [](void* self) noexcept { return static_cast<core*>(self)->given_.instead.ticks(); };
  if (given_.instead.random) random = [](void* self) noexcept { return static_cast<core*>(self)->given_.instead.random(); };
}

FANLIGHT_INLINE bool core::flush(std::chrono::nanoseconds limit) {
  auto* const now = awake();
  return now == nullptr || now->dispatch.flush(steady::now() + limit);
}

FANLIGHT_INLINE bool core::shutdown(std::chrono::nanoseconds limit) {
  auto const until = steady::now() + limit;
  if (__atomic_exchange_n(&closing_, 1u, __ATOMIC_ACQ_REL) != 0) return true;
  auto* const now = awake();
  bool const flushed = now == nullptr || now->dispatch.flush(until);
  __atomic_store_n(&closed, 1u, __ATOMIC_RELEASE);
  if (now == nullptr) return true;
  now->rings.close();
  bool const stopped = now->dispatch.stop(until);
  now->note_end();
  if (stopped) now->rings.give_pages_back();
  return flushed && stopped;
}

FANLIGHT_INLINE statistics core::stats() const {
  auto const* const now = awake();
  return now == nullptr ? statistics{} : now->count();
}

FANLIGHT_INLINE std::vector<problem> core::problems() const {
  auto const* const now = awake();
  return now == nullptr ? said_ : now->problems.history();
}

// ---- fork -----------------------------------------------------------------------------------------------------------------------------

/// In the child: the calling thread is the only one left. It forgets its rings, its number and its seed, and every pipeline falls asleep.
FANLIGHT_INLINE void after_fork_in_child() noexcept {
  auto& block = home();
  auto& t = here();
  t.ready = t.channel = t.rings = nullptr;
  t.thread_id = 0;
  block.lock = 0;
  ++block.forks;
  for (auto* each = static_cast<core_face*>(block.cores); each != nullptr; each = each->next)
    if (each->layout == layout_version) static_cast<core*>(each)->note_fork();
}

FANLIGHT_INLINE void core::list() noexcept {
  auto& block = home();
  spin_lock const held{block.lock};
  if ((block.flags & 1u) == 0) {
    block.flags |= 1u;
    ::pthread_atfork(nullptr, nullptr, after_fork_in_child);
  }
  next = static_cast<core_face*>(block.cores);
  block.cores = static_cast<core_face*>(this);
}

FANLIGHT_INLINE works* core::wake_up() noexcept {
  if (auto* const now = awake(); now != nullptr) return now;
  spin_lock const held{lock_};
  if (auto* const now = awake(); now != nullptr) return now;
  if (__atomic_load_n(&closed, __ATOMIC_ACQUIRE) != 0) return nullptr;
  try {
    settled_.who = std::make_shared<resource const>(assemble_resource(settled_.stated, settled_.detect_resource));
    auto* const fresh = new works{*this, settled_, given_};
    fresh->start(settled_);
    __atomic_store_n(&works_, fresh, __ATOMIC_RELEASE);
    return fresh;
  } catch (...) {
    return nullptr;
  }
}

// ---- what instruments call ------------------------------------------------------------------------------------------------------------

FANLIGHT_INLINE core_operations const* core::operations_table() noexcept {
  static constexpr core_operations table{
      [](core_face& face, thread_block& t) noexcept -> ring* {
        auto* const now = of(face).wake_up();
        return now == nullptr ? nullptr : now->rings.open(face, t);
      },
      [](core_face& face, ring& one) noexcept {
        if (auto* const now = of(face).awake(); now != nullptr) now->rings.leave(one);
      },
      [](core_face& face, ring& from) noexcept {
        __atomic_store_n(&from.mark, from.head + (std::uint64_t{1} << 62), __ATOMIC_RELAXED);
        if (auto* const now = of(face).awake(); now != nullptr) now->dispatch.bell().ring();
      },
      [](core_face& face) noexcept {
        if (auto* const now = of(face).awake(); now != nullptr) now->dispatch.hurry();
      },
      [](core_face& face, unsigned char const* entry, std::uint64_t size, entry_type type) noexcept {
        if (auto* const now = of(face).wake_up(); now != nullptr) now->rings.push_shared(face, entry, size, type);
      },
      [](core_face& face, entry_type type, std::uint64_t records) noexcept {
        if (auto* const now = of(face).awake(); now != nullptr) now->count_late(type, records);
      },
      &core::hear,
      &core::ask_sampler,
  };
  return &table;
}

FANLIGHT_INLINE void core::hear(core_face& face, int code, std::string_view about) noexcept {
  auto* const now = of(face).awake();
  if (now == nullptr) return;
  auto& t = here();
  auto* const chosen = std::exchange(t.chosen, static_cast<void*>(silent_core()));
  auto const which = static_cast<problem_code>(code);
  try {
    if (now->problems.report(which, describe(which, about.substr(0, 200)))) now->dispatch.bell().ring();
  } catch (...) {
  }
  t.chosen = chosen;
}

FANLIGHT_INLINE std::uint32_t core::ask_sampler(core_face& face, start_facts const& how) noexcept {
  auto& self = of(face);
  auto& t = here();
  auto* const chosen = std::exchange(t.chosen, static_cast<void*>(silent_core()));
  std::uint32_t verdict = 0;
  try {
    switch (self.settled_.sampler.custom()({how.trace, how.parent, how.name, how.kind, how.attributes, how.attribute_count})) {
      case sampling_decision::drop: break;
      case sampling_decision::record: verdict = 1; break;
      case sampling_decision::sample: verdict = 3; break;
    }
  } catch (...) {
    if (auto* const now = self.awake(); now != nullptr)
      if (now->problems.report(problem_code::sampler_threw, "the sampler threw; the trace is not recorded")) now->dispatch.bell().ring();
  }
  t.chosen = chosen;
  return verdict;
}

}  // namespace detail
FANLIGHT_END

// A pipeline's core: the face that instruments look at, and behind it the works. Made by `pipeline`, listed in the process's block, never
// freed, so that a late span can only be counted and never dangle. In a child after fork it is asleep until the first record, which makes
// new works from the same settings; nothing of the parent's is sent, joined or destroyed there. Any thread may call.
#pragma once

#include <fanlight/config.hpp>
#include <fanlight/detail/detectors.hpp>
#include <fanlight/detail/settings.hpp>
#include <fanlight/impl/baggage_facts.ipp>
#include <fanlight/impl/draft_care.ipp>
#include <fanlight/impl/library_text.ipp>
#include <fanlight/impl/objects.ipp>
#include <fanlight/impl/report.ipp>
#include <fanlight/impl/works.ipp>
#include <fanlight/statistics.hpp>

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

/// While it lives, this thread records nothing: what runs is fanlight's own, or called back by it.
class silence {
 public:
  explicit silence(thread_block& t) noexcept
      : t_{t}, chosen_{std::exchange(t.chosen, static_cast<void*>(silent_core()))}, current_{std::exchange(t.current, nullptr)} {}
  silence(silence const&) = delete;
  silence& operator=(silence const&) = delete;
  ~silence() noexcept { t_.chosen = chosen_, t_.current = current_; }

 private:
  thread_block& t_;
  void* chosen_;
  void* current_;
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
  [[nodiscard]] config const& given() const noexcept { return given_; }
  void complain(problem_code code, std::string const& what) {
    if (auto* const now = awake(); now != nullptr && now->problems.report(code, what)) now->dispatch.bell().ring();
  }
  /// In the child, between fork's return and anything else: a mark, no more.
  void note_fork() noexcept {
    if (works_ != nullptr) {
      works_->inherited = inherited_;
      inherited_ = works_;
      __atomic_store_n(&works_, nullptr, __ATOMIC_RELEASE);
    }
    lock_ = closing_ = 0;  // whoever held or did that is not in this process
  }

 private:
  void fill_face();
  void fill_levels();
  void list() noexcept;
  /// What runs in this process; null in a child that has not recorded yet.
  [[nodiscard]] works* awake() const noexcept { return __atomic_load_n(&works_, __ATOMIC_ACQUIRE); }
  /// The same, made anew in a child; null when it cannot be.
  [[nodiscard]] works* wake_up() noexcept;

  [[nodiscard]] static core& of(core_face& face) noexcept { return static_cast<core&>(face); }
  [[nodiscard]] static core_operations const* operations_table() noexcept;
  [[nodiscard]] static std::uint32_t ask_sampler(core_face& face, start_facts const& how) noexcept;
  static bool recall(core_face& face, fanlight::trace_id trace, sampling_reason& to);
  static void hear(core_face& face, int code, std::string_view about) noexcept;

  config const given_;
  settings settled_;
  std::vector<log_level_rule> level_rules_;
  log_level_table levels_{};
  std::vector<problem> said_;
  works* works_ = nullptr;  // atomic
  works* inherited_ = nullptr;  // the parent's, kept and never touched: leak checkers find all that hangs on it
  std::uint32_t lock_ = 0;
  std::uint32_t closing_ = 0;
};

FANLIGHT_COLD FANLIGHT_INLINE core::core(config given) : core_face{}, given_{std::move(given)} {
  settled_ = resolve(given_, said_);
  fill_face();
  if (settled_.disabled) {
    closed = 1;  // nothing is recorded, contexts pass through
  } else {
    works_ = new works{*this, settled_, given_};
    for (auto const& each : said_) works_->problems.report(each.code, each.what, each.exporter);
    works_->choose(*this, settled_);
    works_->start(settled_);
  }
  list();
}

FANLIGHT_COLD FANLIGHT_INLINE void core::fill_face() {
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
  fill_levels();
  for (auto const& spec : settled_.exporters) wants_open |= spec.wants_open ? 1u : 0u;
  context_missing = settled_.context_missing;
  report_on_unwind = given_.report_on_unwind ? 1 : 0;
  copies_baggage = settled_.baggage_on_spans.empty() ? 0 : 1;
  known_http_methods = settled_.known_http_methods;
  no_exporters = settled_.exporters.empty() ? 1 : 0;
  report_logs = given_.report_logged ? static_cast<std::uint32_t>(*given_.report_logged) + 1 : 0;
  bring_library_text();
  source_of_time = source_of_ids = this;
  if (given_.instead.ticks) ticks = [](void* self) noexcept { return static_cast<core*>(self)->given_.instead.ticks(); };
  if (given_.instead.random) random = [](void* self) noexcept { return static_cast<core*>(self)->given_.instead.random(); };
  if (ticks == nullptr && random == nullptr) shortcuts = start_shortcut::child;
  if (shortcuts != 0 && sampler != sampling_mode::custom) shortcuts |= start_shortcut::root;
}

/// One number for all, below which nothing is asked, and a table where loggers differ.
FANLIGHT_COLD FANLIGHT_INLINE void core::fill_levels() {
  auto least = settled_.minimum_level;
  for (auto const& one : settled_.logger_levels) {
    least = std::min(least, one.least);
    level_rules_.push_back({one.name, static_cast<std::uint32_t>(one.least)});
  }
  minimum_level = static_cast<std::uint32_t>(std::max(least, least_of_exporters(settled_)));
  if (level_rules_.empty()) return;
  levels_ = {level_rules_.data(), level_rules_.size(), static_cast<std::uint32_t>(settled_.minimum_level)};
  log_levels = &levels_;
}

FANLIGHT_COLD FANLIGHT_INLINE bool core::flush(std::chrono::nanoseconds limit) {
  auto* const now = awake();
  return now == nullptr || now->dispatch.flush(after(limit));
}

FANLIGHT_COLD FANLIGHT_INLINE bool core::shutdown(std::chrono::nanoseconds limit) {
  auto const until = after(limit);
  auto* const now = awake();
  if (__atomic_exchange_n(&closing_, 1u, __ATOMIC_ACQ_REL) != 0) return now == nullptr || now->dispatch.wait_for_end(until);
  // A part of the time is kept back: beside an exporter that hangs, the others still get to say good-bye, on a busy machine too.
  std::chrono::nanoseconds const part = std::max(limit, std::chrono::nanoseconds{0}) / 8, most = std::chrono::seconds{1};
  bool const flushed = now == nullptr || now->dispatch.flush(until - std::min(part, most));
  __atomic_store_n(&closed, 1u, __ATOMIC_RELEASE);
  if (now == nullptr) return true;
  now->rings.close();
  if (now->chooser != nullptr) now->chooser->begin_end();
  bool stopped = now->dispatch.stop(until);
  if (now->chooser != nullptr) stopped = now->chooser->wait_for_end(until) && stopped;
  now->problems.mute();
  now->note_end();
  if (now->dispatch.has_ended()) now->rings.retire();
  return flushed && stopped;
}

FANLIGHT_COLD FANLIGHT_INLINE statistics core::stats() const {
  auto const* const now = awake();
  return now == nullptr ? statistics{} : now->count();
}

FANLIGHT_COLD FANLIGHT_INLINE std::vector<problem> core::problems() const {
  auto const* const now = awake();
  return now == nullptr ? said_ : now->problems.history();
}

// ---- fork -----------------------------------------------------------------------------------------------------------------------------

/// In the child: the calling thread is the only one left. It forgets its rings, its number and its seed, and every pipeline falls asleep.
FANLIGHT_COLD FANLIGHT_INLINE void after_fork_in_child() noexcept {
  auto& block = home();
  auto& t = here();
  t.ready = t.channel = t.rings = nullptr;
  t.thread_id = 0;
  block.lock = 0;
  ++block.forks;
  // A span that is open here is open in the parent too, whose it is to send. It stays the parent of what is begun beneath.
  for (auto* each = current_frame(t); each != nullptr; each = each->outer)
    if (each->open != nullptr && each->open->is_open()) each->open->data = nullptr;
  for (auto* each = static_cast<core_face*>(block.cores); each != nullptr; each = each->next)
    if (each->layout == layout_version) static_cast<core*>(each)->note_fork();
}

FANLIGHT_COLD FANLIGHT_INLINE void core::list() noexcept {
  auto& block = home();
  spin_lock const held{block.lock};
  if ((__atomic_fetch_or(&block.flags, process_flag::fork_handler, __ATOMIC_RELAXED) & process_flag::fork_handler) == 0)
    ::pthread_atfork(nullptr, nullptr, after_fork_in_child);
  next = static_cast<core_face*>(block.cores);
  block.cores = static_cast<core_face*>(this);
}

FANLIGHT_COLD FANLIGHT_INLINE works* core::wake_up() noexcept {
  if (auto* const now = awake(); now != nullptr) return now;
  spin_lock const held{lock_};
  if (auto* const now = awake(); now != nullptr) return now;
  if (__atomic_load_n(&closed, __ATOMIC_ACQUIRE) != 0) return nullptr;
  silence const quiet{here()};  // users' exporters are made here
  try {
    settled_.who = std::make_shared<resource const>(assemble_resource(settled_.stated, settled_.detect_resource));
    auto* const fresh = new works{*this, settled_, given_};
    fresh->choose(*this, settled_);
    fresh->start(settled_);
    __atomic_store_n(&works_, fresh, __ATOMIC_RELEASE);
    return fresh;
  } catch (...) {
    return nullptr;
  }
}

// ---- what instruments call ------------------------------------------------------------------------------------------------------------

FANLIGHT_COLD FANLIGHT_INLINE core_operations const* core::operations_table() noexcept {
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
        auto* const now = of(face).awake();
        if (now == nullptr) return;
        now->count_late(type, records);
        now->problems.note_late(records);
      },
      &core::hear,
      [](core_face& face, context const& parent) noexcept { return node_with_threshold(parent, face); },
      &core::ask_sampler,
      &core::recall,
      [](core_face& face, std::string_view key) noexcept { return names_baggage(of(face).settled_.baggage_on_spans, key); },
      [](core_face& face, thread_block& t, context_node const& node) noexcept {
        add_baggage_facts(t, node, of(face).settled_.baggage_on_spans);
      },
      &fail_unwound,
      &report_logged,
      [](context const& parent, std::uint64_t chance) noexcept {
        std::uint64_t said = 0;
        return tracestate_randomness(parent.tracestate(), said) ? said : chance;
      },
      &put_carefully,
      &plan_carefully,
      &place_carefully,
      &join_error,
      &begin_child,
      &begin_with_care,
  };
  return &table;
}

FANLIGHT_COLD FANLIGHT_INLINE void core::hear(core_face& face, int code, std::string_view about) noexcept {
  auto* const now = of(face).awake();
  if (now == nullptr) return;
  silence const quiet{here()};
  if (now->problems.report_now(static_cast<problem_code>(code), about)) now->dispatch.bell().ring();
}

FANLIGHT_COLD FANLIGHT_INLINE bool core::recall(core_face& face, fanlight::trace_id trace, sampling_reason& to) {
  auto* const now = of(face).awake();
  return now != nullptr && now->chooser != nullptr && now->chooser->recall(trace, to);
}

FANLIGHT_COLD FANLIGHT_INLINE std::uint32_t core::ask_sampler(core_face& face, start_facts const& how) noexcept {
  auto& self = of(face);
  silence const quiet{here()};
  if (self.settled_.sampler.plan() != nullptr) {
    auto* const now = self.wake_up();
    if (now == nullptr || now->chooser == nullptr) return how.force == forced_sampling::sampled ? 3 : 0;
    return now->chooser->decide(how) == sampling_decision::sample ? 3 : 0;
  }
  if (how.force != forced_sampling::none) return how.force == forced_sampling::sampled ? 3 : 0;
  try {
    switch (self.settled_.sampler.custom()({how.trace, how.parent, how.name, how.kind, how.attributes, how.attribute_count, how.links, how.link_count})) {
      case sampling_decision::drop: return 0;
      case sampling_decision::record: return 1;
      case sampling_decision::sample: return 3;
    }
  } catch (...) {
    if (auto* const now = self.awake(); now != nullptr)
      if (now->problems.report_now(problem_code::sampler_threw, {})) now->dispatch.bell().ring();
  }
  return 0;
}

}  // namespace detail
FANLIGHT_END

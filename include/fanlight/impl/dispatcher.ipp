// The dispatcher: one thread that takes finished entries out of the rings, packs them into batches, and offers each batch to every lane.
// A pipeline makes it and owns it. It sleeps while nothing happens (a producer's first record rings), naps while records trickle, and
// stops gathering while every lane is full, so that the rings, and not the memory, fill up. Flush is a ticket: a whole pass that began
// after it was asked, a sealed batch, and then each lane's word.
#pragma once

#include <fanlight/impl/lane.ipp>
#include <fanlight/impl/pool.ipp>
#include <fanlight/impl/rings.ipp>
#include <fanlight/process.hpp>

FANLIGHT_BEGIN
namespace detail {

struct dispatcher_settings {
  std::size_t batch_records, batch_bytes;
  std::chrono::milliseconds span_delay, log_delay;
  bool prompt;  // an exporter wants to see things at once
  std::function<void(record_editor&)> process;
  std::function<std::int64_t()> wall;   // null: the system's
  std::function<std::int64_t()> ticks;  // null: CLOCK_MONOTONIC
};

class dispatcher {
 public:
  dispatcher(core_face& core, ring_registry& rings, desk& problems, dispatcher_settings how, std::shared_ptr<resource const> who)
      : core_{core}, rings_{rings}, problems_{problems}, how_{std::move(how)}, who_{std::move(who)},
        pool_{std::make_shared<batch_pool>(padded(how_.batch_bytes) + core.largest_entry + 64, 16)} {}
  dispatcher(dispatcher const&) = delete;
  dispatcher& operator=(dispatcher const&) = delete;

  void add(std::unique_ptr<lane> one) { lanes_.push_back(std::move(one)); }
  [[nodiscard]] std::vector<std::unique_ptr<lane>> const& lanes() const noexcept { return lanes_; }
  [[nodiscard]] waker& bell() noexcept { return bell_; }

  bool start() {
    agree_ = prepare_agreement();
    renew_anchor();
    return thread_.start("fl:dispatcher", [this] { run(); });
  }

  void hurry() noexcept {
    __atomic_store_n(&hurry_, 1u, __ATOMIC_RELAXED);
    bell_.ring();
  }

  bool flush(steady::time_point until) {
    std::uint64_t sequence = 0;
    {
      std::unique_lock held{ticket_lock_};
      auto const ticket = ++asked_;
      bell_.ring();
      if (!ticket_bell_.wait_until(held, until, [&] { return served_ >= ticket || finished_; })) return false;
      sequence = sequence_served_;
    }
    bool well = captured_all();
    for (auto& each : lanes_) well = each->flush(sequence, until) && well;
    return well;
  }

  /// Gathers what is there, stops the lanes, waits for them until `until`, tells the last problems, and ends. True: all of it in time.
  bool stop(steady::time_point until) {
    {
      std::lock_guard const held{ticket_lock_};
      stop_asked_ = true;
      stop_until_ = until;
    }
    bell_.ring();
    return thread_.wait_until(until + std::chrono::milliseconds{50}) && stopped_well_;
  }

  /// What is between the rings and the lanes, and what the process hook took out, by type.
  struct counts {
    ring_totals rings;
    std::uint64_t open[entry_types]{};
    std::uint64_t filtered[entry_types][static_cast<std::size_t>(filter::count_)]{};
    std::vector<exporter_stats> lanes;
  };
  [[nodiscard]] counts count() const {
    counts out;
    std::lock_guard const held{gather_lock_};
    out.rings = rings_.totals();
    if (open_ != nullptr)
      for (std::size_t type = 0; type < entry_types; ++type) out.open[type] = open_->counts[type];
    std::memcpy(out.filtered, filtered_, sizeof filtered_);
    for (auto const& each : lanes_) out.lanes.push_back(each->stats());
    return out;
  }

 private:
  static constexpr std::uint64_t out_of_reach = std::uint64_t{1} << 62;

  // ---- the thread ---------------------------------------------------------------------------------------------------------------------

  void run() noexcept {
    bool stopping = false;
    while (!stopping) {
      std::uint64_t const ticket = tickets_asked(stopping);
      bool const urgent = __atomic_exchange_n(&hurry_, 0u, __ATOMIC_RELAXED) != 0;
      bool const any = gather_all();
      if (any) renew_anchor();
      if (urgent || how_.prompt || ticket != served_now_ || stopping || is_due()) seal();
      serve(ticket);
      problems_.tell_all();
      if (!stopping) sleep(any);
    }
    end_lanes();
  }

  [[nodiscard]] std::uint64_t tickets_asked(bool& stopping) {
    std::lock_guard const held{ticket_lock_};
    stopping = stop_asked_;
    return asked_;
  }

  void serve(std::uint64_t ticket) {
    if (ticket == served_now_) return;
    std::lock_guard const held{ticket_lock_};
    served_ = served_now_ = ticket;
    sequence_served_ = sequence_;
    ticket_bell_.notify_all();
  }

  void end_lanes() noexcept {
    auto const until = stop_until_;
    for (auto& each : lanes_) each->stop(until);
    bool well = true;
    for (auto& each : lanes_)
      if (!each->wait_until(until)) {
        well = false;
        problems_.report(problem_code::exporter_stuck,
                         "exporter '" + each->name() + "' did not come back before the deadline of shutdown; what it held is lost", each->name());
      }
    stopped_well_ = well;
    problems_.tell_all();
    std::lock_guard const held{ticket_lock_};
    finished_ = true;
    ticket_bell_.notify_all();
  }

  // ---- sleep --------------------------------------------------------------------------------------------------------------------------

  /// While records come, a nap; else until somebody rings.
  void sleep(bool any) noexcept {
    if (all_lanes_full()) {
      set_marks(out_of_reach);
      bell_.wait();
      return;
    }
    if (any || open_total_ != 0) return nap();
    if (!agree_) return static_cast<void>(bell_.wait_for(std::chrono::milliseconds{20}));
    set_marks(0);
    if (!make_all_threads_agree() || !rings_are_empty()) return;
    bell_.wait();
  }

  void nap() noexcept {
    std::uint64_t const ahead = rings_.room() / 4;
    set_marks(ahead);
    for (auto* const each : list_)  // who passed the mark before it was set does not ring
      if (__atomic_load_n(&each->head, __ATOMIC_ACQUIRE) - each->tail > ahead) return;
    auto limit = std::chrono::duration_cast<std::chrono::nanoseconds>(how_.prompt ? std::chrono::milliseconds{10}
                                                                                  : std::min(how_.span_delay, how_.log_delay));
    if (has_due_) limit = std::min<std::chrono::nanoseconds>(limit, due_ - steady::now());
    if (limit.count() > 0) bell_.wait_for(limit);
  }

  /// A producer that gets `ahead` bytes beyond what has been taken rings.
  void set_marks(std::uint64_t ahead) noexcept {
    refresh_list();
    for (auto* const each : list_) __atomic_store_n(&each->mark, each->tail + ahead, __ATOMIC_RELAXED);
  }
  [[nodiscard]] bool rings_are_empty() noexcept {
    refresh_list();
    for (auto* const each : list_)
      if (__atomic_load_n(&each->head, __ATOMIC_ACQUIRE) != each->tail) return false;
    return true;
  }
  void refresh_list() noexcept {
    try {
      rings_.list(list_, known_);
    } catch (std::bad_alloc const&) {
    }
  }
  [[nodiscard]] bool all_lanes_full() noexcept {
    if (lanes_.empty()) return false;
    for (auto& each : lanes_)
      if (!each->is_full()) return false;
    return true;
  }

  // ---- gather -------------------------------------------------------------------------------------------------------------------------

  bool gather_all() noexcept {
    refresh_list();
    bool any = false;
    for (auto* const each : list_) {
      auto const state = state_of(*each);  // before the last look at its head
      any = gather(*each) || any;
      if (state == ring_state::left && each->tail == __atomic_load_n(&each->head, __ATOMIC_ACQUIRE)) rings_.recycle(*each);
    }
    tell_losses();
    return any;
  }

  /// Takes what is in one ring, in runs that neither wrap nor overfill a batch.
  bool gather(ring& from) noexcept {
    std::uint64_t const head = __atomic_load_n(&from.head, __ATOMIC_ACQUIRE);
    if (from.tail == head) return false;
    while (from.tail != head) {
      if (open_total_ == 0 && all_lanes_full()) break;
      if (open_ == nullptr && (open_ = pool_->take()) == nullptr) break;
      {
        std::lock_guard const held{gather_lock_};
        take_run(from, head);
      }
      if (open_total_ >= how_.batch_records || open_->size >= how_.batch_bytes) seal();
    }
    return true;
  }

  void take_run(ring& from, std::uint64_t head) noexcept {
    std::uint64_t const start = from.tail & from.mask;
    std::uint64_t const most = std::min(head - from.tail, from.mask + 1 - start);
    unsigned char const* const data = from.data + start;
    bool const inspect = how_.process != nullptr || core_.sampler == sampling_mode::custom;
    std::uint64_t taken = 0, began = 0;
    std::uint32_t by_type[entry_types]{};
    while (taken < most && open_total_ < how_.batch_records && open_->size + (taken - began) < how_.batch_bytes) {
      std::uint32_t size = 0;
      std::memcpy(&size, data + taken, sizeof size);
      auto const type = static_cast<std::size_t>(data[taken + 4]);
      if (type == 0 || inspect) {
        append(data + began, taken - began);
        began = taken + size;
        if (type != 0) edit(data + taken, size, static_cast<entry_type>(type));
      } else {
        ++open_->counts[type];
      }
      ++by_type[type];
      open_total_ += type != 0 ? 1 : 0;
      taken += size;
    }
    append(data + began, taken - began);
    for (std::size_t type = 1; type < entry_types; ++type)
      __atomic_store_n(&from.gathered[type], from.gathered[type] + by_type[type], __ATOMIC_RELAXED);
    set_due(by_type);
    __atomic_store_n(&from.tail, from.tail + taken, __ATOMIC_RELEASE);
  }

  void append(unsigned char const* entries, std::uint64_t size) noexcept {
    if (size != 0) std::memcpy(open_->data + open_->size, entries, size);
    open_->size += size;
  }

  /// One entry, by way of the process hook.
  void edit(unsigned char const* entry, std::uint32_t size, entry_type type) noexcept {
    auto const at = static_cast<std::size_t>(type);
    record_editor editor{core_, {entry, size}, who_, anchor_};
    if (how_.process && type != entry_type::start) {
      try {
        how_.process(editor);
      } catch (...) {
        problems_.report(problem_code::process_threw, "the process hook threw; the record goes on as it was");
        editor.restore();
      }
    }
    if (editor.is_dropped()) {
      ++filtered_[at][static_cast<std::size_t>(filter::process)];
    } else if (type == entry_type::span && !editor.is_sampled()) {
      ++filtered_[at][static_cast<std::size_t>(filter::not_sampled)];
    } else {
      auto const result = editor.bytes();
      append(result.at, result.size);
      ++open_->counts[at];
    }
  }

  // ---- seal ---------------------------------------------------------------------------------------------------------------------------

  void set_due(std::uint32_t const (&by_type)[entry_types]) noexcept {
    auto const count = [&](entry_type type) { return by_type[static_cast<std::size_t>(type)]; };
    auto limit = std::chrono::milliseconds::max();
    if (count(entry_type::span) != 0 || count(entry_type::start) != 0) limit = how_.span_delay;
    if (count(entry_type::log) != 0) limit = std::min(limit, how_.log_delay);
    if (count(entry_type::error) != 0) limit = std::chrono::milliseconds{0};
    if (limit == std::chrono::milliseconds::max()) return;
    auto const due = steady::now() + limit;
    if (!has_due_ || due < due_) due_ = due;
    has_due_ = true;
  }
  [[nodiscard]] bool is_due() const noexcept { return has_due_ && steady::now() >= due_; }

  void seal() noexcept {
    has_due_ = false;
    if (open_ == nullptr || open_total_ == 0) return;
    std::lock_guard const held{gather_lock_};
    open_total_ = 0;
    if (open_->size == 0) return;
    batch_data* ready = open_;
    if (open_->size < open_->room / 4)
      if (auto* const copy = pool_->take_copy(*open_); copy != nullptr) {
        ready = copy;
        open_->size = 0;
        for (auto& count : open_->counts) count = 0;
      }
    if (ready == open_) open_ = nullptr;
    ready->sequence = ++sequence_;
    ready->sealed_at = steady::now();
    ready->anchor = anchor_;
    ready->resource = who_;
    batch_ref const batch{ready};
    for (auto& each : lanes_) offer(*each, batch);
  }

  void offer(lane& to, batch_ref const& batch) noexcept {
    try {
      to.offer(batch);
    } catch (std::bad_alloc const&) {
      problems_.report(problem_code::queue_full, "no memory for the queue of exporter '" + to.name() + "'", to.name());
    }
  }

  // ---- clock and losses ---------------------------------------------------------------------------------------------------------------

  /// Wall times stand on an anchor that moves only when the clocks have drifted apart by more than their reading may be off.
  void renew_anchor() noexcept {
    std::int64_t const before = how_.ticks ? how_.ticks() : read_clock(CLOCK_MONOTONIC);
    std::int64_t const wall = how_.wall ? how_.wall() : read_clock(CLOCK_REALTIME);
    std::int64_t const after = how_.ticks ? before : read_clock(CLOCK_MONOTONIC);
    std::int64_t const offset = wall - (before + (after - before) / 2), drift = offset - anchor_.wall_offset;
    if (drift > -50'000 && drift < 50'000) return;
    if (!how_.ticks && after - before > 20'000 && drift > -5'000'000 && drift < 5'000'000) return;  // we were interrupted; next time
    anchor_.wall_offset = offset;
    __atomic_store_n(&core_.wall_offset, offset, __ATOMIC_RELAXED);
  }

  [[nodiscard]] static std::uint64_t dropped_in(ring_totals const& totals) noexcept {
    std::uint64_t out = 0;
    for (auto const each : totals.dropped) out += each;
    return out;
  }
  void tell_losses() noexcept {
    auto const lost = dropped_in(rings_.totals());
    if (lost == told_lost_) return;
    problems_.report(problem_code::capture_full, std::to_string(lost - told_lost_) +
                                                     " records were lost: a thread's ring was full. Raise batching.capture_bytes, or sample");
    told_lost_ = lost;
  }
  [[nodiscard]] bool captured_all() noexcept {
    auto const lost = dropped_in(rings_.totals());
    return std::exchange(lost_at_flush_, lost) == lost;
  }

  core_face& core_;
  ring_registry& rings_;
  desk& problems_;
  dispatcher_settings const how_;
  std::shared_ptr<resource const> const who_;
  std::shared_ptr<batch_pool> const pool_;
  std::vector<std::unique_ptr<lane>> lanes_;
  waker bell_;
  worker thread_;
  std::uint32_t hurry_ = 0;
  bool agree_ = false;

  // the dispatcher's thread alone
  std::vector<ring*> list_;
  std::size_t known_ = 0;
  std::uint64_t served_now_ = 0, told_lost_ = 0;
  steady::time_point due_{};
  bool has_due_ = false;
  clock_anchor anchor_;

  mutable std::mutex gather_lock_;  // what stats() looks at: a record is in a ring, in the open batch or in the lanes
  batch_data* open_ = nullptr;
  std::uint64_t open_total_ = 0;
  std::uint64_t sequence_ = 0;
  std::uint64_t filtered_[entry_types][static_cast<std::size_t>(filter::count_)]{};

  std::mutex ticket_lock_;
  std::condition_variable ticket_bell_;
  std::uint64_t asked_ = 0, served_ = 0, sequence_served_ = 0;
  std::uint64_t lost_at_flush_ = 0;
  bool stop_asked_ = false, finished_ = false, stopped_well_ = false;
  steady::time_point stop_until_{};
};

}  // namespace detail
FANLIGHT_END

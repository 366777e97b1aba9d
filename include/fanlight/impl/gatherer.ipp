// The open batch: entries come out of a ring in runs, by way of the process hook where there is one, and stay here until the batch is
// sealed. The dispatcher makes it, owns it and is the only thread that fills it; anybody may count, under the lock. The hook runs outside
// of the lock, so that it may ask for statistics, and a hook that hangs holds up nobody who does.
#pragma once

#include <fanlight/config.hpp>
#include <fanlight/impl/flush_list.hpp>
#include <fanlight/impl/desk.ipp>
#include <fanlight/impl/pool.ipp>
#include <fanlight/impl/rings.ipp>
#include <fanlight/process.hpp>
#include <fanlight/statistics.hpp>

#include <algorithm>
#include <functional>

FANLIGHT_BEGIN
namespace detail {

struct gatherer_settings {
  std::size_t batch_records, batch_bytes;
  std::chrono::milliseconds span_delay, log_delay;
  std::function<void(record_editor&)> process;
};

/// What is in the open batch, and what was taken out before, by type.
struct gathered {
  std::uint64_t open[entry_types]{};
  std::uint64_t filtered[entry_types][static_cast<std::size_t>(filter::count_)]{};
};

class gatherer {
 public:
  gatherer(core_face& core, desk& problems, gatherer_settings how, std::shared_ptr<resource const> who)
      : core_{core}, problems_{problems}, how_{std::move(how)}, who_{std::move(who)},
        inspects_{how_.process != nullptr || core.sampler == sampling_mode::custom},
        pool_{std::make_shared<batch_pool>(room_for(core), 8)} {}
  gatherer(gatherer const&) = delete;
  gatherer& operator=(gatherer const&) = delete;
  ~gatherer() { end(); }

  /// Held by whoever counts, and for each move of a record from a ring to the batch or from the batch to the lanes.
  [[nodiscard]] std::mutex& lock() const noexcept { return lock_; }
  FANLIGHT_COLD void count(gathered& to) const noexcept {
    if (open_ != nullptr)
      for (std::size_t type = 0; type < entry_types; ++type) to.open[type] = open_->counts[type];
    std::memcpy(to.filtered, filtered_, sizeof filtered_);
  }

  // ---- the dispatcher's thread --------------------------------------------------------------------------------------------------------

  [[nodiscard]] bool is_empty() const noexcept { return taken_ == 0; }
  [[nodiscard]] bool is_full() const noexcept {
    return taken_ >= how_.batch_records || (open_ != nullptr && (open_->size >= how_.batch_bytes || no_room_));
  }
  /// Some record has waited for as long as it may.
  [[nodiscard]] bool is_due() const noexcept { return has_due_ && steady::now() >= due_; }
  [[nodiscard]] bool has_due() const noexcept { return has_due_; }
  [[nodiscard]] steady::time_point due() const noexcept { return due_; }

  /// How much more, as records have been of late, makes the batch full.
  [[nodiscard]] std::uint64_t until_full() const noexcept {
    std::uint64_t const records = how_.batch_records - std::min<std::uint64_t>(taken_, how_.batch_records);
    std::uint64_t const size = open_ == nullptr ? 0 : open_->size, bytes = how_.batch_bytes - std::min<std::uint64_t>(size, how_.batch_bytes);
    return std::min(records * typical_, bytes);
  }

  /// One run out of `from`, up to `head`; records in it are not older than `since`. False: there is no memory.
  bool take(ring& from, std::uint64_t head, clock_anchor anchor, steady::time_point since) noexcept {
    if (open_ == nullptr) {
      auto* const fresh = pool_->take();
      if (fresh == nullptr) return false;
      std::lock_guard const held{lock_};
      open_ = fresh;
    }
    if (inspects_)
      inspect_run(from, head, anchor, since);
    else
      copy_run(from, head, since);
    return true;
  }

  /// Ends the batch. The caller holds the lock until it has passed it on. Empty: everything was filtered, and nobody waits for any of it.
  [[nodiscard]] batch_ref seal(std::uint64_t sequence, clock_anchor anchor, std::int64_t complete_until) noexcept {
    has_due_ = no_room_ = false;
    taken_ = 0;
    if (open_ == nullptr || (open_->size == 0 && gone_.empty())) return {};
    batch_data* ready = open_;
    if (open_->size < open_->room / 4)
      if (auto* const copy = pool_->take_copy(*open_); copy != nullptr) {
        ready = copy;
        open_->size = 0;
        for (auto& count : open_->counts) count = 0;
      }
    if (ready == open_) open_ = nullptr;
    ready->sequence = sequence;
    ready->sealed_at = steady::now();
    ready->anchor = anchor;
    ready->complete_until = complete_until;
    ready->resource = who_;
    ready->gone.swap(gone_);
    return batch_ref{ready};
  }

  /// Nothing will be taken any more.
  FANLIGHT_COLD void end() noexcept {
    std::lock_guard const held{lock_};
    if (auto* const last = std::exchange(open_, nullptr); last != nullptr) batch_ref{last};
    pool_->close();
  }

 private:
  /// An edited entry may have grown to the largest; a copied one that does not fit waits for the next batch.
  [[nodiscard]] FANLIGHT_COLD std::size_t room_for(core_face const& core) const noexcept {
    std::size_t const largest = std::max<std::size_t>(core.largest_entry, 4096), batch = padded(how_.batch_bytes);
    return (inspects_ ? batch + largest : std::max(batch, largest)) + 64;
  }

  [[nodiscard]] static std::uint32_t size_at(unsigned char const* entry) noexcept {
    std::uint32_t size = 0;
    std::memcpy(&size, entry, sizeof size);
    return size;
  }

  /// As many entries as fit, in one copy, up to the ring's wrap.
  void copy_run(ring& from, std::uint64_t head, steady::time_point since) noexcept {
    std::uint64_t const start = from.tail & from.mask, most = std::min(head - from.tail, from.mask + 1 - start);
    unsigned char const* const data = from.data + start;
    std::uint32_t by_type[entry_types]{};
    std::uint64_t taken = 0, records = 0;
    std::uint64_t pad = 0;
    while (taken < most && taken_ + records < how_.batch_records && open_->size + taken < how_.batch_bytes) {
      std::uint32_t const size = size_at(data + taken);
      auto const type = static_cast<std::size_t>(data[taken + 4]);
      if (type == 0) {  // it ends where the ring does
        pad = size;
        break;
      }
      if (open_->size + taken + size > open_->room) {
        no_room_ = true;
        break;
      }
      ++by_type[type], ++records;
      taken += size;
    }
    if (records != 0) typical_ = (typical_ + taken / records + 1) / 2;
    std::lock_guard const held{lock_};
    if (taken != 0) std::memcpy(open_->data + open_->size, data, taken);
    open_->size += taken;
    taken_ += records;
    for (std::size_t type = 1; type < entry_types; ++type) {
      if (by_type[type] == 0) continue;
      open_->counts[type] += by_type[type];
      set_due(static_cast<entry_type>(type), since);
      __atomic_store_n(&from.gathered[type], from.gathered[type] + by_type[type], __ATOMIC_RELAXED);
    }
    __atomic_store_n(&from.tail, from.tail + taken + pad, __ATOMIC_RELEASE);
  }

  /// One entry after the other, each by way of the hook.
  void inspect_run(ring& from, std::uint64_t head, clock_anchor anchor, steady::time_point since) noexcept {
    while (from.tail != head && !is_full()) {
      unsigned char const* const entry = from.data + (from.tail & from.mask);
      std::uint32_t const size = size_at(entry);
      auto const type = static_cast<entry_type>(entry[4]);
      if (type != entry_type::pad) {
        record_editor editor{core_, {entry, size}, who_, anchor};
        if (how_.process && type != entry_type::start) run_hook(editor);
        std::lock_guard const held{lock_};
        settle(editor, type);
        auto& counter = from.gathered[static_cast<std::size_t>(type)];
        __atomic_store_n(&counter, counter + 1, __ATOMIC_RELAXED);
        set_due(type, since);
        typical_ = (typical_ * 7 + size) / 8;
      }
      __atomic_store_n(&from.tail, from.tail + size, __ATOMIC_RELEASE);
    }
  }

  void run_hook(record_editor& editor) noexcept {
    try {
      how_.process(editor);
    } catch (...) {
      problems_.report(problem_code::process_threw, "the process hook threw; the record goes on as it was");
      editor.restore();
    }
  }

  void settle(record_editor& editor, entry_type type) noexcept {
    auto const at = static_cast<std::size_t>(type);
    ++taken_;
    auto const why = editor.is_dropped() ? filter::process : type == entry_type::span && !editor.is_sampled() ? filter::not_sampled : filter::count_;
    if (why != filter::count_) {
      ++filtered_[at][static_cast<std::size_t>(why)];
      if (type == entry_type::span && core_.wants_open != 0) note_gone(editor.bytes().at);
    } else {
      auto const result = editor.bytes();
      std::memcpy(open_->data + open_->size, result.at, result.size);
      open_->size += result.size;
      ++open_->counts[at];
    }
  }

  /// For this batch, if it has other records or none: whoever was told that it began is told that it will not come.
  void note_gone(unsigned char const* entry) noexcept {
    auto const& head = *reinterpret_cast<entry_head const*>(entry);
    if (gone_.size() >= most_gone) return;
    gone_span which;
    std::memcpy(which.trace_id, head.trace_id, sizeof which.trace_id);
    std::memcpy(which.span_id, head.span_id, sizeof which.span_id);
    try {
      gone_.push_back(which);
    } catch (std::bad_alloc const&) {  // its note stays, as that of a span which never ends
    }
  }

  void set_due(entry_type type, steady::time_point since) noexcept {
    auto const limit = type == entry_type::error ? std::chrono::milliseconds{0} : type == entry_type::log ? how_.log_delay : how_.span_delay;
    auto const due = since + limit;
    if (!has_due_ || due < due_) due_ = due;
    has_due_ = true;
  }

  core_face& core_;
  desk& problems_;
  gatherer_settings const how_;
  std::shared_ptr<resource const> const who_;
  bool const inspects_;
  std::shared_ptr<batch_pool> const pool_;
  bool has_due_ = false, no_room_ = false;
  steady::time_point due_{};
  std::uint64_t typical_ = sizeof(entry_head) + 8;  // size of a record
  std::uint64_t taken_ = 0;  // out of the rings since the last seal, filtered ones too

  static constexpr std::size_t most_gone = 65'536;
  std::vector<gone_span> gone_;

  mutable std::mutex lock_;
  batch_data* open_ = nullptr;
  std::uint64_t filtered_[entry_types][static_cast<std::size_t>(filter::count_)]{};
};

}  // namespace detail
FANLIGHT_END

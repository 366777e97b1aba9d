// Memory for batches, used again and again: the dispatcher takes one, the last holder of a batch gives it back, from any thread. The pool
// lives as long as its pipeline or any of its batches.
#pragma once

#include <fanlight/detail/batch.hpp>

#include <memory>
#include <mutex>
#include <new>
#include <vector>

FANLIGHT_BEGIN
namespace detail {

class batch_pool : public std::enable_shared_from_this<batch_pool> {
 public:
  /// `room` bytes each; keeps at most `spares` of them when they are idle.
  batch_pool(std::size_t room, std::size_t spares) : room_{room}, most_{spares} {}
  batch_pool(batch_pool const&) = delete;
  batch_pool& operator=(batch_pool const&) = delete;
  FANLIGHT_COLD ~batch_pool() {
    for (auto* const each : idle_) destroy(each);
  }

  /// Keeps nothing from now on.
  FANLIGHT_COLD void close() noexcept {
    std::vector<batch_data*> idle;
    {
      std::lock_guard const held{lock_};
      most_ = 0;
      idle.swap(idle_);
    }
    for (auto* const each : idle) destroy(each);
  }

  /// An empty batch, one reference held; null when there is no memory.
  [[nodiscard]] batch_data* take() noexcept {
    batch_data* out = nullptr;
    {
      std::lock_guard const held{lock_};
      if (!idle_.empty()) out = idle_.back(), idle_.pop_back();
    }
    if (out == nullptr) out = make(room_);
    if (out == nullptr) return nullptr;
    return fresh(out);
  }

  /// A copy of what is in `full`, in no more memory than it needs; null when there is none. For batches that were sealed early: a queue of
  /// thousands of them must not hold thousands of large rooms.
  [[nodiscard]] batch_data* take_copy(batch_data const& full) noexcept {
    auto* const out = make(full.size);
    if (out == nullptr) return nullptr;
    fresh(out);
    std::memcpy(out->data, full.data, full.size);
    out->size = full.size;
    for (std::size_t i = 0; i < entry_types; ++i) out->counts[i] = full.counts[i];
    return out;
  }

 private:
  FANLIGHT_COLD batch_data* fresh(batch_data* out) noexcept {
    out->references.store(1, std::memory_order_relaxed);
    out->size = 0;
    for (auto& count : out->counts) count = 0;
    keeper_of(out) = shared_from_this();
    return out;
  }

  struct pooled : batch_data {
    std::shared_ptr<batch_pool> keeper;
  };
  [[nodiscard]] static std::shared_ptr<batch_pool>& keeper_of(batch_data* data) noexcept { return static_cast<pooled*>(data)->keeper; }

  [[nodiscard]] FANLIGHT_COLD static batch_data* make(std::size_t room) noexcept {
    auto* const out = new (std::nothrow) pooled;
    if (out == nullptr) return nullptr;
    out->data = static_cast<unsigned char*>(::operator new(room, std::align_val_t{64}, std::nothrow));
    if (out->data == nullptr) {
      delete out;
      return nullptr;
    }
    out->room = room;
    out->give_back = [](batch_data* data) noexcept {
      auto const keeper = std::move(keeper_of(data));
      keeper->put(data);
    };
    return out;
  }
  void put(batch_data* data) noexcept {
    data->resource.reset();
    data->gone.clear();
    {
      std::lock_guard const held{lock_};
      if (data->room == room_ && idle_.size() < most_) {
        try {
          idle_.push_back(data);
          return;
        } catch (std::bad_alloc const&) {
        }
      }
    }
    destroy(data);
  }
  FANLIGHT_COLD static void destroy(batch_data* data) noexcept {
    ::operator delete(data->data, std::align_val_t{64});
    delete static_cast<pooled*>(data);
  }

  std::size_t const room_;
  std::size_t most_;
  std::mutex lock_;
  std::vector<batch_data*> idle_;
};

}  // namespace detail
FANLIGHT_END

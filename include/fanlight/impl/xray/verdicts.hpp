// The latest decisions, by trace: so that several segments made by hand under one trace id share one, and so that people can ask why. A table
// of fixed size without locks, owned by a chooser; a new trace takes the place of an old one. Any thread. Nothing waits: who meets a writer
// at its place does without.
#pragma once

#include <fanlight/impl/xray/rules.hpp>

#include <cstdlib>
#include <new>

FANLIGHT_BEGIN
namespace detail {

class verdict_table {
 public:
  verdict_table() : places_{static_cast<place*>(std::calloc(size, sizeof(place)))} {
    if (places_ == nullptr) throw std::bad_alloc{};
  }
  verdict_table(verdict_table const&) = delete;
  verdict_table& operator=(verdict_table const&) = delete;
  ~verdict_table() { std::free(places_); }

  /// False: nothing is known of this trace.
  [[nodiscard]] bool find(fanlight::trace_id const& trace, rule_verdict& to) const noexcept {
    key const wanted{trace};
    auto const& at = places_[wanted.slot()];
    auto const before = __atomic_load_n(&at.version, __ATOMIC_ACQUIRE);
    auto const first = __atomic_load_n(&at.first, __ATOMIC_ACQUIRE), second = __atomic_load_n(&at.second, __ATOMIC_ACQUIRE);
    auto const what = __atomic_load_n(&at.what, __ATOMIC_ACQUIRE);
    // A value of a later writer was released after that writer had made the version odd.
    if ((before & 1) != 0 || __atomic_load_n(&at.version, __ATOMIC_RELAXED) != before) return false;
    if (first != wanted.first || second != wanted.second || what == 0) return false;
    return to = unpacked(what), true;
  }

  /// What is remembered: an earlier decision about this trace, when there is one.
  rule_verdict remember(fanlight::trace_id const& trace, rule_verdict const& made) noexcept {
    key const mine{trace};
    auto& at = places_[mine.slot()];
    auto version = __atomic_load_n(&at.version, __ATOMIC_RELAXED);
    if ((version & 1) != 0 || !__atomic_compare_exchange_n(&at.version, &version, version + 1, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED)) return made;
    auto out = made;
    auto const what = __atomic_load_n(&at.what, __ATOMIC_RELAXED);
    if (what != 0 && __atomic_load_n(&at.first, __ATOMIC_RELAXED) == mine.first && __atomic_load_n(&at.second, __ATOMIC_RELAXED) == mine.second) {
      out = unpacked(what);
    } else {
      __atomic_store_n(&at.first, mine.first, __ATOMIC_RELEASE);
      __atomic_store_n(&at.second, mine.second, __ATOMIC_RELEASE);
      __atomic_store_n(&at.what, packed(made), __ATOMIC_RELEASE);
    }
    __atomic_store_n(&at.version, version + 2, __ATOMIC_RELEASE);
    return out;
  }

 private:
  static constexpr std::size_t size = 4096;  // pages that nobody touched cost nothing

  struct place {
    std::uint64_t version, first, second, what;
  };
  struct key {
    std::uint64_t first, second;
    explicit key(fanlight::trace_id const& of) noexcept {
      std::memcpy(&first, of.bytes, 8);
      std::memcpy(&second, of.bytes + 8, 8);
    }
    [[nodiscard]] std::size_t slot() const noexcept { return (first ^ second * 0x9E3779B97F4A7C15u) >> 32 & (size - 1); }
  };

  [[nodiscard]] static std::uint64_t packed(rule_verdict const& from) noexcept {
    return reinterpret_cast<std::uintptr_t>(from.rule) | (from.sampled ? 1u : 0u) | static_cast<std::uint64_t>(from.by) << 1;
  }
  [[nodiscard]] static rule_verdict unpacked(std::uint64_t what) noexcept {
    return {reinterpret_cast<rule_state*>(static_cast<std::uintptr_t>(what & ~std::uint64_t{63})), (what & 1) != 0,
            static_cast<sampling_means>(what >> 1 & 3)};
  }

  place* places_;
};

}  // namespace detail
FANLIGHT_END

// What the assembler remembers: the traces of which something waits, found by their id, and the spans that have left, as far as there is
// room. Owned by the assembler; its lane's thread alone.
#pragma once

#include <fanlight/context.hpp>
#include <fanlight/detail/batch.hpp>

#include <chrono>
#include <memory>
#include <vector>

FANLIGHT_BEGIN
namespace detail {

/// An ended span, or the start note of an open one.
struct held_span {
  enum class role : unsigned char {
    child,   // of a span that has not left yet
    root,    // nothing of its trace in this process is above it
    late,    // its parent has left
    orphan,  // it goes nowhere, and what is beneath it neither
  };
  batch_ref batch;
  unsigned char const* at = nullptr;
  role what = role::child;
  bool copied = false;
  bool done = false;

  [[nodiscard]] entry_head const& head() const noexcept { return *reinterpret_cast<entry_head const*>(at); }
  [[nodiscard]] bool is_open() const noexcept { return head().type == entry_type::start; }
  [[nodiscard]] span_id id() const noexcept { return id_of(head().span_id); }
  [[nodiscard]] span_id parent() const noexcept { return id_of(head().parent_id); }
  [[nodiscard]] std::size_t bytes() const noexcept { return head().size + sizeof(batch_data); }

 private:
  [[nodiscard]] static span_id id_of(unsigned char const* from) noexcept {
    span_id out;
    std::memcpy(out.bytes, from, sizeof out.bytes);
    return out;
  }
};

struct held_trace {
  trace_id id;
  std::vector<held_span> spans, open;
  std::chrono::steady_clock::time_point since{};  // when the first of `spans` came
  bool touched = false, arrived = false;
  [[nodiscard]] bool is_empty() const noexcept { return spans.empty() && open.empty(); }
};

[[nodiscard]] inline std::uint64_t mixed_id(unsigned char const* eight, std::uint64_t with = 0) noexcept {
  std::uint64_t word;
  std::memcpy(&word, eight, 8);
  word = (word ^ with) * 0x9E3779B97F4A7C15u;
  return (word ^ word >> 32) * 0xD6E8FEB86659FD93u;
}

/// Open addressing; what is erased leaves no hole.
class trace_table {
 public:
  [[nodiscard]] held_trace* find(trace_id const& id) const noexcept {
    if (places_.empty()) return nullptr;
    auto const& found = places_[place_of(id)];
    return found.get();
  }
  [[nodiscard]] held_trace& at(trace_id const& id) {
    if ((count_ + 1) * 2 > places_.size()) grow();
    auto& found = places_[place_of(id)];
    if (found == nullptr) {
      found = std::make_unique<held_trace>();
      found->id = id;
      ++count_;
    }
    return *found;
  }
  void erase(trace_id const& id) noexcept {
    std::size_t hole = place_of(id);
    if (places_[hole] == nullptr) return;
    places_[hole].reset();
    --count_;
    // Those behind it that would not be found any more move up.
    for (std::size_t at = next(hole); places_[at] != nullptr; at = next(at)) {
      std::size_t const wanted = home_of(places_[at]->id);
      if (((at - wanted) & mask()) < ((at - hole) & mask())) continue;
      places_[hole] = std::move(places_[at]);
      hole = at;
    }
  }
  [[nodiscard]] std::size_t size() const noexcept { return count_; }
  template <class Use>
  void each(Use&& use) {
    for (auto& place : places_)
      if (place != nullptr) use(*place);
  }

 private:
  [[nodiscard]] std::size_t mask() const noexcept { return places_.size() - 1; }
  [[nodiscard]] std::size_t next(std::size_t at) const noexcept { return (at + 1) & mask(); }
  [[nodiscard]] std::size_t home_of(trace_id const& id) const noexcept { return static_cast<std::size_t>(mixed_id(id.bytes + 8, mixed_id(id.bytes)) >> 20) & mask(); }
  [[nodiscard]] std::size_t place_of(trace_id const& id) const noexcept {
    std::size_t at = home_of(id);
    while (places_[at] != nullptr && places_[at]->id != id) at = next(at);
    return at;
  }
  void grow() {
    std::vector<std::unique_ptr<held_trace>> old(places_.empty() ? 64 : places_.size() * 2);
    old.swap(places_);
    for (auto& each : old)
      if (each != nullptr) places_[place_of(each->id)] = std::move(each);
  }
  std::vector<std::unique_ptr<held_trace>> places_;
  std::size_t count_ = 0;
};

/// Spans that have left or were dropped, so that a child that comes later is known for what it is. Each has one place; the younger takes it.
class sent_spans {
 public:
  enum class fate : unsigned char { unknown, sent, dropped };
  void remember(trace_id const& trace, span_id const& span, fate what) {
    if (words_.empty()) words_.resize(places);
    auto const word = word_of(trace, span);
    words_[word >> shift] = (word & ~std::uint64_t{1}) | (what == fate::dropped ? 1u : 0u);
  }
  [[nodiscard]] fate look(trace_id const& trace, span_id const& span) const noexcept {
    if (words_.empty()) return fate::unknown;
    auto const word = word_of(trace, span), seen = words_[word >> shift];
    if ((seen | 1) != (word | 1) || seen == 0) return fate::unknown;
    return (seen & 1) != 0 ? fate::dropped : fate::sent;
  }

 private:
  static constexpr std::size_t places = 16384;
  static constexpr unsigned shift = 50;  // the top 14 bits
  [[nodiscard]] static std::uint64_t word_of(trace_id const& trace, span_id const& span) noexcept {
    return mixed_id(span.bytes, mixed_id(trace.bytes + 8)) | 2;
  }
  std::vector<std::uint64_t> words_;
};

}  // namespace detail
FANLIGHT_END

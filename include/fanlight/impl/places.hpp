// Sorting and finding by place: lists stay where they are, a list of places is put in order instead. One function serves every list,
// whatever it holds, which spares programs the compile time and the code of a sort for each. Pure.
#pragma once

#include <fanlight/detail/config.hpp>
#include <fanlight/impl/borrowed.hpp>

#include <cstddef>
#include <utility>
#include <vector>

FANLIGHT_BEGIN
namespace detail {

using places = std::vector<std::size_t>;

/// `less(a, b)` for two places.
using place_order = borrowed<bool(std::size_t, std::size_t)>;

[[nodiscard]] FANLIGHT_NOINLINE FANLIGHT_COLD inline places places_up_to(std::size_t count) {
  places out(count);
  for (std::size_t i = 0; i < count; ++i) out[i] = i;
  return out;
}

/// Puts places in order, those that are equal as they were: merges runs of 1, 2, 4, …
FANLIGHT_NOINLINE FANLIGHT_COLD inline void sort_places(places& what, place_order less) {
  std::size_t const count = what.size();
  places merged(count);
  for (std::size_t run = 1; run < count; run *= 2) {
    for (std::size_t from = 0; from < count; from += 2 * run) {
      std::size_t const middle = from + run < count ? from + run : count, end = from + 2 * run < count ? from + 2 * run : count;
      std::size_t left = from, right = middle;
      for (std::size_t to = from; to < end; ++to)
        merged[to] = right == end || (left < middle && !less(what[right], what[left])) ? what[left++] : what[right++];
    }
    what.swap(merged);
  }
}

/// Puts a list itself in order, what is equal as it was: each thing is moved once, or twice.
template <class Thing, class Less>
FANLIGHT_COLD void sort_list(std::vector<Thing>& list, Less const& less) {
  auto order = places_up_to(list.size());
  auto const by_place = [&](std::size_t a, std::size_t b) { return less(list[a], list[b]); };
  sort_places(order, by_place);
  for (std::size_t first = 0; first < order.size(); ++first) {
    if (order[first] == first) continue;
    Thing held = std::move(list[first]);
    std::size_t to = first;
    for (std::size_t from = order[to]; from != first; to = from, from = order[to]) {
      list[to] = std::move(list[from]);
      order[to] = to;
    }
    list[to] = std::move(held);
    order[to] = to;
  }
}

/// How many of the places at the front lie before what is looked for.
template <class Before>
[[nodiscard]] std::size_t count_before(places const& sorted, Before const& before) {
  std::size_t low = 0, high = sorted.size();
  while (low < high) {
    std::size_t const middle = (low + high) / 2;
    if (before(sorted[middle])) low = middle + 1;
    else high = middle;
  }
  return low;
}

}  // namespace detail
FANLIGHT_END

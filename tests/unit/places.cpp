// impl/places.hpp: sorting by place, and lists put in order.
#include "catch.hpp"

#include <fanlight/impl/places.hpp>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

using fanlight::detail::count_before;
using fanlight::detail::places_up_to;
using fanlight::detail::sort_list;
using fanlight::detail::sort_places;

TEST_CASE("places: lists of any length are put in order as std::stable_sort does") {
  std::mt19937 random{7};
  using item = std::pair<unsigned, std::string>;
  auto const less = [](item const& a, item const& b) { return a.first < b.first; };
  for (std::size_t count = 0; count < 70; ++count) {
    std::vector<item> list;
    for (std::size_t i = 0; i < count; ++i) list.emplace_back(random() % 8, "text of some length, number " + std::to_string(i));
    auto expected = list;
    std::stable_sort(expected.begin(), expected.end(), less);
    sort_list(list, less);
    CHECK(list == expected);
  }
}

TEST_CASE("places: things that can only be moved are put in order too") {
  std::vector<std::unique_ptr<int>> list;
  for (int const each : {5, 1, 4, 1, 3}) list.push_back(std::make_unique<int>(each));
  sort_list(list, [](auto const& a, auto const& b) { return *a < *b; });
  std::vector<int> seen;
  for (auto const& each : list) seen.push_back(*each);
  CHECK(seen == std::vector<int>{1, 1, 3, 4, 5});
}

TEST_CASE("places: what is sorted by place stays where it is, and is found by halving") {
  std::vector<std::uint64_t> const list{30, 10, 20, 10};
  auto order = places_up_to(list.size());
  auto const smaller = [&](std::size_t a, std::size_t b) { return list[a] < list[b]; };
  sort_places(order, smaller);
  CHECK(order == std::vector<std::size_t>{1, 3, 2, 0});
  CHECK(count_before(order, [&](std::size_t at) { return list[at] < 20; }) == 2);
  CHECK(count_before(order, [&](std::size_t at) { return list[at] < 5; }) == 0);
  CHECK(count_before(order, [](std::size_t) { return true; }) == 4);
}

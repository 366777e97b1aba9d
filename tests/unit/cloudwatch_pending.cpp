// impl/cloudwatch/pending.hpp: what waits for one stream: its order, its requests, its bytes, its age.
#include <fanlight/impl/cloudwatch/pending.hpp>

#include "catch.hpp"

namespace fl = fanlight;
using fl::detail::cloudwatch_event;
using fl::detail::cloudwatch_limits;
using fl::detail::cloudwatch_pending;
using fl::detail::first_request;
using namespace std::chrono_literals;

namespace {

constexpr cloudwatch_limits service{};
fl::detail::cloudwatch_moment at(std::chrono::seconds since) { return fl::detail::cloudwatch_moment{} + 1h + since; }

std::vector<cloudwatch_event> events(std::initializer_list<std::pair<std::int64_t, std::uint32_t>> times_and_sizes) {
  std::vector<cloudwatch_event> out;
  for (auto const& [time, size] : times_and_sizes) out.push_back({time, {}, 0, size});
  return out;
}
std::size_t first_of(std::vector<cloudwatch_event> const& all, cloudwatch_limits const& within) { return first_request(all.data(), all.size(), within); }

/// The texts of the next request.
std::vector<std::string> next_of(cloudwatch_pending& from, cloudwatch_limits const& within = service) {
  std::vector<std::string> out;
  for (std::size_t i = 0, count = from.next(within); i < count; ++i) out.emplace_back(from.message(i));
  return out;
}
using texts = std::vector<std::string>;

}  // namespace

TEST_CASE("cloudwatch_pending: a request ends before the limit that comes first") {
  auto const all = events({{0, 4}, {1, 4}, {2, 4}, {12, 4}});
  CHECK(first_of(all, {1'000, 100, 100}) == 4);
  CHECK(first_of(all, {1'000, 3, 100}) == 3);
  CHECK(first_of(all, {60, 100, 100}) == 2);
  CHECK(first_of(all, {59, 100, 100}) == 1);
  CHECK(first_of(all, {1'000, 100, 12}) == 4);
  CHECK(first_of(all, {1'000, 100, 11}) == 3);
  CHECK(first_of({}, service) == 0);
}

TEST_CASE("cloudwatch_pending: an event that is too large alone is a request all the same") {
  CHECK(first_of(events({{0, 2'000'000}, {0, 1}}), service) == 1);
}

TEST_CASE("cloudwatch_pending: counts bytes as the service does, and says whether one more fits") {
  cloudwatch_pending to{"s"};
  CHECK(to.empty());
  CHECK(to.has_room(9'000'000, service));  // alone it would be a request of its own
  to.add(5, "12345", at(0s));
  CHECK(to.bytes() == 31);
  CHECK(to.size() == 1);
  CHECK(to.has_room(1'048'576 - 31 - 26, service));
  CHECK_FALSE(to.has_room(1'048'576 - 31 - 25, service));
  CHECK_FALSE(to.has_room(1, {1'000, 1, 1'000}));
}

TEST_CASE("cloudwatch_pending: in the order of time, and of coming where times are equal") {
  cloudwatch_pending to{"s"};
  for (auto const& [time, text] : {std::pair{5, "5a"}, {3, "3"}, {5, "5b"}, {4, "4"}, {5, "5c"}}) to.add(time, text, at(0s));
  CHECK(next_of(to) == texts{"3", "4", "5a", "5b", "5c"});
}

TEST_CASE("cloudwatch_pending: a request stays what it is until it is taken away, whatever comes") {
  cloudwatch_pending to{"s"};
  to.add(5, "a", at(0s));
  to.add(6, "b", at(0s));
  CHECK(next_of(to) == texts{"a", "b"});
  to.add(1, "earlier", at(1s));
  CHECK(next_of(to) == texts{"a", "b"});
  to.take_away();
  CHECK(next_of(to) == texts{"earlier"});
  to.take_away();
  CHECK(to.empty());
  CHECK(to.bytes() == 0);
  CHECK(to.next(service) == 0);
}

TEST_CASE("cloudwatch_pending: in halves, and no larger again before all is gone") {
  cloudwatch_pending to{"s"};
  for (int i = 0; i < 5; ++i) to.add(i, std::to_string(i), at(0s));
  CHECK(to.next(service) == 5);
  CHECK(to.halve());
  CHECK(next_of(to) == texts{"0", "1", "2"});
  CHECK(to.halve());
  CHECK(next_of(to) == texts{"0", "1"});
  to.take_away();
  CHECK(next_of(to) == texts{"2", "3"});
  CHECK(to.halve());
  CHECK(next_of(to) == texts{"2"});
  CHECK_FALSE(to.halve());
  for (int i = 0; i < 3; ++i) static_cast<void>(to.next(service)), to.take_away();
  CHECK(to.empty());
  for (int i = 0; i < 5; ++i) to.add(i, "x", at(0s));
  CHECK(to.next(service) == 5);
}

TEST_CASE("cloudwatch_pending: its age is that of the first that came, also when others are earlier by their own time") {
  cloudwatch_pending to{"s"};
  to.add(9, "first", at(1s));
  to.add(3, "second", at(2s));
  CHECK(to.since() == at(1s));
  CHECK(to.last_used == at(2s));
  CHECK(next_of(to, {1'000, 1, 1'000}) == texts{"second"});
  to.take_away();
  CHECK(to.since() == at(1s));
  to.add(4, "third", at(5s));
  CHECK(next_of(to, {1'000, 1, 1'000}) == texts{"third"});
  to.take_away();
  to.take_away();  // nothing is planned: nothing goes
  CHECK(to.size() == 1);
}

TEST_CASE("cloudwatch_pending: what is too old goes, the rest stays in order") {
  cloudwatch_pending to{"s"};
  for (int i = 0; i < 6; ++i) to.add(10 - i, std::to_string(i), at(std::chrono::seconds{i}));
  CHECK(to.drop_older_than(at(0s)) == 0);
  CHECK(to.drop_older_than(at(2s)) == 2);
  CHECK(to.size() == 4);
  CHECK(to.since() == at(2s));
  CHECK(to.bytes() == 4 * 27);
  CHECK(next_of(to) == texts{"5", "4", "3", "2"});
  CHECK(to.drop_older_than(at(9s)) == 4);
  CHECK(to.empty());
}

TEST_CASE("cloudwatch_pending: texts stay what they are when those before them make room") {
  cloudwatch_pending to{"s"};
  std::uint64_t made = 0, taken = 0;
  for (int round = 0; round < 200; ++round) {
    for (int i = 0; i < 20; ++i) to.add(static_cast<std::int64_t>(made), std::string(made % 97 + 1, static_cast<char>('a' + made % 26)), at(0s)), ++made;
    auto const sent = next_of(to, {1'000'000, 17, 1'000'000});
    for (auto const& text : sent) {
      REQUIRE(text == std::string(taken % 97 + 1, static_cast<char>('a' + taken % 26)));
      ++taken;
    }
    to.take_away();
  }
  CHECK(to.size() == made - taken);
}

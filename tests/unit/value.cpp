// Values: which type of C++ becomes which kind, that every bit arrives, and nested values that own their bytes.
#include <fanlight/testing.hpp>
#include <fanlight/trace.hpp>

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "catch.hpp"

using namespace fanlight;

namespace {

/// What an exporter reads of a value that was set on a span.
template <class Check>
void recorded(value const& what, Check check) {
  testing::capture taken;
  { scoped_span{"span"}.set("k", what); }
  auto const spans = taken.spans();
  check(spans["span"].find("k"));
}

[[nodiscard]] std::string picture(value const& what) {
  testing::capture taken;
  { scoped_span{"v"}.set("k", what); }
  return taken.tree();
}

enum class colour { red };

}  // namespace

static_assert(value{}.kind() == value_kind::empty && value{nullptr}.kind() == value_kind::empty);
static_assert(value{true}.kind() == value_kind::boolean && value{true}.as_bool());
static_assert(value{1}.kind() == value_kind::int64 && value{1u}.kind() == value_kind::int64 && value{short{1}}.kind() == value_kind::int64);
static_assert(value{INT64_MIN}.as_int64() == INT64_MIN);
static_assert(value{std::uint64_t{INT64_MAX}}.kind() == value_kind::int64);
static_assert(value{std::uint64_t{INT64_MAX} + 1}.kind() == value_kind::uint64);
static_assert(value{1.0f}.kind() == value_kind::float64 && value{1.0L}.kind() == value_kind::float64);
static_assert(!std::is_constructible_v<value, char> && !std::is_constructible_v<value, colour> && !std::is_constructible_v<value, void*>);
static_assert(!std::is_constructible_v<value, wchar_t> && !std::is_constructible_v<value, std::optional<int>>);
static_assert(std::is_nothrow_constructible_v<object> && std::is_nothrow_copy_constructible_v<object> &&
              std::is_nothrow_copy_constructible_v<array>);

TEST_CASE("integers are exact over the whole of 64 bits, signed and unsigned") {
  for (std::int64_t const number : {std::int64_t{0}, std::int64_t{-1}, INT64_MIN, INT64_MAX, (std::int64_t{1} << 53) + 1})
    recorded(number, [number](value const& seen) {
      CHECK(seen.kind() == value_kind::int64);
      CHECK(seen.as_int64() == number);
    });
  for (std::uint64_t const number : {std::uint64_t{1} << 63, UINT64_MAX, UINT64_MAX - 1})
    recorded(number, [number](value const& seen) {
      CHECK(seen.kind() == value_kind::uint64);
      CHECK(seen.as_uint64() == number);
    });
}

TEST_CASE("doubles keep every bit") {
  for (double const number : {0.1, -0.0, 5e-324, std::numeric_limits<double>::max(), std::numeric_limits<double>::infinity()})
    recorded(number, [number](value const& seen) {
      double const back = seen.as_double();
      CHECK(std::memcmp(&back, &number, sizeof number) == 0);
    });
  recorded(std::numeric_limits<double>::quiet_NaN(), [](value const& seen) { CHECK(seen.as_double() != seen.as_double()); });
}

TEST_CASE("everything that is text is text, with the bytes it has") {
  std::string const owned{"owned"};
  recorded(owned, [](value const& seen) { CHECK(seen.as_text() == "owned"); });
  recorded(std::string_view{"a\0b", 3}, [](value const& seen) { CHECK(seen.as_text() == std::string_view{"a\0b", 3}); });
  recorded("literal", [](value const& seen) { CHECK(seen.as_text() == "literal"); });
  recorded(iso8601(wall_time{1'763'700'000'000'000'000}),
           [](value const& seen) { CHECK(seen.as_text() == "2025-11-21T04:40:00.000000Z"); });
  recorded(std::string(50'000, 'x'), [](value const& seen) { CHECK(seen.as_text() == std::string(50'000, 'x')); });
  char const* const none = nullptr;
  recorded(none, [](value const& seen) { CHECK(seen.kind() == value_kind::empty); });
}

TEST_CASE("empty values are data") {
  CHECK(picture("") == "v k=\"\"\n");
  CHECK(picture(0) == "v k=0\n");
  CHECK(picture(false) == "v k=false\n");
  CHECK(picture(array{}) == "v k=[]\n");
  CHECK(picture(object{}) == "v k={}\n");
  CHECK(picture(bytes{}) == "v k=0x\n");
  CHECK(picture({}) == "v k=null\n");
}

TEST_CASE("bytes are kept as they are") {
  unsigned char const raw[]{0, 1, 0xff, 0x80, 0};
  recorded(bytes{raw, sizeof raw}, [&raw](value const& seen) {
    REQUIRE(seen.as_bytes().size == sizeof raw);
    CHECK(std::memcmp(seen.as_bytes().data, raw, sizeof raw) == 0);
  });
}

TEST_CASE("a value of another kind reads as nothing") {
  value const text{"text"}, number{7};
  CHECK(text.as_int64() == 0);
  CHECK_FALSE(text.as_bool());
  CHECK(text.as_double() == 0);
  CHECK(number.as_text().empty());
  CHECK(number.as_bytes().size == 0);
  CHECK(number.members().empty());
}

// ---- nested -------------------------------------------------------------------------------------------------------------------------------

TEST_CASE("objects and arrays nest, and own what they were made from") {
  array inner;
  {
    std::string text = "short-lived";
    inner.push(text).push(nullptr).push(UINT64_MAX);
    text.assign(text.size(), 'x');
  }
  object out{{"list", inner}, {"map", object{{"a", 1.5}, {"b", object{}}}}};
  out.set("added", true);
  CHECK(picture(out) == "v k={list: [\"short-lived\", null, 18446744073709551615], map: {a: 1.5, b: {}}, added: true}\n");
}

TEST_CASE("an array can be made from a range") {
  std::vector<std::string> const names{"a", "b"};
  std::vector<int> const numbers{1, 2, 3};
  CHECK(picture(array{names}) == "v k=[\"a\", \"b\"]\n");
  CHECK(picture(array(numbers)) == "v k=[1, 2, 3]\n");
  CHECK(picture(array(std::vector<double>{})) == "v k=[]\n");
}

TEST_CASE("an object's key set again replaces the value, an empty key is none") {
  object out{{"a", 1}, {"b", 2}, {"a", "longer than it was"}, {"", 3}};
  CHECK(out.contains("a"));
  CHECK_FALSE(out.contains(""));
  CHECK(out.get("a").as_text() == "longer than it was");
  CHECK(out.get("c").kind() == value_kind::empty);
  CHECK(picture(out) == "v k={b: 2, a: \"longer than it was\"}\n");
}

TEST_CASE("a nested value can be given to itself") {
  array list{1, 2};
  for (int i = 0; i < 6; ++i) list.push(list);
  CHECK(picture(list).substr(0, 60) == "v k=[1, 2, [1, 2], [1, 2, [1, 2]], [1, 2, [1, 2], [1, 2, [1,");
  object map{{"text", "a text of some length, which is read while the map grows under it"}};
  for (int i = 0; i < 10; ++i) map.set("copy " + std::to_string(i), map.get("text"));
  CHECK(map.get("copy 9").as_text() == map.get("text").as_text());
  map.set("text", map.get("copy 3"));
  CHECK(map.get("text").as_text() == "a text of some length, which is read while the map grows under it");
}

TEST_CASE("copies of nested values are values") {
  object first{{"a", 1}};
  object second = first;
  second.set("a", 2);
  first = second;
  second = object{};
  object moved = std::move(first);
  CHECK(moved.get("a").as_int64() == 2);
  CHECK(second.empty());
  array list{1};
  array const same = list;
  list = array{2, 3};
  CHECK(picture(same) == "v k=[1]\n");
  CHECK(picture(list) == "v k=[2, 3]\n");
}

TEST_CASE("nesting ends at a depth of 64, and what is deeper is empty") {
  array deepest{1};
  for (int i = 1; i < 64; ++i) deepest = array{value{deepest}};
  CHECK(detail::nesting_of(deepest) == 64);
  std::string const open(64, '['), close(64, ']');
  CHECK(picture(deepest) == "v k=" + open + "1" + close + "\n");
  CHECK(picture(array{value{deepest}}) == "v k=[null]\n");
}

TEST_CASE("members are read in order, with their kinds") {
  object const out{{"a", 1}, {"b", "x"}, {"c", array{true}}};
  std::string seen;
  for (auto const member : value{out}.members())
    seen += std::string{member.key} + std::to_string(static_cast<int>(member.value.kind())) + ' ';
  CHECK(seen == "a2 b5 c7 ");
  CHECK(std::distance(out.members().begin(), out.members().end()) == 3);
}

TEST_CASE("keys are cut at 65,535 bytes") {
  std::string const key(70'000, 'k');
  object const out{{key, 1}};
  CHECK((*out.members().begin()).key == std::string(65'535, 'k'));
}

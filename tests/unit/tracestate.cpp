// detail/tracestate.hpp: the list of vendors' members and the sampler's member in it.
#include <fanlight/detail/tracestate.hpp>

#include "catch.hpp"

#include <cstring>
#include <set>
#include <string>
#include <vector>

using namespace fanlight::detail;

namespace {

std::string joined(std::initializer_list<std::string> headers) {
  tracestate_list list;
  for (auto const& header : headers) list.join(header);
  std::string out{list.text()};
  REQUIRE(list.is_bad() <= out.empty());
  return out;
}

/// A member of `size` characters.
std::string member(std::string const& key, std::size_t size) { return key + "=" + std::string(size - key.size() - 1, 'x'); }

std::string with_threshold(std::string const& state, std::uint64_t threshold) {
  tracestate_list list;
  tracestate_put_threshold(list, state, &threshold);
  return std::string{list.text()};
}

}  // namespace

TEST_CASE("members keep their order, and the first of a key counts") {
  CHECK(joined({"a=1,b=2,a=3", "b=4,c=5"}) == "a=1,b=2,c=5");
  CHECK(joined({"", ",,a=1,,", " ", "\t,b=2"}) == "a=1,b=2");
  CHECK(joined({}).empty());
}

TEST_CASE("a value may begin with blanks, and hold any printable character") {
  CHECK(joined({"a=  x ,b=2"}) == "a=  x,b=2");
  CHECK(joined({"a=!\"#$%&'()*+-./:;<>?@[\\]^_`{|}~ ~"}) == "a=!\"#$%&'()*+-./:;<>?@[\\]^_`{|}~ ~");
  for (std::string const bad : {"a=x\ty", "a=\x7f", "a=\xc3\xa9", "a=\n", "a= "}) {
    CAPTURE(bad);
    CHECK(joined({"b=2," + bad}).empty());
  }
  CHECK(joined({std::string("a=x\0y", 5)}).empty());
}

TEST_CASE("keys and values have at most 256 characters") {
  CHECK(joined({std::string(256, 'k') + "=1"}) == std::string(256, 'k') + "=1");
  CHECK(joined({std::string(257, 'k') + "=1"}).empty());
  CHECK(joined({"k=" + std::string(256, '.')}) == "k=" + std::string(256, '.'));
  CHECK(joined({"k=" + std::string(257, '.')}).empty());
}

TEST_CASE("a list that can be passed on as it stands is read in another way, to the same end") {
  std::vector<std::string> all{"a=1",   "a=1,b=2", "a=1,", ",",  "a=1,,b=2", "a= 1", "a=1 ,b=2", "a=1, b=2", "a=1,a=2",
                               "a=1=2", "a",       "a=",   "=1", "a=1,b",    "A=1",  "_a=1",     "a=,b=1"};
  for (std::size_t const size :
       std::initializer_list<std::size_t>{1, 7, 8, 15, 16, 17, 31, 32, 33, 125, 126, 127, 128, 255, 256, 257, 509, 510, 511, 512})
    all.push_back("a=" + std::string(size, 'v')), all.push_back(all.back() + ",b=2"), all.push_back("b=2," + std::string(size, 'k') + "=1");
  for (std::size_t at = 0; at < 40; ++at)
    for (char const letter : {'\0', '\t', '\x1f', ' ', ',', '=', '~', '\x7f', '\x80', '\xff'}) {
      std::string text = "first=" + std::string(40, 'v') + ",last=" + std::string(10, 'w');
      text[6 + at] = letter;
      all.push_back(text);
    }
  std::string many = "k0=1";
  for (int i = 1; i < 34; ++i) all.push_back(many += ",k" + std::to_string(i) + "=1");
  for (auto const& each : all) {
    CAPTURE(each);
    CHECK(joined({each}) == joined({"," + each}));
    CHECK(joined({each, "z=26,a=3"}) == joined({"," + each, "z=26,a=3"}));
  }
}

TEST_CASE("a bad member voids what came before and after") {
  tracestate_list list;
  list.join("a=1");
  list.join("B=2");
  list.join("c=3");
  CHECK(list.is_bad());
  CHECK(list.text().empty());
  CHECK(*list.text().data() == 0);
}

TEST_CASE("keys that are alike are not taken for one another") {
  std::set<std::string> keys;
  for (int i = 0; i < 40; ++i) keys.insert("k" + std::to_string(i)), keys.insert("kk" + std::to_string(i)), keys.insert("aaaaaaa" + std::to_string(i));
  for (std::size_t size = 1; size <= 24; ++size)
    for (std::size_t at = 0; at <= size; at += 3) {
      std::string key(size, 'a');
      if (at < size) key[at] = 'b';
      keys.insert(key);
    }
  unsigned lost = 0;
  for (auto const& one : keys)
    for (auto const& other : keys) {
      if (one == other) continue;
      auto const both = one + "=1," + other + "=2";
      tracestate_list list;
      list.join(both);
      lost += list.text() == both ? 0 : 1;
    }
  CHECK(keys.size() > 200);
  CHECK(lost == 0);
}

TEST_CASE("the text ends in a NUL and can be asked for again") {
  tracestate_list list;
  list.join("a=1,b=2");
  CHECK(std::strlen(list.text().data()) == 7);
  CHECK(list.text() == "a=1,b=2");
  list.join("c=3");
  CHECK(list.text() == "a=1,b=2,c=3");
}

TEST_CASE("512 characters are passed on as they are") {
  auto const exact = member("a", 128) + "," + member("b", 128) + "," + member("c", 128) + "," + member("d", 125);
  REQUIRE(exact.size() == 512);
  CHECK(joined({exact}) == exact);
  auto const large = member("a", 255) + "," + member("b", 256);
  REQUIRE(large.size() == 512);
  CHECK(joined({large}) == large);
}

TEST_CASE("large members go first, from the right, and only as many as must") {
  auto const a = member("a", 200), b = member("b", 100), c = member("c", 129), d = member("d", 128), e = member("e", 150);
  CHECK(joined({a + "," + b + "," + c}) == a + "," + b + "," + c);
  CHECK(joined({a + "," + b + "," + c + "," + d}) == a + "," + b + "," + d);
  CHECK(joined({a + "," + b + "," + c + "," + d + "," + e}) == a + "," + b + "," + d);
  CHECK(joined({e + "," + member(std::string(200, 'k'), 400) + "," + c}) == e);
}

TEST_CASE("then members go from the right") {
  std::string all, kept;
  for (char key = 'a'; key < 'h'; ++key) {
    if (key != 'a') all += ",";
    all += member(std::string(1, key), 100);
    if (key == 'e') kept = all;
  }
  CHECK(joined({all}) == kept);
  CHECK(joined({member("z", 200) + "," + all, "y=1"}) == kept);  // no large one stays where a small one had to go
}

TEST_CASE("what was put stands in front and replaces") {
  tracestate_list list;
  list.put("ot", "th:8");
  list.join("a=1,ot=th:4,b=2");
  CHECK(list.text() == "ot=th:8,a=1,b=2");
  tracestate_list refused;
  refused.put("OT", "1");
  refused.put("a", "");
  refused.put("b", "x,y");
  refused.put("c=", "1");
  refused.put(std::string(257, 'k'), "1");
  refused.join("d=4");
  CHECK(refused.text() == "d=4");
}

TEST_CASE("a member of our own pushes the 32nd out on the right") {
  std::string state = "k0=0", rest = state;
  for (int i = 1; i < 32; ++i) {
    state += ",k" + std::to_string(i) + "=" + std::to_string(i);
    if (i == 30) rest = state;
  }
  tracestate_list list;
  list.put("ot", "th:8");
  list.join(state);
  CHECK_FALSE(list.is_bad());
  CHECK(list.text() == "ot=th:8," + rest);
}

TEST_CASE("members and fields are found by their whole name") {
  std::string const state = "foo=1,ot=th:e666;rv:0123456789abcd;x:,fo=2";
  CHECK(tracestate_find(state, "fo") == "2");
  CHECK(tracestate_find(state, "ot") == "th:e666;rv:0123456789abcd;x:");
  CHECK(tracestate_find(state, "o").empty());
  CHECK(tracestate_field(tracestate_find(state, "ot"), "rv") == "0123456789abcd");
  CHECK(tracestate_field(tracestate_find(state, "ot"), "t").empty());
  CHECK(tracestate_field("th:1", "th") == "1");
}

TEST_CASE("thresholds are written without the zeros at their end") {
  CHECK(tracestate_threshold_text(0) == "0");
  CHECK(tracestate_threshold_text(0x80000000000000) == "8");
  CHECK(tracestate_threshold_text(0xe6660000000000) == "e666");
  CHECK(tracestate_threshold_text(0x00000000000001) == "00000000000001");
  std::uint64_t got = 1;
  CHECK(tracestate_read_threshold("0", got));
  CHECK(got == 0);
  CHECK(tracestate_read_threshold("e666", got));
  CHECK(got == 0xe6660000000000);
  CHECK(tracestate_read_threshold("00000000000001", got));
  CHECK(got == 1);
  for (std::string const bad : {"", "E", "g", "000000000000001", "-1"}) {
    CAPTURE(bad);
    CHECK_FALSE(tracestate_read_threshold(bad, got));
  }
  CHECK(got == 1);
}

TEST_CASE("threshold and randomness are read from the sampler's member") {
  std::uint64_t got = 7;
  CHECK(tracestate_threshold("a=1,ot=rv:00000000000002;th:c", got));
  CHECK(got == 0xc0000000000000);
  CHECK(tracestate_randomness("a=1,ot=rv:00000000000002;th:c", got));
  CHECK(got == 2);
  CHECK_FALSE(tracestate_randomness("ot=rv:2", got));
  CHECK_FALSE(tracestate_threshold("a=1", got));
  CHECK_FALSE(tracestate_threshold("", got));
}

TEST_CASE("a threshold is put in front, and other fields stay") {
  CHECK(with_threshold("", 0xe6660000000000) == "ot=th:e666");
  CHECK(with_threshold("a=1,b=2", 0) == "ot=th:0,a=1,b=2");
  CHECK(with_threshold("a=1,ot=rv:00000000000002;th:c;k:v,b=2", 0x80000000000000) == "ot=th:8;rv:00000000000002;k:v,a=1,b=2");
  auto const crowded = "ot=k:" + std::string(250, 'v');
  CHECK(with_threshold(crowded + ",a=1", 0x80000000000000) == "ot=th:8,a=1");  // a value has 256 characters
  tracestate_list without, nothing;
  tracestate_put_threshold(without, "a=1,ot=rv:00000000000002;th:c", nullptr);
  CHECK(without.text() == "ot=rv:00000000000002,a=1");
  tracestate_put_threshold(nothing, "a=1,ot=th:c", nullptr);
  CHECK(nothing.text() == "a=1");
}

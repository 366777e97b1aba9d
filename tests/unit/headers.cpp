// detail/headers.hpp: traceparent, X-Amzn-Trace-Id and baggage as texts. The cases of the references are in tests/conformance.
#include <fanlight/detail/headers.hpp>

#include "catch.hpp"

#include <string>
#include <vector>

namespace fl = fanlight;
using namespace fanlight::detail;
using fl::sampling_state;

namespace {

std::string const valid = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
std::string const root = "Root=1-5759e988-bd862e3fe1be46a994272793", parent = "Parent=53995c3f42cd8ad8";

std::string carried(std::string const& text) {
  xray_header header;
  header.read(text);
  return std::string{header.pairs()};
}

std::string written(bool sampled, sampling_state sampling, std::string_view pairs) {
  char text[xray_header::most_size + 1];
  unsigned const size = write_xray_header(text, fl::trace_id::from_hex("5759e988bd862e3fe1be46a994272793"),
                                          fl::span_id::from_hex("53995c3f42cd8ad8"), sampled, sampling, pairs);
  REQUIRE(text[size] == 0);
  return text;
}

std::string kept(std::string const& text, bool bad = false) {
  baggage_header header;
  header.read(text);
  CHECK(header.is_bad() == bad);
  return std::string{header.text()};
}

}  // namespace

TEST_CASE("no character of a traceparent may be anything else") {
  REQUIRE(traceparent{}.read(valid));
  for (std::size_t at = 0; at < valid.size(); ++at)
    for (char const other : {'g', 'A', ' ', '\0', '_'}) {
      auto text = valid;
      text[at] = other;
      CAPTURE(at, other);
      if (at == 0 && other == ' ') continue;  // trimmed: then it is too short, below
      CHECK_FALSE(traceparent{}.read(text));
    }
  CHECK_FALSE(traceparent{}.read(""));
  CHECK_FALSE(traceparent{}.read(" " + valid.substr(1)));
  for (std::size_t size = 0; size < valid.size(); ++size) CHECK_FALSE(traceparent{}.read(valid.substr(0, size)));
}

TEST_CASE("a bad traceparent changes nothing, a good one is written again") {
  traceparent ids;
  REQUIRE(ids.read(valid));
  CHECK_FALSE(ids.read("00-1"));
  char text[traceparent::size + 1];
  ids.write(text);
  CHECK(std::string{text} == valid);
  for (std::string const flags : {"00", "01", "02", "03"}) {
    REQUIRE(ids.read(valid.substr(0, 53) + flags));
    ids.write(text);
    CHECK(std::string{text} == valid.substr(0, 53) + flags);
  }
}

TEST_CASE("parts of the X-Ray header come in any order, in any case, with blanks around") {
  for (auto const& text : {root + ";" + parent + ";Sampled=1", "Sampled=1;" + parent + ";" + root,
                           " " + root + " ; " + parent + "\t;; Sampled = 1 ;", "Self=1-2-3;" + root + ";sampled=1;" + parent,
                           std::string{"ROOT=1-5759E988-BD862E3FE1BE46A994272793;PARENT=53995C3F42CD8AD8;SAMPLED=1"}}) {
    CAPTURE(text);
    xray_header header;
    header.read(text);
    CHECK(header.root.hex() == "5759e988bd862e3fe1be46a994272793");
    CHECK(header.parent.hex() == "53995c3f42cd8ad8");
    CHECK(header.sampled);
    CHECK(header.sampling == sampling_state::decided);
    CHECK_FALSE(header.root_bad);
    CHECK_FALSE(header.parent_bad);
    CHECK_FALSE(header.pair_bad);
    CHECK(header.pairs().empty());
  }
}

TEST_CASE("X-Ray's decision may be open") {
  auto const read = [](std::string const& text) {
    xray_header header;
    header.read(root + text);
    return header;
  };
  CHECK(read(";Sampled=0").sampling == sampling_state::decided);
  CHECK_FALSE(read(";Sampled=0").sampled);
  CHECK(read(";Sampled=?").sampling == sampling_state::asked);
  for (std::string const text : {"", ";Sampled=", ";Sampled=2", ";Sampled=true", ";Sampled"}) {
    CAPTURE(text);
    CHECK(read(text).sampling == sampling_state::deferred);
    CHECK_FALSE(read(text).sampled);
  }
}

TEST_CASE("a bad Root or Parent is none") {
  for (std::string const text : {"Root=", "Root", "Root=1-5759e988-bd862e3fe1be46a99427279", "Root=2-5759e988-bd862e3fe1be46a994272793",
                                 "Root=1-00000000-000000000000000000000000", "Root=1-5759e98g-bd862e3fe1be46a994272793",
                                 "Root=1_5759e988-bd862e3fe1be46a994272793", "Root=5759e988bd862e3fe1be46a994272793"}) {
    CAPTURE(text);
    xray_header header;
    header.read(text + ";" + parent + ";Sampled=1");
    CHECK(header.root_bad);
    CHECK_FALSE(header.root.is_valid());
    CHECK_FALSE(header.parent.is_valid());  // it means nothing without a root
  }
  for (std::string const text : {"Parent=", "Parent=0000000000000000", "Parent=53995c3f42cd8ad", "Parent=53995c3f42cd8adx"}) {
    CAPTURE(text);
    xray_header header;
    header.read(root + ";" + text);
    CHECK(header.parent_bad);
    CHECK(header.root.is_valid());
    CHECK_FALSE(header.parent.is_valid());
  }
  xray_header alone;
  alone.read(parent);
  CHECK_FALSE(alone.parent.is_valid());
  CHECK_FALSE(alone.parent_bad);
  CHECK_FALSE(alone.root_bad);
}

TEST_CASE("of parts that come twice the first counts, over all headers") {
  xray_header header;
  header.read(parent + ";Sampled=0");
  header.read(root + ";Parent=1111111111111111;Sampled=1");
  header.read("Root=1-11111111-111111111111111111111111");
  CHECK(header.root.hex() == "5759e988bd862e3fe1be46a994272793");
  CHECK(header.parent.hex() == "53995c3f42cd8ad8");
  CHECK_FALSE(header.sampled);
}

TEST_CASE("other pairs are carried as they are, in order, Self is not") {
  CHECK(carried(root + ";Lineage=a87bd80c:1|68fd508a:5|c512fbe3:2;Self=1-1-1; k = v=w ;self=2;e=") ==
        "Lineage=a87bd80c:1|68fd508a:5|c512fbe3:2;k = v=w;e=");
  CHECK(carried("junk;=x;a=1") == "a=1");
  CHECK(carried("a=1\r\nSet-Cookie: x;b=2") == "b=2");
  CHECK(carried("a=\xc3\xa9;b=2") == "b=2");
}

TEST_CASE("pairs are carried whole, up to 256 characters") {
  auto const first = "a=" + std::string(198, 'x'), fits = "b=" + std::string(53, 'y'), over = "b=" + std::string(54, 'y');
  CHECK(carried(first + ";" + fits) == first + ";" + fits);
  CHECK((first + ";" + fits).size() == 256);
  CHECK(carried(first + ";" + over) == first);
  CHECK(carried(first + ";" + over + ";c=3") == first + ";c=3");
  CHECK(carried("a=" + std::string(254, 'x')).size() == 256);
  CHECK(carried("a=" + std::string(255, 'x')).empty());
}

TEST_CASE("the X-Ray header is written") {
  CHECK(written(true, sampling_state::decided, {}) == root + ";" + parent + ";Sampled=1");
  CHECK(written(false, sampling_state::decided, "k=v") == root + ";" + parent + ";Sampled=0;k=v");
  CHECK(written(false, sampling_state::deferred, "k=v") == root + ";" + parent + ";k=v");
  CHECK(written(false, sampling_state::asked, {}) == root + ";" + parent + ";Sampled=?");
  std::string const most(256, 'p');
  CHECK(written(true, sampling_state::decided, most) == root + ";" + parent + ";Sampled=1;" + most);
  CHECK(written(true, sampling_state::decided, most + "p") == root + ";" + parent + ";Sampled=1");
}

TEST_CASE("bad members of baggage are left out, the rest stays") {
  CHECK(kept("a=1, b=2 ,,c=3;p;q=4") == "a=1,b=2,c=3;p;q=4");
  CHECK(kept("a=,b=x=y") == "a=,b=x=y");
  for (std::string const bad :
       {"a", "=1", "a b=1", "a=\"1\"", "a=x y", "a=x\\y", "a=\xc3\xa9", "a=1\r\nX: y", "a=1;p q", "a=1;=2", "(a)=1"}) {
    CAPTURE(bad);
    CHECK(kept("x=1," + bad + ",y=2", true) == "x=1,y=2");
    CHECK(kept(bad, true).empty());
  }
}

TEST_CASE("baggage is passed on up to 64 members") {
  std::string all, most;
  for (int i = 0; i < 70; ++i) {
    all += (i == 0 ? "k" : ",k") + std::to_string(i) + "=v";
    if (i == 63) most = all;
  }
  CHECK(kept(most) == most);
  CHECK(kept(all) == most);
}

TEST_CASE("baggage is passed on up to 8192 bytes, by whole members") {
  auto const first = "a=" + std::string(498, 'x'), second = "b=" + std::string(7689, 'y'), over = second + "y";
  CHECK((first + "," + second).size() == 8192);
  CHECK(kept(first + "," + second) == first + "," + second);
  CHECK(kept(first + "," + over) == first);
  CHECK(kept(first + "," + over + ",c=3") == first + ",c=3");
  baggage_header several;
  several.read(first);
  several.read(second);
  CHECK(several.text() == first + "," + second);
}

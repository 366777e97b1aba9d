// impl/json_tree.hpp: documents that know where their values stand.
#include <fanlight/impl/json_tree.hpp>

#include <string>

#include "catch.hpp"

using namespace fanlight::detail;

TEST_CASE("json_tree: kinds, order and paths") {
  json_tree tree;
  std::string wrong;
  REQUIRE(tree.read(R"( {"a":[1,"1",true,null,{}],"b":{"c":[[2.5]]},"a b":-3} )", wrong));
  json_at const root{tree};
  CHECK(root.path() == "$");
  auto const list = root.find("a");
  json_kind const kinds[]{json_kind::number, json_kind::text, json_kind::literal, json_kind::literal, json_kind::object};
  std::size_t count = 0;
  for (auto each = list.first(); each; each = each.next(), ++count) {
    REQUIRE(count < 5);
    CHECK(each.kind() == kinds[count]);
    CHECK(each.path() == "$.a[" + std::to_string(count) + "]");
  }
  CHECK(count == 5);
  CHECK(root.find("b").find("c").first().first().path() == "$.b.c[0][0]");
  CHECK(root.find("nothing").kind() == json_kind::missing);
  CHECK_FALSE(root.find("nothing").find("below"));
  CHECK(root.find("a b").path() == "$.a b");
}

TEST_CASE("json_tree: numbers are read as such, texts are not") {
  json_tree tree;
  std::string wrong;
  REQUIRE(tree.read(R"({"whole":18446744073709551615,"real":0.25,"text":"1","negative":-1})", wrong));
  json_at const root{tree};
  std::uint64_t natural = 0;
  double real = 0;
  CHECK((root.find("whole").natural(natural) && natural == 18446744073709551615u));
  CHECK((root.find("real").real(real) && real == 0.25));
  CHECK_FALSE(root.find("real").natural(natural));
  CHECK_FALSE(root.find("text").real(real));
  CHECK_FALSE(root.find("negative").natural(natural));
  CHECK((root.find("negative").real(real) && real == -1));
}

TEST_CASE("json_tree: of a key that stands twice the last one counts") {
  json_tree tree;
  std::string wrong;
  REQUIRE(tree.read(R"({"a":1,"a":2})", wrong));
  CHECK(json_at{tree}.find("a").text() == "2");
}

TEST_CASE("json_tree: what is no JSON is told with its line") {
  json_tree tree;
  std::string wrong;
  CHECK_FALSE(tree.read("{\n\"a\":1,\n}", wrong));
  CHECK(wrong == "it is no JSON from line 3 on");
  CHECK_FALSE(tree.read("{} x", wrong));
  CHECK_FALSE(tree.read("", wrong));
  CHECK_FALSE(tree.read(std::string(100, '['), wrong));
  CHECK(wrong == "it is too large or too deep, in line 1");
  CHECK_FALSE(tree.read("\"" + std::string(std::size_t{5} << 20, 'a') + "\"", wrong));
  CHECK(wrong == "it is larger than 4 MiB");
}

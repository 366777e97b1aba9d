// impl/xray/names.hpp: texts as X-Ray takes them.
#include <fanlight/detail/utf8.hpp>
#include <fanlight/impl/xray/names.hpp>

#include "catch.hpp"

#include <string>

namespace fl = fanlight;
using namespace fl::detail;

namespace {
template <class Write>
std::string made(Write write) {
  send_buffer out;
  out.literal("|");  // what stands before stays
  write(out);
  REQUIRE(out.view().substr(0, 1) == "|");
  return std::string{out.view().substr(1)};
}
std::string name(std::string_view from) {
  return made([&](send_buffer& to) {
    bool const changed = write_xray_name(to, from);
    CHECK(changed == (from != to.view().substr(1)));
  });
}
std::string key(std::string_view from) {
  return made([&](send_buffer& to) {
    bool const changed = write_xray_key(to, from);
    CHECK(changed == (from != to.view().substr(1)));
  });
}
std::string url(std::string_view from, bool with_query = false) {
  return made([&](send_buffer& to) { write_clean_url(to, from, with_query); });
}
std::string connection(std::string_view from) {
  return made([&](send_buffer& to) { write_clean_connection(to, from); });
}
std::string compact(std::string_view from) {
  return made([&](send_buffer& to) {
    if (write_compact_object(to, from)) return;
    CHECK(to.view() == "|");
    to.literal("refused");
  });
}
std::string when(std::int64_t nanoseconds) {
  return made([&](send_buffer& to) { write_xray_time(to, nanoseconds); });
}
std::string function(std::string_view signature) {
  send_buffer room;
  return std::string{qualified_name(signature, room)};
}
}  // namespace

TEST_CASE("xray_names: what is allowed stays") {
  for (std::string_view const fine : {"svc", "shop.example", "a_b.c:d/e%f&g#h=i+j-k@l", "GET /users/7", "Größe", "時間のかかる処理", "Ελλάδα", "العربية", "１２３"}) CHECK(name(fine) == fine);
}

TEST_CASE("xray_names: what X-Ray refuses a document for is taken out") {
  CHECK(name("my*svc?(1)") == "mysvc1");
  CHECK(name("a?b;c*d(e)f!g$h~i^j<k>l,m'n\"o|p[q]r{s}t\\u`v") == "abcdefghijklmnopqrstuv");
  CHECK(name("tab\tand\nline\r") == "tabandline");
  CHECK(name("rocket 🚀!") == "rocket ");
  CHECK(name("e\xCC\x81t\xC3\xA9") == "et\xC3\xA9");  // a combining mark, and a letter that has it already
  CHECK(name(std::string_view{"a\0b", 3}) == "ab");
  CHECK(name("") == "span");
  CHECK(name("!!!") == "span");
}

TEST_CASE("xray_names: broken UTF-8 is taken out too") {
  CHECK(name("a\xFF" "b") == "ab");
  CHECK(name("a\xE3\x81") == "a");
  CHECK(name("\xC0\x80") == "span");
}

TEST_CASE("xray_names: 200 characters, and never half of one") {
  CHECK(name(std::string(200, 'x')) == std::string(200, 'x'));
  CHECK(name(std::string(201, 'x')) == std::string(200, 'x'));
  std::string wide;
  for (int i = 0; i < 201; ++i) wide += "\xE6\x99\x82";
  CHECK(name(wide) == wide.substr(0, 600));
  CHECK(name(std::string(300, '!') + std::string(201, 'y')) == std::string(200, 'y'));  // what is not allowed does not count
}

TEST_CASE("xray_names: letters beyond the first plane stay, pictures do not") {
  CHECK(name("\xF0\xA0\x80\x80") == "\xF0\xA0\x80\x80");      // U+20000, an ideograph
  CHECK(name("\xF0\x9D\x90\x80" "b") == "\xF0\x9D\x90\x80" "b");  // U+1D400, a mathematical letter
  CHECK(name("x\xF0\x9F\x98\x80") == "x");                    // U+1F600
}

TEST_CASE("xray_names: keys of annotations") {
  CHECK(key("http.route") == "http.route");
  CHECK(key("user-id") == "user_id");
  CHECK(key("größe in m²") == "gr__e_in_m_");
  CHECK(key("a\xFF\xFE" "b") == "a__b");
  CHECK(key(std::string(501, 'k')) == std::string(500, 'k'));
  CHECK(key("").empty());
  CHECK_FALSE(is_xray_key(""));
  CHECK_FALSE(is_xray_key("a b"));
  CHECK(is_xray_key("A_z.9"));
  CHECK_FALSE(is_xray_key(std::string(501, 'k')));
}

TEST_CASE("xray_names: functions by their qualified name") {
  CHECK(function("int main()") == "main");
  CHECK(function("main") == "main");
  CHECK(function("std::vector<int>::at(size_t)") == "std::vector::at");
  CHECK(function("std::map<int, std::vector<long>>::at(const int&) const") == "std::map::at");
  CHECK(function("void shop::order<T>::place(std::pair<int, int>) [with T = int]") == "shop::order::place");
  CHECK(function("X::~X()") == "X::~X");
  CHECK(function("bool operator==(const a&, const b&)") == "operator==");
  CHECK(function("int f::operator()(int) const") == "f::operator()");
  CHECK(function("void (anonymous namespace)::run(int)") == "(anonymous namespace)::run");
  CHECK(function("auto a::b::<lambda(int)>::operator()(int) const") == "a::b::operator()");
  CHECK(function("").empty());
}

TEST_CASE("xray_names: URLs without user, password, query and fragment") {
  CHECK(url("https://u:p@h.example/x?token=1") == "https://h.example/x");
  CHECK(url("https://u:p@h.example/x?token=1#top", true) == "https://h.example/x?token=1");
  CHECK(url("https://h.example?next=a@b") == "https://h.example");
  CHECK(url("https://h.example/a@b/c") == "https://h.example/a@b/c");
  CHECK(url("https://u:p@a@h.example:8443/") == "https://h.example:8443/");
  CHECK(url("/path?x=y@z") == "/path");
  CHECK(url("https://u:p@h.example?x=://y@z", true) == "https://h.example?x=://y@z");
  CHECK(url("").empty());
}

TEST_CASE("xray_names: hosts") {
  CHECK(host_of_url("https://u:p@h.example:8443/x") == "h.example");
  CHECK(host_of_url("jdbc:postgresql://db.example:5432/orders") == "db.example");
  CHECK(host_of_url("http://[::1]:80/x") == "::1");
  CHECK(host_of_url("h.example:80") == "h.example");
  CHECK(host_of_url("::1") == "::1");
  CHECK(host_of_url("/only/a/path").empty());
  CHECK(host_of_url("").empty());
}

TEST_CASE("xray_names: connection strings without their secret") {
  CHECK(connection("postgresql://app:secret@db.example:5432") == "postgresql://db.example:5432");
  CHECK(connection("Server=db;Database=orders;User=app;Password=secret;Timeout=3") == "Server=db;Database=orders;User=app;Timeout=3");
  CHECK(connection("Server=db; PWD = secret") == "Server=db");
  CHECK(connection("host=db password=secret dbname=orders") == "host=db dbname=orders");
  CHECK(connection("host=db password='a b c' dbname=orders") == "host=db dbname=orders");
  CHECK(connection("db.example") == "db.example");
}

TEST_CASE("xray_names: JSON objects from outside, without blanks, or not at all") {
  CHECK(compact("{ \"a b\" : [ 1 , \"x \\\" y\" ] }\n") == R"({"a b":[1,"x \" y"]})");
  CHECK(compact("{}") == "{}");
  CHECK(compact("[1]") == "refused");
  CHECK(compact("{\"a\":1} x") == "refused");
  CHECK(compact("{\"a\":1}{}") == "refused");
  CHECK(compact("{\"a\":") == "refused");
  CHECK(compact("{\"a\":\"\xFF\"}") == "refused");
  CHECK(compact("") == "refused");
  std::string deep = "{\"a\":" + std::string(70, '[') + std::string(70, ']') + "}";
  CHECK(compact(deep) == "refused");
}

TEST_CASE("xray_names: times to the microsecond, of whole numbers") {
  CHECK(when(1'484'789'387'126'000'999) == "1484789387.126000");
  CHECK(when(1'700'000'000'000'001'000) == "1700000000.000001");
  CHECK(when(0) == "0.000000");
  CHECK(when(-5) == "0.000000");
  CHECK(when(INT64_MAX) == "9223372036.854775");
}

TEST_CASE("xray_names: texts without what is broken") {
  CHECK(made([](send_buffer& to) { write_without_broken(to, "a\xFF" "b\xE3\x81"); }) == "ab");
  CHECK(made([](send_buffer& to) { write_without_broken(to, ""); }).empty());
}

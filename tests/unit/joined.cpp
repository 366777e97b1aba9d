// impl/joined.hpp and impl/borrowed.hpp.
#include "catch.hpp"

#include <fanlight/impl/borrowed.hpp>
#include <fanlight/impl/joined.hpp>

#include <string>
#include <string_view>

using fanlight::detail::borrowed;
using fanlight::detail::joined;

TEST_CASE("joined: the pieces one after the other, empty ones and NULs too") {
  std::string const name = "otlp";
  CHECK(joined({"exporter '", name, "' lost ", std::to_string(3), " records"}) == "exporter 'otlp' lost 3 records");
  CHECK(joined({}).empty());
  CHECK(joined({"", std::string_view{"a\0b", 3}, ""}) == std::string{"a\0b", 3});
}

TEST_CASE("borrowed: calls what it was made of, with its arguments and its state") {
  int sum = 0;
  auto const add = [&sum](int what, std::string const& text) { return sum += what + static_cast<int>(text.size()); };
  borrowed<int(int, std::string const&)> const call{add};
  CHECK(call(1, "ab") == 3);
  auto const copy = call;
  CHECK(copy(10, "") == 13);
  CHECK(sum == 13);
}

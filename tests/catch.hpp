// Catch2 for every test: version 3 where it is installed, else version 2, with the few names that differ made alike.
#pragma once

#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
using Catch::Approx;
#else
#include <catch2/catch.hpp>
#define SKIP(why)  \
  do {             \
    WARN(why);     \
    return;        \
  } while (false)
namespace Catch::Matchers {
inline auto ContainsSubstring(std::string const& text) { return Contains(text); }
}  // namespace Catch::Matchers
#endif

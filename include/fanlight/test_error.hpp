// An error on purpose: put behind a route such as /rollbar/test, it shows that reports arrive. A type of its own, so that rules can tell it from
// what went wrong in earnest. Any thread.
#pragma once

#include <fanlight/detail/config.hpp>

#include <stdexcept>

FANLIGHT_BEGIN

struct test_error : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Throws `test_error`.
[[noreturn]] inline void raise_test_error(char const* what = "a test of error reporting: all is well if you read this where errors are shown") { throw test_error{what}; }

FANLIGHT_END

// A stack in a program that has libbacktrace and debug information: files, lines, and the functions that were inlined.
#include "process.hpp"

#include <fanlight/stack.hpp>

#include <stdexcept>

using namespace process;

namespace {

int volatile zero = 0;

[[gnu::always_inline]] inline void inlined_thrower() {
  if (zero == 0) throw std::runtime_error{"here"};  // line_of_throw
}
constexpr unsigned line_of_throw = __LINE__ - 2;

[[gnu::noinline]] void around() {
  inlined_thrower();
  zero = zero + 1;
}

struct keeping {
  fl::stack_trace* to;
  void consume(fl::batch<fl::error_record> errors) const {
    for (auto const& each : errors) *to = fl::stack_of(each);
  }
};

}  // namespace

int main() {
  fl::stack_trace stack;
  {
    auto session = fl::init(lazy({keeping{&stack}}));
    fl::report_and_swallow(around);
    EXPECT(session.flush(patience));
  }
  EXPECT(stack.frames.size() >= 3);
  if (stack.frames.size() < 3) return 1;
  EXPECT(stack.frames[0].function.find("inlined_thrower") != std::string::npos);
  EXPECT(stack.frames[0].inlined);
  EXPECT(stack.frames[0].line == line_of_throw);
  EXPECT(stack.frames[0].file.find("stack_lines.cpp") != std::string::npos);
  EXPECT(stack.frames[1].function.find("around()") != std::string::npos);
  EXPECT(!stack.frames[1].inlined);
  EXPECT(stack.frames[1].line > line_of_throw);
  EXPECT(stack.frames[0].address == stack.frames[1].address);
  EXPECT(stack.frames.back().function == "main");
  auto const text = fl::stack_text(stack);
  EXPECT(text.find("stack_lines.cpp:" + std::to_string(line_of_throw)) != std::string::npos);
  if (failures() != 0) std::fputs(text.c_str(), stderr);
  return failures();
}

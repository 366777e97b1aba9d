// Stacks as people read them. A record carries addresses alone; here they become functions, files and lines: on the thread that asks, which is
// an exporter's lane. Reads the symbol tables of the objects that the addresses lie in, once each, and keeps them; with libbacktrace in the
// program also its debug information. Any thread may call; one at a time works.
#pragma once

#include <fanlight/record.hpp>

#include <string>
#include <vector>

FANLIGHT_BEGIN

enum class stack_origin : std::uint8_t {
  thrown,    // where the exception was thrown
  reported,  // where it was reported: where it was thrown is not known
  crashed,   // where the signal struck
};

struct stack_frame {
  std::string function;  // readable, and the same from build to build; empty: not known
  std::string file;      // of the source; empty: not known
  std::uint32_t line = 0;  // 0: not known
  std::string module;    // the program or shared object
  std::string build_id;  // of the module, in hex; by it a debugger finds what belongs to it
  std::uint64_t address = 0;
  std::uint64_t module_offset = 0;
  bool inlined = false;  // into the next frame
};

struct stack_trace {
  stack_origin origin = stack_origin::thrown;
  std::vector<stack_frame> frames;  // innermost first, without those of fanlight and of the runtime that throws
};

/// Of an error report. No frames: it has none.
[[nodiscard]] stack_trace stack_of(error_record const& report);
/// Of a value that holds a packed stack, as the attribute `exception.stacktrace` of an event does; of any other it has no frames.
[[nodiscard]] stack_trace resolve_stack(value const& packed);
/// A line for each frame: `#0 charge(int) at order.cpp:42`, `#1 main (/srv/app+0x1234)`.
[[nodiscard]] std::string stack_text(stack_trace const& of);

/// Asked for each address before anything else, if it is set: fills what it knows of a frame and says true. Called from any thread.
using frame_resolver = bool (*)(std::uint64_t address, stack_frame& to);
void set_frame_resolver(frame_resolver use) noexcept;

namespace detail {

[[nodiscard]] inline bool is_packed_stack(value const& what) noexcept {
  stack_head head;
  if (what.kind() != value_kind::bytes || what.size() < sizeof head || what.size() % 8 != 0) return false;
  std::memcpy(&head, what.data(), sizeof head);
  return head.mark == stack_mark;
}

/// No stack becomes a longer text than this: the outermost frames are left out.
inline constexpr std::size_t longest_stack_text = 16 * 1024;
/// A packed stack as text within that limit. `modules`: where code lay in an earlier process. Empty: it is none, or there is no memory.
[[nodiscard]] std::string packed_stack_text(value const& packed, std::string_view modules = {}) noexcept;

/// A symbol's name as it is shown: demangled, and without what differs from build to build (numbers of lambdas, suffixes of clones).
[[nodiscard]] std::string function_name(char const* symbol);

}  // namespace detail
FANLIGHT_END

#ifndef FANLIGHT_COMPILED
#include <fanlight/impl/stack.ipp>
#endif

// Bodies of stack.hpp: from addresses to names. The own reader of symbol tables knows every function of an object that is not stripped;
// libbacktrace, where the program links it, adds files, lines and inlined functions from debug information.
#pragma once

#include <fanlight/detail/utf8.hpp>
#include <fanlight/impl/abi.ipp>
#include <fanlight/impl/elf_symbols.hpp>
#include <fanlight/stack.hpp>

#include <cstdio>
#include <memory>
#include <mutex>

// As <backtrace.h> declares them, which not every compiler finds. Weak: there when the program links the library, else null.
extern "C" {
struct backtrace_state;
__attribute__((weak)) backtrace_state* backtrace_create_state(char const* file, int threaded, void (*on_error)(void*, char const*, int), void* data);
__attribute__((weak)) int backtrace_pcinfo(backtrace_state* state, uintptr_t pc, int (*on_frame)(void*, uintptr_t, char const*, int, char const*),
                                           void (*on_error)(void*, char const*, int), void* data);
}

FANLIGHT_BEGIN
namespace detail {

FANLIGHT_COLD FANLIGHT_INLINE void erase_all(std::string& from, std::string_view what) {
  for (auto at = from.find(what); at != std::string::npos; at = from.find(what, at)) from.erase(at, what.size());
}

/// `{lambda(int)#3}` and `{unnamed type#1}` count what stands before them in the file: the number goes.
FANLIGHT_COLD FANLIGHT_INLINE void erase_ordinals(std::string& from) {
  for (auto at = from.find('#'); at != std::string::npos; at = from.find('#', at)) {
    auto end = at + 1;
    while (end < from.size() && from[end] >= '0' && from[end] <= '9') ++end;
    if (end > at + 1 && end < from.size() && (from[end] == '}' || from[end] == '\'')) from.erase(at, end - at);
    else at = end;
  }
}

/// `[clone .isra.0]`, `[abi:v2]`.
FANLIGHT_COLD FANLIGHT_INLINE void erase_bracketed(std::string& from, std::string_view begin) {
  for (auto at = from.find(begin); at != std::string::npos; at = from.find(begin, at)) {
    auto const end = from.find(']', at);
    if (end == std::string::npos) return;
    from.erase(at, end + 1 - at);
  }
}

FANLIGHT_COLD FANLIGHT_INLINE std::string function_name(char const* symbol) {
  std::string out;
  if (symbol[0] == '_' && symbol[1] == 'Z') {
    out = readable_type{symbol}.view();
    erase_bracketed(out, " [clone ");
    erase_bracketed(out, "[abi:");
    erase_ordinals(out);
  } else {
    out = symbol;
  }
  if (auto const suffix = out.find('.'); suffix != 0 && suffix != std::string::npos && out.find('(') == std::string::npos) out.resize(suffix);
  return out;
}

/// Functions by which an exception sets out.
[[nodiscard]] FANLIGHT_COLD FANLIGHT_INLINE bool is_runtime_throw(std::string_view symbol) noexcept {
  for (std::string_view const each : {"__cxa_throw", "__cxa_rethrow", "_ZSt17rethrow_exceptionNSt15__exception_ptr13exception_ptrE",
                                      "_Unwind_RaiseException", "_Unwind_Resume_or_Rethrow", "__interceptor___cxa_throw", "___interceptor___cxa_throw"})
    if (symbol == each) return true;
  for (std::string_view const each : {"_ZSt17throw_with_nested", "_ZSt24__throw_with_nested_impl"})
    if (symbol.substr(0, each.size()) == each) return true;
  return false;
}

[[nodiscard]] FANLIGHT_COLD FANLIGHT_INLINE bool is_own(std::string_view symbol) noexcept {
  return symbol.substr(0, 12) == "_ZN8fanlight" || symbol.substr(0, 13) == "_ZNK8fanlight" || symbol.substr(0, 21) == "_ZNK16fanlight_probe_" ||
         symbol.substr(0, 21) == "_ZN16fanlight_probe_1";
}

/// Takes the frames of a stack from the innermost outwards, and keeps those that people want to see: not the runtime's before the throw, not
/// fanlight's own, and none behind main().
class frame_sieve {
 public:
  FANLIGHT_COLD explicit frame_sieve(std::vector<stack_frame>& to) noexcept : to_{to} {}
  [[nodiscard]] bool is_done() const noexcept { return done_; }

  FANLIGHT_COLD void add(stack_frame&& one, bool own, bool throws) {
    kept_ = false;
    if (done_) return;
    bool const may_throw = seen_++ < 24;
    if (throws && may_throw) return to_.clear();
    if (own) return;
    to_.push_back(std::move(one));
    kept_ = true;
    done_ = to_.back().function == "main";
  }
  /// The last one is not inlined, and its symbol has this name.
  FANLIGHT_COLD void is_outermost(std::string_view function) {
    if (!kept_) return;
    to_.back().inlined = false;
    if (!function.empty()) to_.back().function = function;  // knows the parameters
    done_ = to_.back().function == "main";
  }

 private:
  std::vector<stack_frame>& to_;
  std::size_t seen_ = 0;
  bool kept_ = false, done_ = false;
};

class stack_resolver {
 public:
  [[nodiscard]] FANLIGHT_COLD static stack_resolver& one() {
    static auto* const all = new stack_resolver;
    return *all;
  }

  /// `known`: where code lay in the process of the stack; empty: in this one.
  [[nodiscard]] FANLIGHT_COLD stack_trace resolve(value const& packed, std::string_view known) {
    stack_trace out;
    if (!is_packed_stack(packed)) return out;
    stack_head head;
    std::memcpy(&head, packed.data(), sizeof head);
    out.origin = static_cast<stack_origin>(head.origin);
    std::lock_guard const held{lock_};
    modules_ = known.empty() ? modules_loaded() : read_modules(known);
    here_ = known.empty();
    frame_sieve to{out.frames};
    auto const* const addresses = static_cast<unsigned char const*>(packed.data()) + sizeof head;
    std::size_t const count = (packed.size() - sizeof head) / 8;
    for (std::size_t i = 0; i < count && !to.is_done(); ++i) {
      std::uint64_t address = 0;
      std::memcpy(&address, addresses + 8 * i, 8);
      add(to, address, i == 0 && head.exact != 0);
    }
    return out;
  }

  void use(frame_resolver asked) noexcept { __atomic_store_n(&asked_, asked, __ATOMIC_RELEASE); }

 private:
  struct table {
    std::string path, build_id;
    std::unique_ptr<elf_symbols> symbols;
  };

  FANLIGHT_COLD void add(frame_sieve& to, std::uint64_t address, bool exact) {
    stack_frame one;
    one.address = address;
    std::uint64_t const inside = exact || address == 0 ? address : address - 1;  // a return address may be the next function's first
    char const* symbol = nullptr;
    for (auto const& each : modules_) {
      if (!each.holds(inside)) continue;
      one.module = each.path, one.build_id = each.build_id, one.module_offset = address - each.base;
      symbol = symbols_of(each).name_of(inside - each.base);
      break;
    }
    auto* const asked = __atomic_load_n(&asked_, __ATOMIC_ACQUIRE);
    if (asked != nullptr && asked(address, one)) return to.add(std::move(one), false, false);
    bool const own = symbol != nullptr && is_own(symbol), throws = symbol != nullptr && is_runtime_throw(symbol);
    if (symbol != nullptr) one.function = function_name(symbol);
    if (!here_ || own || throws || !add_lines(to, one, inside)) to.add(std::move(one), own, throws);
  }

  [[nodiscard]] FANLIGHT_COLD elf_symbols const& symbols_of(loaded_module const& of) {
    for (auto const& each : tables_)
      if (each.path == of.path && each.build_id == of.build_id) return *each.symbols;
    tables_.push_back({of.path, of.build_id, std::make_unique<elf_symbols>(of.path, of.build_id)});
    return *tables_.back().symbols;
  }

  // ---- libbacktrace: a frame for each function that was inlined where the address is, the innermost first -------------------------------

  struct line_walk {
    frame_sieve* to;
    stack_frame const* from;
    std::size_t count = 0;
    bool failed = false;
  };

  FANLIGHT_COLD static int add_line(void* raw, uintptr_t, char const* file, int line, char const* function) {
    auto& walk = *static_cast<line_walk*>(raw);
    if (file == nullptr && function == nullptr) return 0;
    try {
      stack_frame one = *walk.from;
      one.inlined = true;  // the last one is put right behind the walk
      if (function != nullptr) one.function = function_name(function);
      if (file != nullptr) one.file = file;
      if (line > 0) one.line = static_cast<std::uint32_t>(line);
      walk.to->add(std::move(one), function != nullptr && is_own(function), false);
      ++walk.count;
    } catch (...) {
      walk.failed = true;
    }
    return walk.failed ? 1 : 0;
  }

  [[nodiscard]] FANLIGHT_COLD bool add_lines(frame_sieve& to, stack_frame const& from, std::uint64_t inside) {
    if (&backtrace_pcinfo == nullptr || &backtrace_create_state == nullptr) return false;
    auto const ignore = [](void*, char const*, int) {};
    if (debug_ == nullptr) debug_ = ::backtrace_create_state(nullptr, 0, ignore, nullptr);
    if (debug_ == nullptr) return false;
    line_walk walk{&to, &from};
    ::backtrace_pcinfo(debug_, static_cast<uintptr_t>(inside), add_line, ignore, &walk);
    if (walk.count == 0) return false;
    to.is_outermost(from.function);
    return true;
  }

  // ---- modules of an earlier process ----------------------------------------------------------------------------------------------------

  /// "base begin end build-id path" on each line, numbers in hex; `-` for no id.
  [[nodiscard]] FANLIGHT_COLD static std::vector<loaded_module> read_modules(std::string_view text) {
    std::vector<loaded_module> out;
    while (!text.empty()) {
      auto const end = std::min(text.find('\n'), text.size());
      std::string const line{text.substr(0, end)};
      text.remove_prefix(std::min(end + 1, text.size()));
      unsigned long long base = 0, begin = 0, behind = 0;
      int read = 0;
      char id[129];
      if (std::sscanf(line.c_str(), "%llx %llx %llx %128s %n", &base, &begin, &behind, id, &read) != 4 || read == 0) continue;
      out.push_back({base, begin, behind, std::string_view{id} == "-" ? "" : id, line.substr(static_cast<std::size_t>(read))});
    }
    return out;
  }

  std::mutex lock_;
  std::vector<loaded_module> modules_;
  bool here_ = true;
  std::vector<table> tables_;
  backtrace_state* debug_ = nullptr;
  frame_resolver asked_ = nullptr;  // atomic
};

}  // namespace detail

FANLIGHT_COLD FANLIGHT_INLINE stack_trace resolve_stack(value const& packed) { return detail::stack_resolver::one().resolve(packed, {}); }

FANLIGHT_COLD FANLIGHT_INLINE stack_trace stack_of(error_record const& report) {
  return detail::stack_resolver::one().resolve(report.stack(), report.modules());
}

FANLIGHT_COLD FANLIGHT_INLINE void set_frame_resolver(frame_resolver use) noexcept { detail::stack_resolver::one().use(use); }

namespace detail {

FANLIGHT_COLD FANLIGHT_INLINE std::string frame_line(std::size_t number, stack_frame const& one, std::size_t longest) {
  char digits[32];
  std::snprintf(digits, sizeof digits, "#%zu ", number);
  std::string out = digits;
  auto const cut = [&](std::string_view text) { return utf8_front(text, longest); };
  out += one.function.empty() ? std::string_view{"??"} : cut(one.function);
  if (!one.file.empty()) {
    std::snprintf(digits, sizeof digits, ":%u", one.line);
    (out += " at ").append(cut(one.file)) += digits;
  } else if (!one.module.empty()) {
    std::snprintf(digits, sizeof digits, "+0x%llx)", static_cast<unsigned long long>(one.module_offset));
    (out += " (").append(cut(one.module)) += digits;
  }
  return out += '\n';
}

FANLIGHT_COLD FANLIGHT_INLINE std::string packed_stack_text(value const& packed, std::string_view modules) noexcept {
  try {
    auto const stack = stack_resolver::one().resolve(packed, modules);
    std::string out;
    for (std::size_t i = 0; i < stack.frames.size(); ++i) {
      auto const line = frame_line(i, stack.frames[i], 1024);
      if (out.size() + line.size() > longest_stack_text) break;
      out += line;
    }
    return out;
  } catch (...) {
    return {};
  }
}

}  // namespace detail

FANLIGHT_COLD FANLIGHT_INLINE std::string stack_text(stack_trace const& of) {
  std::string out;
  for (std::size_t i = 0; i < of.frames.size(); ++i) out += detail::frame_line(i, of.frames[i], SIZE_MAX);
  return out;
}

FANLIGHT_END

// From addresses to names: own symbol tables, names that stay from build to build, stacks of other processes, hooks.
#include <fanlight/impl/elf_symbols.hpp>
#include <fanlight/stack.hpp>

#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include <unistd.h>

#include "catch.hpp"

using namespace fanlight;

namespace {

struct packed {
  detail::stack_head head{detail::stack_mark, 0, 0, 0};
  std::uint64_t frames[8]{};
  std::uint32_t count = 0;
  [[nodiscard]] value view() const { return value{bytes{&head, sizeof head + count * 8}}; }
};

template <class... Functions>
[[nodiscard]] packed stack_in(Functions... functions) {
  packed out;
  ((out.frames[out.count++] = reinterpret_cast<std::uintptr_t>(functions) + 2), ...);
  return out;
}

[[gnu::noinline]] int local_function(int x) { return x + 1; }
template <class T>
[[gnu::noinline]] T of_template(T x) {
  return x + 2;
}
[[nodiscard]] stack_trace resolved(packed const& of) { return resolve_stack(of.view()); }

}  // namespace

extern "C" [[gnu::noinline]] int fanlight_test_plain_c(int x) { return x + 3; }

TEST_CASE("functions are found in the program's own table of symbols, static ones too") {
  auto const stack = resolved(stack_in(&local_function, &of_template<long>, &fanlight_test_plain_c));
  REQUIRE(stack.frames.size() == 3);
  CHECK(stack.frames[0].function == "(anonymous namespace)::local_function(int)");
  CHECK(stack.frames[1].function == "long (anonymous namespace)::of_template<long>(long)");
  CHECK(stack.frames[2].function == "fanlight_test_plain_c");
  for (auto const& each : stack.frames) {
    CHECK(each.module.find("/stack") != std::string::npos);
    CHECK(each.module_offset < each.address);
    CHECK_FALSE(each.inlined);
  }
}

TEST_CASE("functions of shared libraries are found by what they export") {  // one that no sanitizer puts its own in place of
  auto const stack = resolved(stack_in(&std::srand));
  REQUIRE(stack.frames.size() == 1);
  CHECK(stack.frames[0].function.find("srand") != std::string::npos);
  CHECK(stack.frames[0].module.find("libc") != std::string::npos);
}

TEST_CASE("a return address belongs to the call before it") {
  packed stack;
  stack.frames[stack.count++] = reinterpret_cast<std::uintptr_t>(&local_function);  // the first byte: a call at the end of what lies before
  CHECK(resolved(stack).frames[0].function != "(anonymous namespace)::local_function(int)");
  stack.head.exact = 1;
  CHECK(resolved(stack).frames[0].function == "(anonymous namespace)::local_function(int)");
}

TEST_CASE("addresses of nowhere stay addresses") {
  packed stack;
  for (std::uint64_t const each : {std::uint64_t{0}, std::uint64_t{1}, UINT64_MAX}) stack.frames[stack.count++] = each;
  auto const out = resolved(stack);
  REQUIRE(out.frames.size() == 3);
  for (auto const& each : out.frames) CHECK((each.function.empty() && each.module.empty()));
}

TEST_CASE("what is no packed stack has no frames") {
  CHECK(resolve_stack(value{}).frames.empty());
  CHECK(resolve_stack(value{"text"}).frames.empty());
  CHECK(resolve_stack(value{bytes{"12345678", 8}}).frames.empty());
  CHECK(detail::packed_stack_text(value{7}).empty());
}

TEST_CASE("names are the same from build to build") {
  CHECK(detail::function_name("_ZN3app5startEi") == "app::start(int)");
  CHECK(detail::function_name("_ZN3app5startEi.isra.0") == "app::start(int)");
  CHECK(detail::function_name("_ZN3app5startEi.part.12.cold") == "app::start(int)");
  CHECK(detail::function_name("_ZZ4mainENKUlvE_clEv") == "main::{lambda()}::operator()() const");
  CHECK(detail::function_name("_ZZ4mainENKUlvE7_clEv") == detail::function_name("_ZZ4mainENKUlvE_clEv"));
  CHECK(detail::function_name("_ZN3app4nameB5cxx11Ev") == "app::name()");
  CHECK(detail::function_name("_Z3logNSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEEE") == "log(std::string)");
  CHECK(detail::function_name("_ZN8fanlight4v0_116raise_test_errorEv") == "fanlight::raise_test_error()");
  CHECK(detail::function_name("_ZN8fanlight13v0_1_compiled16raise_test_errorEv") == "fanlight::raise_test_error()");
  CHECK(detail::function_name("_ZN8fanlight6v0_1_x4sendIN8fanlight4v0_14spanEEEvv") == "void fanlight::send<fanlight::span>()");
  CHECK(detail::function_name("_ZN8fanlight5value4textEv") == "fanlight::value::text()");
  CHECK(detail::function_name("_ZN2my8fanlight2v14textEv") == "my::fanlight::v1::text()");
  CHECK(detail::function_name("handle.constprop.0") == "handle");
  CHECK(detail::function_name("a") == "a");
  CHECK(detail::function_name("_Znot_mangled") == "_Znot_mangled");
}

TEST_CASE("a stack as text") {
  stack_trace stack;
  stack.frames.resize(3);
  stack.frames[0].function = "charge(int)", stack.frames[0].file = "order.cpp", stack.frames[0].line = 42;
  stack.frames[1].function = "main", stack.frames[1].module = "/srv/app", stack.frames[1].module_offset = 0x1234;
  CHECK(stack_text(stack) == "#0 charge(int) at order.cpp:42\n#1 main (/srv/app+0x1234)\n#2 ??\n");
}

TEST_CASE("a resolver of one's own is asked first") {
  set_frame_resolver([](std::uint64_t address, stack_frame& to) {
    if (address != 17) return false;
    to.function = "seventeen", to.file = "numbers.cpp", to.line = 17;
    return true;
  });
  packed stack;
  stack.frames[stack.count++] = 17;
  stack.frames[stack.count++] = reinterpret_cast<std::uintptr_t>(&local_function) + 2;
  auto const out = resolved(stack);
  set_frame_resolver(nullptr);
  CHECK(out.frames[0].function == "seventeen");
  CHECK(out.frames[0].line == 17);
  CHECK(out.frames[1].function == "(anonymous namespace)::local_function(int)");
}

TEST_CASE("files that are no objects, or broken ones, have no symbols") {
  char path[] = "/tmp/fanlight-elf-XXXXXX";
  int const file = ::mkstemp(path);
  REQUIRE(file >= 0);
  ::close(file);
  CHECK(detail::elf_symbols{"", ""}.name_of(0) == nullptr);
  CHECK(detail::elf_symbols{path, ""}.name_of(0) == nullptr);
  char self[4096];
  auto const size = ::readlink("/proc/self/exe", self, sizeof self);
  std::ifstream in{std::string(self, static_cast<std::size_t>(size)), std::ios::binary};
  std::string const all{std::istreambuf_iterator<char>{in}, {}};
  std::uint32_t seed = 7;
  auto const next = [&] { return seed = seed * 1664525u + 1013904223u; };
  for (int round = 0; round < 10; ++round) {  // the head and the table of sections are what everything is found by
    std::string broken = all;
    for (int i = 0; i < 12; ++i) broken[next() % 64] = static_cast<char>(next() >> 16);
    for (int i = 0; i < 40; ++i) broken[broken.size() - 1 - next() % 4096] = static_cast<char>(next() >> 16);
    if (round % 3 == 0) std::memcpy(broken.data(), all.data(), 64);
    if (round % 5 == 0) broken.resize(next() % broken.size());
    std::ofstream{path, std::ios::binary} << broken;
    detail::elf_symbols const symbols{path, ""};
    for (int i = 0; i < 20; ++i) static_cast<void>(symbols.name_of(next()));
  }
  ::unlink(path);
}

TEST_CASE("a file that is another build than the one that was loaded is not believed") {
  char self[4096];
  auto const size = ::readlink("/proc/self/exe", self, sizeof self);
  std::string const path(self, static_cast<std::size_t>(size));
  auto const own = detail::modules_loaded().front();
  CHECK(own.path == path);
  if (own.build_id.empty()) return;  // the linker was not asked for one
  auto const offset = reinterpret_cast<std::uintptr_t>(&local_function) + 1 - own.base;
  CHECK(detail::elf_symbols{path, own.build_id}.name_of(offset) != nullptr);
  CHECK(detail::elf_symbols{path, std::string(40, '0')}.name_of(offset) == nullptr);
}

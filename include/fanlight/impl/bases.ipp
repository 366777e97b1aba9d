// The bases of a thrown type, by name, so that an exporter's rules can speak of a whole family of errors. Reads the records that the compiler
// leaves of each class; pure, any thread. [Itanium C++ ABI 2.9.5]
#pragma once

#include <fanlight/impl/abi.ipp>
#include <fanlight/impl/borrowed.hpp>
#include <fanlight/impl/probe.ipp>

#include <cstring>
#include <string_view>
#include <typeinfo>

FANLIGHT_BEGIN
namespace detail {

#if FANLIGHT_KNOWS_THROWN

// By their names in the object files: files without run-time type information have the same bodies.
extern "C" char fanlight_class_with_a_base_1[] __asm__("_ZTVN10__cxxabiv120__si_class_type_infoE");
extern "C" char fanlight_class_with_bases_1[] __asm__("_ZTVN10__cxxabiv121__vmi_class_type_infoE");

struct base_facts {
  std::type_info const* type;
  long flags;
};

/// Calls `use(type)` for each base at any depth, the nearest first. What lies behind a class of the standard library is left out: everybody
/// knows it.
FANLIGHT_COLD FANLIGHT_INLINE void each_base(std::type_info const* type, borrowed<void(std::type_info const*)> use,
                                             int depth = 0) noexcept {
  if (type == nullptr || depth > 8) return;
  if (depth != 0) use(type);
  std::string_view const name = type->name();
  bool const nested = name.substr(0, 22) == "St17_Nested_exceptionI";  // the class that was thrown is its base
  if (!nested && (name.substr(0, 2) == "St" || name.substr(0, 3) == "NSt")) return;
  // A vtable and the name come first; then the one base, or flags, a count and as many bases. The vtable says which.
  char const* vtable = nullptr;
  std::memcpy(&vtable, static_cast<void const*>(type), sizeof vtable);
  auto const* const rest = reinterpret_cast<unsigned char const*>(type) + 2 * sizeof(void*);
  if (vtable == fanlight_class_with_a_base_1 + 2 * sizeof(void*)) {
    std::type_info const* base = nullptr;
    std::memcpy(&base, rest, sizeof base);
    return each_base(base, use, depth + 1);
  }
  if (vtable != fanlight_class_with_bases_1 + 2 * sizeof(void*)) return;
  unsigned words[2];  // flags, count
  std::memcpy(words, rest, sizeof words);
  for (unsigned i = 0; i < words[1] && i < 16; ++i) {
    base_facts one;
    std::memcpy(&one, rest + sizeof words + i * sizeof one, sizeof one);
    each_base(one.type, use, depth + 1);
  }
}

#endif

}  // namespace detail
FANLIGHT_END

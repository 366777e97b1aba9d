// The one place that knows the C++ ABI: names of types as people write them. Works on the caller's thread, takes memory from the heap,
// and where the ABI is another shows the name as it is.
#pragma once

#include <fanlight/detail/config.hpp>

#include <cstdlib>
#include <string_view>

#if __has_include(<cxxabi.h>)
#include <cxxabi.h>
#endif

FANLIGHT_BEGIN
namespace detail {

/// Where the runtime counts the exceptions in flight in the calling thread; null where that is not known. std::uncaught_exceptions() reads
/// the same word by way of two calls, and every span asks twice.
[[nodiscard]] inline unsigned const* exceptions_address() noexcept {
#if defined(__GLIBCXX__) && __has_include(<cxxabi.h>) && !defined(__ARM_EABI_UNWINDER__)
  struct globals {  // Itanium C++ ABI, 2.2.2
    void* caught;
    unsigned uncaught;
  };
  return &reinterpret_cast<globals const*>(abi::__cxa_get_globals())->uncaught;
#else
  return nullptr;
#endif
}

/// The readable form of a mangled type name; empty for null.
class readable_type {
 public:
  explicit readable_type(char const* mangled) noexcept : raw_{mangled} {
#if __has_include(<cxxabi.h>)
    int status = 0;
    if (mangled != nullptr) text_ = abi::__cxa_demangle(mangled, nullptr, nullptr, &status);
#endif
  }
  readable_type(readable_type const&) = delete;
  readable_type& operator=(readable_type const&) = delete;
  ~readable_type() noexcept { std::free(text_); }
  [[nodiscard]] std::string_view view() const noexcept {
    return text_ != nullptr ? std::string_view{text_} : raw_ != nullptr ? std::string_view{raw_} : std::string_view{};
  }

 private:
  char const* raw_;
  char* text_ = nullptr;
};

}  // namespace detail
FANLIGHT_END

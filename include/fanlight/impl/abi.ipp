// The one place that knows the C++ ABI: names of types as people write them. Works on the caller's thread, takes memory from the heap,
// and where the ABI is another shows the name as it is.
#pragma once

#include <fanlight/detail/config.hpp>

#include <cstdlib>
#include <cstring>
#include <string_view>

#if __has_include(<cxxabi.h>)
#include <cxxabi.h>
#endif

FANLIGHT_BEGIN
namespace detail {

/// Where the runtime counts the exceptions in flight in the calling thread; null where that is not known. std::uncaught_exceptions() reads
/// the same word by way of two calls, and every span asks twice.
[[nodiscard]] FANLIGHT_COLD inline unsigned const* exceptions_address() noexcept {
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

/// Replaces `what` by the shorter `by` wherever it stands in the text of `size` bytes. Gives the new size.
FANLIGHT_COLD FANLIGHT_INLINE std::size_t shorten_all(char* text, std::size_t size, std::string_view what, std::string_view by) noexcept {
  std::size_t to = 0;
  for (std::size_t from = 0; from < size;) {
    if (size - from >= what.size() && std::memcmp(text + from, what.data(), what.size()) == 0) {
      std::memmove(text + to, by.data(), by.size());
      to += by.size(), from += what.size();
    } else {
      text[to++] = text[from++];
    }
  }
  return to;
}

/// Takes `name<…>` away around what stands between.
FANLIGHT_COLD FANLIGHT_INLINE std::size_t unwrap_all(char* text, std::size_t size, std::string_view name) noexcept {
  for (std::size_t at = std::string_view{text, size}.find(name); at != std::string_view::npos; at = std::string_view{text, size}.find(name)) {
    std::size_t const begin = at + name.size();
    std::size_t end = begin, depth = 1;
    for (; end < size; ++end)
      if (text[end] == '<') ++depth;
      else if (text[end] == '>' && --depth == 0) break;
    if (end == size) return size;
    std::memmove(text + at, text + begin, end - begin);
    std::memmove(text + at + (end - begin), text + end + 1, size - end - 1);
    size -= name.size() + 1;
  }
  return size;
}

/// Takes the version out of fanlight's own names: it differs from build to build, and one error would be two to whoever groups by name.
FANLIGHT_COLD FANLIGHT_INLINE std::size_t erase_versions(char* text, std::size_t size) noexcept {
  constexpr std::string_view sign = "fanlight::v";
  auto const belongs = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == ':'; };
  for (std::size_t at = std::string_view{text, size}.find(sign); at != std::string_view::npos; at = std::string_view{text, size}.find(sign, at + 1)) {
    std::string_view const all{text, size};
    std::size_t const begin = at + sign.size() - 1, end = all.find("::", begin);
    bool const is_version = begin + 1 < size && text[begin + 1] >= '0' && text[begin + 1] <= '9' && end != std::string_view::npos;
    if (!is_version || (at != 0 && belongs(text[at - 1]))) continue;
    std::memmove(text + begin, text + end + 2, size - end - 2);
    size -= end + 2 - begin;
  }
  return size;
}

/// A demangled name as people write it, in place: `std::string`, no inline namespaces of libstdc++ and fanlight, no ABI tags. Gives the new
/// size.
FANLIGHT_COLD FANLIGHT_INLINE std::size_t simplify_name(char* text, std::size_t size) noexcept {
  size = unwrap_all(text, size, "std::_Nested_exception<");
  size = shorten_all(text, size, "std::__cxx11::", "std::");
  size = shorten_all(text, size, "[abi:cxx11]", "");
  size = shorten_all(text, size, "std::basic_string<char, std::char_traits<char>, std::allocator<char> >", "std::string");
  size = shorten_all(text, size, "std::basic_string<char, std::char_traits<char>, std::allocator<char>>", "std::string");
  size = erase_versions(text, size);
  while (std::string_view{text, size}.find(" >") != std::string_view::npos) size = shorten_all(text, size, " >", ">");
  return size;
}

/// The readable form of a mangled name of a type or function; empty for null.
class readable_type {
 public:
  FANLIGHT_COLD explicit readable_type(char const* mangled) noexcept : raw_{mangled} {
#if __has_include(<cxxabi.h>)
    int status = 0;
    if (mangled != nullptr) text_ = abi::__cxa_demangle(mangled, nullptr, nullptr, &status);
    if (text_ != nullptr) size_ = simplify_name(text_, std::strlen(text_));
#endif
  }
  readable_type(readable_type const&) = delete;
  readable_type& operator=(readable_type const&) = delete;
  ~readable_type() noexcept { std::free(text_); }
  [[nodiscard]] FANLIGHT_COLD std::string_view view() const noexcept {
    return text_ != nullptr ? std::string_view{text_, size_} : raw_ != nullptr ? std::string_view{raw_} : std::string_view{};
  }

 private:
  char const* raw_;
  char* text_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace detail
FANLIGHT_END

// The texts of what the standard library throws and whose headers are heavy: std::system_error with its code, std::string. The core hands
// the function to thrown.ipp when it is made, so that files which only instrument do not include these headers. Any thread.
#pragma once

#include <fanlight/impl/thrown.ipp>

#include <string>
#include <system_error>

FANLIGHT_BEGIN
namespace detail {

#if FANLIGHT_KNOWS_THROWN

extern "C" char fanlight_type_of_system_error_1[] __asm__("_ZTISt12system_error");

[[nodiscard]] FANLIGHT_COLD inline std::string_view mangled_string() noexcept {
#if _GLIBCXX_USE_CXX11_ABI
  return "NSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEEE";
#else
  return "Ss";
#endif
}

FANLIGHT_COLD FANLIGHT_INLINE bool read_library_text(thrown_text& to, void const* object, std::type_info const* type) noexcept {
  if (mangled_string() == type->name()) {
    to.borrow(std::string_view{*static_cast<std::string const*>(object)});
    return true;
  }
  auto const* const error = base_of<std::system_error>({object, type}, fanlight_type_of_system_error_1);
  if (error == nullptr) return false;
  char const* const what = error->what();
  to.code(what == nullptr ? "" : what, error->code().category().name(), error->code().value());
  return true;
}

/// Several pipelines may be made at once, and each brings the same.
FANLIGHT_COLD FANLIGHT_INLINE void bring_library_text() noexcept {
  library_text_function const text = &read_library_text;
  __atomic_store_n(&library_text, text, __ATOMIC_RELAXED);
}

#else

FANLIGHT_COLD FANLIGHT_INLINE void bring_library_text() noexcept {}

#endif

}  // namespace detail
FANLIGHT_END

// The text of W3C baggage as a context keeps it: members cut into their parts, values decoded and encoded. Pure functions over borrowed text
// that detail/headers.hpp has found legal; any thread, nothing shared.
#pragma once

#include <fanlight/detail/headers.hpp>

#include <cstddef>
#include <string_view>

FANLIGHT_BEGIN
namespace detail {

/// A member, or a property of one, as it stands in the header. Borrows the text.
struct baggage_parts {
  std::string_view key{}, value{}, properties{};
  bool has_value = false;  // a property may be a key alone
};

/// Cuts the next member off. False: there is none.
[[nodiscard]] bool next_baggage_member(std::string_view& rest, baggage_parts& to) noexcept;
/// The same of a member's properties.
[[nodiscard]] bool next_baggage_property(std::string_view& rest, baggage_parts& to) noexcept;
/// The member of that key; of several the last. False: there is none.
[[nodiscard]] bool find_baggage_member(std::string_view text, std::string_view key, baggage_parts& to) noexcept;

/// Undoes the percent-encoding and puts U+FFFD where that gives no UTF-8. `to` has room for as many bytes as `value` has; gives how many it took.
[[nodiscard]] std::size_t decode_baggage(char* to, std::string_view value) noexcept;

/// A decoded value. Short ones need no memory but the object's; without memory a long one is empty.
class decoded_baggage {
 public:
  explicit decoded_baggage(std::string_view value) noexcept;
  decoded_baggage(decoded_baggage const&) = delete;
  decoded_baggage& operator=(decoded_baggage const&) = delete;
  ~decoded_baggage() noexcept;
  [[nodiscard]] std::string_view text() const noexcept { return {long_ != nullptr ? long_ : short_, size_}; }

 private:
  char* long_ = nullptr;  // owned
  std::size_t size_ = 0;
  char short_[256];
};

}  // namespace detail
FANLIGHT_END

#ifndef FANLIGHT_COMPILED
#include <fanlight/impl/baggage_text.ipp>
#endif

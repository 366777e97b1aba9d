// A value brought within the limit on the length of texts: characters for text, bytes for byte arrays, each element and member of a
// nested value on its own; other types are untouched. [OpenTelemetry: common, attribute limits]
#pragma once

#include <fanlight/detail/utf8.hpp>
#include <fanlight/value.hpp>

FANLIGHT_BEGIN
namespace detail {

/// Owns what had to be rewritten; borrows otherwise.
class limited_value {
 public:
  limited_value(value const& what, std::uint32_t most) noexcept : value_{what} {
    if (most != UINT32_MAX && !is_scalar(what.kind())) shorten(what, most);
  }
  [[nodiscard]] value const& get() const noexcept { return value_; }

 private:
  FANLIGHT_COLD FANLIGHT_NOINLINE void shorten(value const& what, std::uint32_t most) noexcept {
    if (what.kind() == value_kind::text) value_ = value{utf8_front(what.as_text(), most)};
    else if (what.kind() == value_kind::bytes)
      value_ = value{bytes{what.data(), what.size() < most ? what.size() : most}};
    else if (what.is_nested())
      rewrite(what, most);
  }
  FANLIGHT_COLD void rewrite(value const& what, std::uint32_t most) noexcept {
    for (auto const member : what.members()) own_.add(item_role::attribute, member.key, limited_value{member.value, most}.get());
    value_ = value{what.kind(), own_.data(), own_.size()};
  }
  value value_;
  item_buffer own_;
};

}  // namespace detail
FANLIGHT_END

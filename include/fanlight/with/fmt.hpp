// Lines by fmt: `fl::info(fl::fmt_line("{:>8} rows", rows))`, with everything that fmt can write, types of one's own too. The pattern is
// checked by fmt when compiling; the text is made only when the record is kept. Borrows its arguments: made in the call that takes it.
// Needs fmt 8 or newer. Any thread.
#pragma once

#include <fanlight/detail/text_iterator.hpp>
#include <fanlight/format.hpp>

#include <fmt/format.h>

#include <tuple>

FANLIGHT_BEGIN
template <class... Args>
class fmt_text {
 public:
  fmt_text(::fmt::format_string<Args const&...> pattern, Args const&... arguments) noexcept : pattern_{pattern}, arguments_{arguments...} {}
  void write_to(text_writer& to) const {
    std::apply([&](Args const&... each) { ::fmt::vformat_to(detail::text_iterator{to}, pattern_, ::fmt::make_format_args(each...)); }, arguments_);
  }

 private:
  ::fmt::string_view pattern_;
  std::tuple<Args const&...> arguments_;
};

template <class... Args>
[[nodiscard]] fmt_text<Args...> fmt_line(::fmt::format_string<typename detail::same<Args>::type const&...> pattern, Args const&... arguments) noexcept {
  return {pattern, arguments...};
}

FANLIGHT_END

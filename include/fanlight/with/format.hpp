// Lines by std::format: `fl::info(fl::std_line("{:>8} rows", rows))`, with everything that it can write, types of one's own too. Where the
// standard library has no <format> yet, they are fanlight's own lines, which know numbers, flags, texts, arrays and objects. The pattern is
// checked when compiling; the text is made only when the record is kept. Borrows its arguments: made in the call that takes it. Any thread.
#pragma once

#include <fanlight/detail/text_iterator.hpp>
#include <fanlight/format.hpp>

#if __has_include(<format>)
#include <format>
#endif

#ifdef __cpp_lib_format
#include <string_view>
#include <tuple>

FANLIGHT_BEGIN

template <class... Args>
class std_text {
 public:
  explicit std_text(std::string_view pattern, Args const&... arguments) noexcept : pattern_{pattern}, arguments_{arguments...} {}
  void write_to(text_writer& to) const {
    std::apply([&](Args const&... each) { std::vformat_to(detail::text_iterator{to}, pattern_, std::make_format_args(each...)); }, arguments_);
  }

 private:
  std::string_view pattern_;
  std::tuple<Args const&...> arguments_;
};

template <class... Args>
[[nodiscard]] std_text<Args...> std_line(std::format_string<typename detail::same<Args>::type const&...> pattern, Args const&... arguments) noexcept {
  return std_text<Args...>{pattern.get(), arguments...};
}

FANLIGHT_END

#else

FANLIGHT_BEGIN

template <class... Args>
[[nodiscard]] formatted_line<sizeof...(Args)> std_line(detail::line_pattern<typename detail::same<Args>::type...> pattern, Args const&... arguments) noexcept {
  return formatted_line<sizeof...(Args)>{pattern.text(), arguments...};
}

FANLIGHT_END

#endif

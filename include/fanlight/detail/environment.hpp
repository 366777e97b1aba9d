// The environment as it is read while a pipeline is set up: each reader knows the rules of one kind of value, and says what was wrong
// with it. Made on the stack by resolve(), used by the one thread that runs it; borrows the list that it adds its problems to.
#pragma once

#include <fanlight/problem.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

FANLIGHT_BEGIN
namespace detail {

/// Parts without the blanks around them; empty ones are left out.
[[nodiscard]] std::vector<std::string_view> split_list(std::string_view text);
[[nodiscard]] std::string_view trimmed(std::string_view text) noexcept;
[[nodiscard]] std::string lower_case(std::string_view text);
/// Nothing: a % without two hexadecimal digits behind it.
[[nodiscard]] std::optional<std::string> percent_decoded(std::string_view text);
/// Digits only, 0 to 2^31-1.
[[nodiscard]] std::optional<std::uint32_t> read_integer(std::string_view text) noexcept;

using text_pairs = std::vector<std::pair<std::string, std::string>>;
enum class equals_sign { encoded, may_stand_in_values };
/// `k=v,k=v` as in W3C baggage, without its `;` metadata. Nothing, and `wrong` says why: any part of it could not be read.
[[nodiscard]] std::optional<text_pairs> read_pairs(std::string_view text, equals_sign rule, std::string& wrong);

/// True for variables whose value is never shown.
[[nodiscard]] bool holds_secret(std::string_view variable) noexcept;
/// A value fit for one line of a message: cut, and without control characters.
[[nodiscard]] std::string shown(std::string_view variable, std::string_view value);

/// Stands for "no limit" where a duration says 0. Far enough, and small enough to be added to any time point.
inline constexpr std::chrono::milliseconds no_time_limit = std::chrono::hours{24 * 365};

class environment {
 public:
  using function = std::function<std::optional<std::string>(std::string const& name)>;

  /// An empty function: no variable is set.
  environment(function read, std::vector<problem>& said) : read_{std::move(read)}, said_{&said} {}

  /// For what is read after init() too: keys that expire. Empty: no variable is set.
  [[nodiscard]] function const& reader() const noexcept { return read_; }

  /// An empty value is the same as none, here and everywhere below.
  [[nodiscard]] std::optional<std::string> text(char const* name) const;
  [[nodiscard]] bool is_set(char const* name) const { return text(name).has_value(); }
  /// Only `true` is true, whatever its case; what is neither that nor `false` is told and false.
  [[nodiscard]] std::optional<bool> boolean(char const* name) const;
  /// `least`..2^31-1. What is not is told, with `otherwise` for what is used instead, and as good as not set.
  [[nodiscard]] std::optional<std::uint32_t> integer(char const* name, std::string_view otherwise, std::uint32_t least = 0) const;
  [[nodiscard]] std::optional<std::chrono::milliseconds> milliseconds(char const* name, std::string_view otherwise) const;
  /// 0 to 1.
  [[nodiscard]] std::optional<double> share(char const* name, std::string_view otherwise) const;
  /// One word, in lower case.
  [[nodiscard]] std::optional<std::string> word(char const* name) const;
  /// Words separated by commas, in lower case. Not set and nothing but commas are the same.
  [[nodiscard]] std::optional<std::vector<std::string>> words(char const* name) const;
  [[nodiscard]] std::optional<text_pairs> pairs(char const* name, equals_sign rule, std::string_view otherwise) const;

  /// `NAME is "value"; it must be <expected>; <otherwise>`.
  void tell_bad(std::string_view name, std::string_view value, std::string_view expected, std::string_view otherwise) const;
  void tell(problem_code code, std::string what) const;

 private:
  function read_;
  std::vector<problem>* said_;
};

}  // namespace detail
FANLIGHT_END

#ifndef FANLIGHT_COMPILED
#include <fanlight/impl/environment.ipp>
#endif

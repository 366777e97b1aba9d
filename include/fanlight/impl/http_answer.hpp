// What comes of one HTTP request: an answer, or the reason why there is none. A plain value that the transport fills and hands over.
#pragma once

#include <fanlight/detail/config.hpp>

#include <string>
#include <string_view>
#include <vector>

FANLIGHT_BEGIN
namespace detail {

struct http_header {
  std::string name, value;
};

/// Why there is no answer to go by.
enum class http_failure {
  none,
  refused,       // nobody listens there, or no way leads there
  not_resolved,  // the name has no address
  timed_out,
  broken,  // reset, cut short, TLS interrupted, closed without an answer
  certificate,
  bad_url,
  too_large,  // the answer is over response_cap
  hurried,    // it ran out of the time that hurry() had left it
  other       // no HTTP, or something that the request or this machine lacks
};

/// A later attempt may go well without anybody mending anything.
[[nodiscard]] constexpr bool may_try_again(http_failure why) noexcept {
  return why == http_failure::refused || why == http_failure::not_resolved || why == http_failure::timed_out ||
         why == http_failure::broken || why == http_failure::hurried;
}

[[nodiscard]] FANLIGHT_COLD inline bool same_but_case(std::string_view one, std::string_view other) noexcept {
  auto const lower = [](char letter) { return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter | 0x20) : letter; };
  if (one.size() != other.size()) return false;
  for (std::size_t i = 0; i < one.size(); ++i)
    if (lower(one[i]) != lower(other[i])) return false;
  return true;
}

/// `failed` is none whenever `status` may be gone by: also when an answer of 300 and above lost the rest of its body. Redirects are not
/// followed; their Location is among the headers.
struct http_answer {
  long status = 0;  // 0: there was none. After a failure it may be there, but does not decide.
  std::vector<http_header> headers = {};
  std::string body = {};
  bool cut_short = false;  // the body broke off; from status 300 on that is an answer all the same, for those who need no more than the status
  http_failure failed = http_failure::none;
  std::string what = {};  // of a failure, for people: names the host and the cure, holds no header's value, no user, password or query

  /// The first of that name, whatever its case; null: there is none.
  [[nodiscard]] FANLIGHT_COLD std::string const* header(std::string_view name) const noexcept {
    for (auto const& one : headers)
      if (same_but_case(one.name, name)) return &one.value;
    return nullptr;
  }
};

}  // namespace detail
FANLIGHT_END

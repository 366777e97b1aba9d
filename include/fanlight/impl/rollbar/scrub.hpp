// What must not leave: values of keys that name secrets, at any depth, and secrets inside texts (passwords in URLs and queries, credentials in
// headers, AWS keys, the client's own token). Made once from a configuration; pure from then on, any thread. [the lists of Rollbar's own
// SDKs and of sentry-python, in one]
#pragma once

#include <fanlight/impl/rollbar/node.hpp>

#include <string>
#include <string_view>
#include <vector>

FANLIGHT_BEGIN
namespace detail {

inline constexpr std::string_view filtered{"[FILTERED]"};

class rollbar_scrubber {
 public:
  /// `keys`: further keys; `tokens`: texts that are hidden wherever they stand.
  rollbar_scrubber(std::vector<std::string> const& keys, std::vector<std::string> tokens);

  /// Letter case and `-`, `_`, `.` and blanks do not count.
  [[nodiscard]] bool is_secret(std::string_view key) const;
  [[nodiscard]] std::string clean(std::string_view text) const;
  /// The whole tree, keys and all; `attributes` of an item keep their form.
  void clean(rollbar_node& all) const;

 private:
  void clean_text(rollbar_node& one) const;
  void clean_members(rollbar_node& one) const;

  std::vector<std::string> more_, tokens_;
};

/// The last octet of IPv4, all but the first three groups of IPv6, as zeros. What is no address (`$remote_ip`) stays.
[[nodiscard]] std::string anonymous_ip(std::string_view address);

}  // namespace detail
FANLIGHT_END

#ifndef FANLIGHT_COMPILED
#include <fanlight/impl/rollbar/scrub.ipp>
#endif

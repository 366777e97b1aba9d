// One exporter's dealings with AWS: region, address, keys and the time that it signs with. An exporter makes it with its settings and owns
// it; all else happens on the thread that sends. Files and services are asked when the first request is signed, and not before.
#pragma once

#include <fanlight/impl/aws/keeper.hpp>
#include <fanlight/impl/aws/retry.hpp>

FANLIGHT_BEGIN
namespace detail {

/// What to do after an answer.
struct aws_verdict {
  aws_class what = aws_class::done;
  bool at_once = false;  // once more, right now: with another time, or with other keys
  aws_error error = {};
};

class aws_session {
 public:
  explicit aws_session(aws_surroundings around) : around_{std::move(around)}, keeper_{around_} {}
  aws_session(aws_session const&) = delete;
  aws_session& operator=(aws_session const&) = delete;

  /// Reads the profile's files.
  [[nodiscard]] aws_text region();
  /// Without a slash at its end.
  [[nodiscard]] aws_text endpoint(aws_service const& service);
  /// Adds the signature to the headers; they are to leave as they are then. Words: it could not, and why.
  [[nodiscard]] std::string sign(std::string_view service, std::string_view method, std::string_view url, std::string_view body,
                                 aws_headers& headers, aws_moment until);
  /// For each answer to a request that was signed. At most one attempt in a row is made at once.
  [[nodiscard]] aws_verdict answered(http_answer const& answer);
  /// Once for each cause: why credentials cannot be found or renewed.
  [[nodiscard]] std::string news() { return keeper_.news(); }
  [[nodiscard]] aws_surroundings const& around() const noexcept { return around_; }

 private:
  [[nodiscard]] aws_profiles const& profiles();

  aws_surroundings around_;
  aws_keeper keeper_;
  std::unique_ptr<aws_profiles const> profiles_;  // for region and address, which stay
  aws_clock clock_;
  sigv4_key key_;
  aws_credentials_ref latest_;
  bool again_ = false;  // the latest attempt was made at once
};

}  // namespace detail
FANLIGHT_END

#ifndef FANLIGHT_COMPILED
#include <fanlight/impl/aws/session.ipp>
#endif

// Credentials in use: found once, renewed before they expire, remembered when they could not be found. Belongs to a session, on the thread
// that sends; so there is never more than one search under way.
#pragma once

#include <fanlight/impl/aws/credentials.hpp>

FANLIGHT_BEGIN
namespace detail {

using aws_credentials_ref = std::shared_ptr<aws_credentials const>;

class aws_keeper {
 public:
  explicit aws_keeper(aws_surroundings& around) : around_{around} {}

  /// One set, to be taken as a whole for a request; null, and why() says why. Searches where that is due, and comes back by `until`.
  [[nodiscard]] aws_credentials_ref get(aws_moment until);
  [[nodiscard]] std::string const& why() const noexcept { return why_; }
  /// AWS does not take these: they are looked for again, and held back for a while if the same are found.
  void refused(aws_credentials_ref const& these);
  /// AWS takes them.
  FANLIGHT_COLD void accepted() noexcept {
    if (std::exchange(doubted_, false)) failures_ = 0;
  }
  /// What is wrong and was not told yet: once for each cause. Empty: nothing.
  [[nodiscard]] std::string news();

 private:
  [[nodiscard]] bool search(aws_moment until);
  void adopt(aws_credentials found);
  void fail(std::string why);
  [[nodiscard]] bool is_usable() const { return in_use_ != nullptr && (in_use_->from_imds || around_.now() < in_use_->expires - 10); }
  [[nodiscard]] bool is_renewal_due() const { return around_.now() >= renew_at_; }

  aws_surroundings& around_;
  aws_credentials_ref in_use_, refused_;
  std::int64_t renew_at_ = never_expires;  // seconds of the epoch
  aws_moment not_before_ = (aws_moment::min)();
  unsigned failures_ = 0;
  bool doubted_ = false;  // keys that were refused are tried once more
  std::string why_, told_;
};

}  // namespace detail
FANLIGHT_END

#ifndef FANLIGHT_COMPILED
#include <fanlight/impl/aws/keeper.ipp>
#endif

// Bodies of keeper.hpp.
#pragma once

#include <fanlight/impl/aws/credentials.ipp>
#include <fanlight/impl/aws/keeper.hpp>
#include <fanlight/impl/joined.hpp>

FANLIGHT_BEGIN
namespace detail {

FANLIGHT_COLD FANLIGHT_INLINE aws_credentials_ref aws_keeper::get(aws_moment until) {
  bool const usable = is_usable();
  if (usable && !is_renewal_due()) return in_use_;
  if (around_.steady() < not_before_) return usable ? in_use_ : nullptr;
  auto const& given = around_.given();
  until =
      std::min(until, around_.steady() + (given.allow_process ? std::max<std::chrono::milliseconds>(given.timeout, std::chrono::seconds{60})
                                                              : given.timeout));
  if (search(until) || usable) return in_use_;
  return nullptr;
}

/// True: in_use_ is fresh.
FANLIGHT_COLD FANLIGHT_INLINE bool aws_keeper::search(aws_moment until) {
  auto step = find_credentials(around_, until);
  if (step.what != aws_step::kind::found) return fail(std::move(step.why)), false;
  if (!step.found.from_imds && step.found.expires <= around_.now() + 10)
    return fail(step.found.source + " gives keys that have expired"), false;
  if (refused_ != nullptr && step.found.keys == refused_->keys) {
    auto words = joined({"AWS does not take the keys of ", step.found.source, " (", masked_id(step.found.keys.id), ")"});
    refused_.reset(), doubted_ = true;  // after the pause they are tried again: rights may take a while to arrive
    return fail(std::move(words)), false;
  }
  adopt(std::move(step.found));
  return true;
}

FANLIGHT_COLD FANLIGHT_INLINE void aws_keeper::adopt(aws_credentials found) {
  auto const now = around_.now();
  if (found.expires == never_expires) {
    renew_at_ = never_expires;
  } else if (found.expires <= now + 10) {  // EC2's service is ill, and says so
    renew_at_ = now + 300 + static_cast<std::int64_t>(around_.random() * 300);
  } else {
    auto const life = found.expires - now;
    renew_at_ = found.expires - (life < 1800 ? life / 2 : 900);
  }
  in_use_ = std::make_shared<aws_credentials const>(std::move(found));
  not_before_ = (aws_moment::min)();
  if (refused_ != nullptr) refused_.reset(), doubted_ = false;  // these are others
  if (!doubted_) failures_ = 0;
  why_.clear(), told_.clear();
}

/// A pause before the next search: from 1 s, doubling to 60 s, with full jitter. Where old ones of EC2 go on, 5 to 10 minutes.
FANLIGHT_COLD FANLIGHT_INLINE void aws_keeper::fail(std::string why) {
  why_ = std::move(why);
  failures_ = std::min(failures_ + 1, 16u);
  auto pause = std::min(std::chrono::milliseconds{1000} * (1u << (failures_ - 1)), std::chrono::milliseconds{60'000});
  pause = std::chrono::milliseconds{static_cast<std::int64_t>(static_cast<double>(pause.count()) * around_.random())};
  bool const goes_on = in_use_ != nullptr && in_use_->from_imds && around_.now() >= in_use_->expires - 10;
  if (goes_on) pause = std::chrono::milliseconds{300'000 + static_cast<std::int64_t>(around_.random() * 300'000)};
  not_before_ = around_.steady() + pause;
}

FANLIGHT_COLD FANLIGHT_INLINE void aws_keeper::refused(aws_credentials_ref const& these) {
  if (these == nullptr || in_use_ != these) return;  // others are in use by now
  refused_ = std::move(in_use_);
  in_use_.reset();
  around_.read_variables_again();
}

FANLIGHT_COLD FANLIGHT_INLINE std::string aws_keeper::news() {
  if (why_ == told_) return {};
  return told_ = why_;
}

}  // namespace detail
FANLIGHT_END

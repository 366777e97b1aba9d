// Bodies of aws.hpp.
#pragma once

#include <fanlight/aws.hpp>
#include <fanlight/impl/aws/session.ipp>

#include <stdexcept>

FANLIGHT_BEGIN

FANLIGHT_COLD FANLIGHT_INLINE aws_signer::aws_signer(std::string service, aws_config given)
    : service_{std::move(service)}, around_{std::make_shared<detail::aws_surroundings const>(std::move(given))} {}

FANLIGHT_COLD FANLIGHT_INLINE void aws_signer::sign(std::string_view method, std::string_view url, std::string_view body,
                                                    std::vector<std::pair<std::string, std::string>>& headers,
                                                    std::chrono::steady_clock::time_point until) const {
  if (!session_) session_ = std::make_shared<detail::aws_session>(*around_);
  auto const wrong = session_->sign(service_, method, url, body, headers, until);
  if (!wrong.empty()) throw std::runtime_error{wrong};
}

FANLIGHT_END

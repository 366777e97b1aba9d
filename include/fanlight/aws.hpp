// Amazon Web Services: keys and signatures for every back end that lives there. aws_sign("xray", {}) gives a function for the `sign` of an
// OTLP exporter. Options are inert values. The environment is read when aws_sign() is called, on its caller's thread; files, containers,
// metadata services and STS are asked on the thread that sends, when it has something to sign. A copy of a signer begins with nothing: each
// exporter has its own, which is for one thread at a time.
#pragma once

#include <fanlight/aws_config.hpp>

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

FANLIGHT_BEGIN
namespace detail {
class aws_session;
class aws_surroundings;
}  // namespace detail

/// Signs requests for one service. Throws std::runtime_error, without secrets in its words, when there are no keys or no region.
class aws_signer {
 public:
  aws_signer(std::string service, aws_config given);
  aws_signer(aws_signer const& other) : service_{other.service_}, around_{other.around_} {}
  aws_signer& operator=(aws_signer const& other) {
    service_ = other.service_, around_ = other.around_;
    session_.reset();
    return *this;
  }
  ~aws_signer() = default;

  /// For anything with `method`, `url`, `body` and `headers`, such as otlp_request. Comes back by its `until`, where it has one.
  template <class Request>
  void operator()(Request& request) const {
    auto until = (std::chrono::steady_clock::time_point::max)();
    if constexpr (requires { request.until; }) until = request.until;
    sign(request.method, request.url, request.body, request.headers, until);
  }

 private:
  void sign(std::string_view method, std::string_view url, std::string_view body, std::vector<std::pair<std::string, std::string>>& headers,
            std::chrono::steady_clock::time_point until) const;

  std::string service_;
  std::shared_ptr<detail::aws_surroundings const> around_;  // with the environment as it was
  mutable std::shared_ptr<detail::aws_session> session_;  // made by the first request
};

/// `service`: the name that signatures use, such as "xray" or "logs".
[[nodiscard]] inline aws_signer aws_sign(std::string service, aws_config given = {}) { return {std::move(service), std::move(given)}; }

FANLIGHT_END

#ifndef FANLIGHT_COMPILED
#include <fanlight/impl/aws/aws_sign.ipp>
#endif

// The two ways to X-Ray's sampling API: through the daemon's TCP side, which signs, and straight to the service, signed by us. Part of
// sampling.hpp; made by a plan, owned and used by the poller.
#pragma once

#include <fanlight/impl/aws/session.ipp>
#include <fanlight/impl/xray/sampling.hpp>

FANLIGHT_BEGIN
namespace detail {

[[nodiscard]] FANLIGHT_COLD FANLIGHT_INLINE std::unique_ptr<http_transport> rules_transport(xray_sampling const& how, http_options const& options) {
  if (how.instead.transport) return how.instead.transport(options);
  prepare_curl();
  return curl_transport(options);
}

class daemon_caller final : public rule_caller {
 public:
  FANLIGHT_COLD explicit daemon_caller(xray_sampling const& how)
      : base_{how.central->endpoint.empty() ? "http://127.0.0.1:2000" : how.central->endpoint} {
    http_options options;
    options.no_proxy = true;
    options.connect_timeout = how.central->timeout;
    options.user_agent = "fanlight/" FANLIGHT_VERSION_STRING;
    transport_ = rules_transport(how, options);
  }
  [[nodiscard]] FANLIGHT_COLD FANLIGHT_INLINE http_answer call(std::string_view path, std::string_view body, moment until) override;
  void hurry(moment until) noexcept override { transport_->hurry(until); }
  [[nodiscard]] std::string name() const override { return base_; }

 private:
  std::string const base_;
  std::unique_ptr<http_transport> transport_;
};

FANLIGHT_COLD FANLIGHT_INLINE http_answer daemon_caller::call(std::string_view path, std::string_view body, moment until) {
  http_request what;
  what.url = base_ + std::string{path};
  what.headers = {{"Content-Type", "application/json"}};
  what.body = body;
  return transport_->send(what, until);
}

class service_caller final : public rule_caller {
 public:
  FANLIGHT_COLD explicit service_caller(xray_sampling const& how) : session_{aws_surroundings{how.central->aws}} {
    http_options options;
    options.connect_timeout = how.central->timeout;
    options.ca_file = session_.around().variable("AWS_CA_BUNDLE");
    options.user_agent = "fanlight/" FANLIGHT_VERSION_STRING;
    transport_ = rules_transport(how, options);
  }
  [[nodiscard]] FANLIGHT_COLD FANLIGHT_INLINE http_answer call(std::string_view path, std::string_view body, moment until) override;
  void hurry(moment until) noexcept override { transport_->hurry(until); }
  [[nodiscard]] std::string name() const override { return base_.empty() ? "AWS" : base_; }

 private:
  [[nodiscard]] http_answer attempt(std::string_view path, std::string_view body, moment until);

  aws_session session_;
  std::unique_ptr<http_transport> transport_;
  std::string base_;
};

FANLIGHT_COLD FANLIGHT_INLINE http_answer service_caller::attempt(std::string_view path, std::string_view body, moment until) {
  http_answer out;
  out.failed = http_failure::other;
  if (base_.empty()) {
    auto found = session_.endpoint(aws_xray);
    out.what = std::move(found.why);
    if (!out.what.empty()) return out;
    base_ = std::move(found.text);
  }
  http_request what;
  what.url = base_ + std::string{path};
  aws_headers headers{{"Content-Type", "application/json"}};
  out.what = session_.sign(aws_xray.name, what.method, what.url, body, headers, until);
  if (!out.what.empty()) return out;
  for (auto& [name, value] : headers) what.headers.push_back({std::move(name), std::move(value)});
  what.body = body;
  return transport_->send(what, until);
}

FANLIGHT_COLD FANLIGHT_INLINE http_answer service_caller::call(std::string_view path, std::string_view body, moment until) {
  auto out = attempt(path, body, until);
  if (out.status == 0) return out;
  if (session_.answered(out).at_once) {
    out = attempt(path, body, until);
    if (out.status != 0) static_cast<void>(session_.answered(out));
  }
  return out;
}

FANLIGHT_COLD FANLIGHT_INLINE std::unique_ptr<rule_caller> call_daemon(xray_sampling const& how) { return std::make_unique<daemon_caller>(how); }
FANLIGHT_COLD FANLIGHT_INLINE std::unique_ptr<rule_caller> call_service(xray_sampling const& how) { return std::make_unique<service_caller>(how); }

}  // namespace detail
FANLIGHT_END

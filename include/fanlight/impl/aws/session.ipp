// Bodies of session.hpp.
#pragma once

#include <fanlight/impl/aws/keeper.ipp>
#include <fanlight/impl/aws/retry.ipp>
#include <fanlight/impl/aws/session.hpp>

FANLIGHT_BEGIN
namespace detail {

FANLIGHT_COLD FANLIGHT_INLINE aws_profiles const& aws_session::profiles() {
  if (!profiles_) profiles_ = std::make_unique<aws_profiles const>(around_.profiles());
  return *profiles_;
}

FANLIGHT_COLD FANLIGHT_INLINE aws_text aws_session::region() { return region_of(around_, profiles()); }

FANLIGHT_COLD FANLIGHT_INLINE aws_text aws_session::endpoint(aws_service const& service) {
  auto where = region();
  if (!where.why.empty()) return where;
  return endpoint_of(service, where.text, around_, profiles());
}

FANLIGHT_COLD FANLIGHT_INLINE std::string aws_session::sign(std::string_view service, std::string_view method, std::string_view url,
                                                            std::string_view body, aws_headers& headers, aws_moment until) {
  // A host of AWS says its region; whatever else is set, it takes no other.
  auto const address = split_url(url);
  std::string where{region_in_host(address.host, service)};
  if (where.empty() || !around_.given().region.empty()) {
    auto const found = region();
    if (!found.why.empty()) return found.why;
    where = found.text;
  }
  latest_ = keeper_.get(until);
  if (latest_ == nullptr) return keeper_.why();
  return sign_request(method, url, body, headers, latest_->keys, {where, service}, around_.now() + clock_.offset(), key_);
}

FANLIGHT_COLD FANLIGHT_INLINE aws_verdict aws_session::answered(http_answer const& answer) {
  aws_verdict out;
  if (answer.failed == http_failure::none && answer.status >= 300) out.error = read_error(answer);
  out.what = class_of(answer, out.error.code);
  bool const first = !std::exchange(again_, false);
  if (out.what == aws_class::done) keeper_.accepted();
  if (out.what == aws_class::clock) {
    out.at_once = first && clock_.mend(answer, around_.now());
    if (!out.at_once) out.what = aws_class::permanent;
  } else if (out.what == aws_class::credentials) {
    keeper_.refused(latest_);
    out.at_once = first;
  }
  again_ = out.at_once;
  return out;
}

}  // namespace detail
FANLIGHT_END

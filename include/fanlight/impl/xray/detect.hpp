// Where on AWS this program runs, in the words of the semantic conventions, for the blocks of segments: Lambda, Elastic Beanstalk, ECS, EKS,
// EC2. Variables and files are looked at first; a metadata service is asked only where there is a sign of it, once, within two seconds. Made
// and owned by the X-Ray exporter; find() runs on its lane's thread, hurry() on any.
#pragma once

#include <fanlight/impl/http.hpp>
#include <fanlight/impl/xray/settings.hpp>
#include <fanlight/resource.hpp>

#include <memory>
#include <mutex>

FANLIGHT_BEGIN
namespace detail {

class platform_seeker {
 public:
  using moment = std::chrono::steady_clock::time_point;
  platform_seeker(xray_config const& given, platform_variables const& variables) : given_{given}, known_{variables} {}

  /// Empty: nothing was found, or `who` says it already. What is found holds more than what `who` says.
  [[nodiscard]] object find(resource const* who, moment until);
  void hurry(moment until) noexcept;

 private:
  [[nodiscard]] std::string file(char const* path) const;
  [[nodiscard]] std::string ask(http_request const& what, http_options const& how, moment until);
  [[nodiscard]] std::string get(std::string url, moment until);
  [[nodiscard]] bool find_beanstalk(object& to) const;
  [[nodiscard]] bool find_ecs(object& to, moment until);
  [[nodiscard]] bool find_eks(object& to, moment until);
  [[nodiscard]] bool find_ec2(object& to, moment until);
  [[nodiscard]] bool has_sign_of_ec2() const;

  xray_config const& given_;
  platform_variables const& known_;
  std::mutex lock_;
  std::unique_ptr<http_transport> transport_;  // while it asks
  moment limit_ = moment::max();
};

}  // namespace detail
FANLIGHT_END

#ifndef FANLIGHT_COMPILED
#include <fanlight/impl/xray/detect.ipp>
#endif

// What every segment says of its sender: service, origin and the platform's part of `aws`, made once from a resource. Owned by the writer
// of documents; its lane's thread alone.
#pragma once

#include <fanlight/impl/send_buffer.hpp>
#include <fanlight/resource.hpp>

#include <memory>

FANLIGHT_BEGIN
namespace detail {

class xray_sender {
 public:
  /// Made anew when `who` is not the one of last time. `platform` wins over it.
  void look_at(std::shared_ptr<resource const> const& who, object const& platform);

  [[nodiscard]] std::string_view service_name() const noexcept { return service_name_; }
  [[nodiscard]] std::string_view origin() const noexcept { return origin_; }
  /// `,"service":{…}`
  [[nodiscard]] std::string_view service() const noexcept { return service_.view(); }
  /// The members of `aws` that the platform and the SDK give, `xray` last and left open: a member may follow, then `}`.
  [[nodiscard]] std::string_view aws() const noexcept { return aws_.view(); }

 private:
  std::shared_ptr<resource const> who_, whole_;
  std::string_view service_name_, origin_;
  send_buffer service_, aws_;
};

}  // namespace detail
FANLIGHT_END

#ifndef FANLIGHT_COMPILED
#include <fanlight/impl/xray/sender.ipp>
#endif

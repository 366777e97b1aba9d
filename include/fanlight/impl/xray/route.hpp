// The ways of a document to X-Ray: the daemon's UDP side, the daemon's TCP side, the service itself. A route looks at an outbox, sends some
// documents from a place in it on, and says what became of them; what follows is the exporter's business. Made and owned by an exporter,
// used by its lane's thread; `hurry` alone may be called from any thread.
#pragma once

#include <fanlight/impl/xray/answer.hpp>
#include <fanlight/impl/xray/datagrams.hpp>
#include <fanlight/impl/xray/outbox.hpp>
#include <fanlight/impl/xray/settings.hpp>

FANLIGHT_BEGIN
namespace detail {

enum class xray_step_kind {
  taken,      // `count` documents, but for `refused`
  too_large,  // the first one
  again,      // none of them, yet
  forbidden,  // none of them, and not for a minute
  never       // `count` documents are lost
};

struct xray_step {
  xray_step_kind kind = xray_step_kind::taken;
  std::size_t count = 0;
  std::chrono::milliseconds after{};
  std::vector<xray_refusal> refused = {};
  bool unreadable = false;
  std::string why = {};
};

class xray_route {
 public:
  using moment = std::chrono::steady_clock::time_point;
  xray_route() = default;
  xray_route(xray_route const&) = delete;
  xray_route& operator=(xray_route const&) = delete;
  virtual ~xray_route() = default;

  /// From the document `first` on, which is there. Comes back by `until`.
  [[nodiscard]] virtual xray_step send(xray_outbox const& from, std::size_t first, moment until) = 0;
  virtual void hurry(moment until) noexcept = 0;
};

[[nodiscard]] std::unique_ptr<xray_route> make_xray_route(xray_settings const& how);

}  // namespace detail
FANLIGHT_END

#ifndef FANLIGHT_COMPILED
#include <fanlight/impl/xray/route.ipp>
#endif

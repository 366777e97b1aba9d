// CloudWatch Logs as a service: one call, signed, its answer, and what follows from that. Made and owned by the exporter; its lane's thread
// alone, but for hurry().
#pragma once

#include <fanlight/impl/aws/session.hpp>
#include <fanlight/impl/cloudwatch/settings.hpp>

FANLIGHT_BEGIN
namespace detail {

/// What to do after an answer.
enum class cloudwatch_verdict {
  done,
  throttled,  // later, and slower
  transient,  // later
  missing,    // group or stream are to be made first
  conflict,   // somebody else is at it
  keys,       // later, with keys that are found by then
  too_large,
  legacy,     // once more, at once: an old emulator wants a token
  denied,     // permanent: this is not allowed to us
  permanent
};

struct cloudwatch_reply {
  cloudwatch_verdict verdict = cloudwatch_verdict::done;
  std::string code = {};  // of an error, as the service names it
  std::string why = {};   // one line, without secrets; names the address and the request's id
  http_answer answer = {};
  unsigned sent = 0;  // requests that went out for it
};

/// What PutLogEvents says of events that it did not keep, among `count`: those at both ends.
struct cloudwatch_rejected {
  std::size_t too_old = 0, expired = 0, too_new = 0;
  std::string entity = {};  // what is wrong with the entity; empty: nothing
  [[nodiscard]] std::size_t events() const noexcept { return too_old + expired + too_new; }
};
[[nodiscard]] cloudwatch_rejected read_rejected(std::string_view body, std::size_t count);
[[nodiscard]] cloudwatch_verdict verdict_of(aws_class what, aws_error const& error);

class cloudwatch_service {
 public:
  explicit cloudwatch_service(cloudwatch_settings const& how);

  /// `attempt`: which one of those that a batch may have, with the id that all of them share; no id, no such headers. An answer after which
  /// another attempt may go well at once, with other keys or another time, is not given before that was made.
  struct attempt {
    std::string_view id = {};
    unsigned number = 1, most = 1;
  };
  [[nodiscard]] cloudwatch_reply call(std::string_view action, std::string_view body, bool gzip, attempt const& which, cloudwatch_moment until);
  void hurry(cloudwatch_moment until) noexcept { transport_->hurry(until); }

  [[nodiscard]] aws_surroundings const& around() const noexcept { return session_.around(); }
  /// What is wrong with the keys and was not told yet.
  [[nodiscard]] std::string news() { return session_.news(); }

 private:
  [[nodiscard]] std::string find();
  [[nodiscard]] cloudwatch_reply exchange(aws_headers headers, std::string_view body, cloudwatch_moment until, bool& at_once);
  void explain(cloudwatch_reply& to, aws_error const& error) const;

  aws_session session_;
  std::chrono::milliseconds const timeout_;
  std::unique_ptr<http_transport> transport_;
  std::string url_;        // empty: not found yet
  bool own_host_ = false;  // AWS's, and no other
  std::vector<std::string> secrets_;  // of the latest request
};

}  // namespace detail
FANLIGHT_END

#ifndef FANLIGHT_COMPILED
#include <fanlight/impl/cloudwatch/service.ipp>
#endif

// Bodies of route.hpp.
#pragma once

#include <fanlight/impl/aws/session.hpp>
#include <fanlight/impl/joined.hpp>
#include <fanlight/impl/json.hpp>
#include <fanlight/impl/xray/route.hpp>

#include <ctime>

FANLIGHT_BEGIN
namespace detail {

class udp_route final : public xray_route {
 public:
  FANLIGHT_COLD explicit udp_route(xray_settings const& how) {
    datagram_options to;
    to.to = how.daemon.udp;
    to.bytes_per_millisecond = how.given.udp_bytes_per_millisecond;
    sender_ = how.given.instead.datagrams ? how.given.instead.datagrams(to) : udp_sender_to(std::move(to));
  }
  FANLIGHT_COLD FANLIGHT_INLINE xray_step send(xray_outbox const& from, std::size_t first, moment until) override;
  void hurry(moment until) noexcept override { sender_->hurry(until); }

 private:
  std::unique_ptr<datagram_sender> sender_;
};

/// PutTraceSegments, by way of the daemon or signed by ourselves.
class http_route final : public xray_route {
 public:
  explicit http_route(xray_settings const& how);
  FANLIGHT_COLD FANLIGHT_INLINE xray_step send(xray_outbox const& from, std::size_t first, moment until) override;
  void hurry(moment until) noexcept override { transport_->hurry(until); }

 private:
  [[nodiscard]] std::size_t write(xray_outbox const& from, std::size_t first);
  [[nodiscard]] std::string find_service();
  [[nodiscard]] xray_ruling exchange(moment until, bool& at_once);

  bool const by_daemon_;
  std::chrono::milliseconds const timeout_;
  std::string url_;  // empty: not found yet
  std::unique_ptr<aws_session> session_;  // null: the daemon signs
  std::unique_ptr<http_transport> transport_;
  send_buffer body_;
};

FANLIGHT_COLD FANLIGHT_INLINE std::unique_ptr<xray_route> make_xray_route(xray_settings const& how) {
  if (how.given.transport == xray_transport::udp) return std::make_unique<udp_route>(how);
  return std::make_unique<http_route>(how);
}

FANLIGHT_COLD FANLIGHT_INLINE xray_step udp_route::send(xray_outbox const& from, std::size_t first, moment until) {
  auto sent = sender_->send("{\"format\":\"json\",\"version\":1}\n", from.body(first), until);
  xray_step out;
  out.count = 1;
  out.why = std::move(sent.why);
  switch (sent.fate) {
    case datagram_fate::sent: out.kind = xray_step_kind::taken; break;
    case datagram_fate::too_large: out.kind = xray_step_kind::too_large; break;
    case datagram_fate::refused:
    case datagram_fate::not_found:
    case datagram_fate::too_late:
    case datagram_fate::failed: out.kind = xray_step_kind::again; break;
  }
  return out;
}

FANLIGHT_COLD FANLIGHT_INLINE http_route::http_route(xray_settings const& how)
    : by_daemon_{how.given.transport == xray_transport::daemon_tcp}, timeout_{how.given.timeout} {
  http_options options;
  options.connect_timeout = timeout_;
  options.response_cap = std::size_t{1} << 20;
  options.no_proxy = by_daemon_;
  options.user_agent = "fanlight/" FANLIGHT_VERSION_STRING;
  if (by_daemon_) {
    url_ = joined({"http://", how.daemon.tcp.text(), "/TraceSegments"});
  } else {
    session_ = std::make_unique<aws_session>(aws_surroundings{how.given.aws});
    options.ca_file = session_->around().variable("AWS_CA_BUNDLE");
  }
  transport_ = how.given.instead.transport ? how.given.instead.transport(options) : curl_transport(options);
}

/// Documents from `first` on as one body; how many they are. X-Ray takes 50, and nobody says how many bytes.
FANLIGHT_COLD FANLIGHT_INLINE std::size_t http_route::write(xray_outbox const& from, std::size_t first) {
  constexpr std::size_t most = 50, most_bytes = 1'000'000;
  body_.clear();
  json_writer json{body_};
  json.open_object();
  json.name("TraceSegmentDocuments");
  json.open_array();
  std::size_t count = 0;
  for (; count < most && first + count < from.size(); ++count) {
    auto const before = body_.size();
    json.text(from.body(first + count));
    if (count == 0 || body_.size() + 2 <= most_bytes) continue;
    body_.cut(before);
    json.after_fragment(true);
    break;
  }
  json.close_array();
  json.close_object();
  return count;
}

/// Files are read for it, so that it is not done in init(). Gives what is missing, in words.
FANLIGHT_COLD FANLIGHT_INLINE std::string http_route::find_service() {
  if (!url_.empty()) return {};
  auto endpoint = session_->endpoint(aws_xray);
  if (!endpoint.text.empty()) url_ = std::move(endpoint.text) + "/TraceSegments";
  return endpoint.why;
}

/// One attempt. `at_once`: another one, with other keys or another time, may go well.
FANLIGHT_COLD FANLIGHT_INLINE xray_ruling http_route::exchange(moment until, bool& at_once) {
  xray_ruling out;
  aws_headers headers{{"Content-Type", "application/json"}};
  out.verdict = xray_verdict::forbidden;
  if (session_) {
    if (out.why = find_service(); url_.empty()) return out;
    if (out.why = session_->sign("xray", "POST", url_, body_.view(), headers, until); !out.why.empty()) return out;
  }
  http_request request;
  request.url = url_;
  request.body = body_.view();
  for (auto& [name, value] : headers) request.headers.push_back({std::move(name), std::move(value)});
  auto const answer = transport_->send(request, until);
  at_once = session_ && session_->answered(answer).at_once;
  out = rule_on_segments(answer, by_daemon_, static_cast<std::int64_t>(std::time(nullptr)));
  bool const names_it = out.why.substr(0, 4) == "http";  // the transport's words begin with the address
  if (!out.why.empty() && !names_it) out.why.insert(0, url_for_people(url_) + ": ");
  return out;
}

FANLIGHT_COLD FANLIGHT_INLINE xray_step http_route::send(xray_outbox const& from, std::size_t first, moment until) {
  xray_step out;
  out.count = write(from, first);
  until = std::min(until, std::chrono::steady_clock::now() + timeout_);
  bool at_once = false, twice = false;
  auto ruling = exchange(until, at_once);
  if (at_once) ruling = exchange(until, twice);
  body_.shrink_above(std::size_t{4} << 20);
  out.after = ruling.after;
  out.refused = std::move(ruling.refused);
  out.unreadable = ruling.unreadable;
  out.why = std::move(ruling.why);
  switch (ruling.verdict) {
    case xray_verdict::taken: out.kind = xray_step_kind::taken; break;
    case xray_verdict::again: out.kind = xray_step_kind::again; break;
    case xray_verdict::forbidden: out.kind = xray_step_kind::forbidden; break;
    case xray_verdict::never: out.kind = xray_step_kind::never; break;
  }
  return out;
}

}  // namespace detail
FANLIGHT_END

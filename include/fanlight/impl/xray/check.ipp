// xray_check(): a segment of its own on the way, and each hop in words. Runs on its caller's thread, blocks, and owns all it needs.
#pragma once

#include <fanlight/detail/process_facts.hpp>
#include <fanlight/impl/aws/session.hpp>
#include <fanlight/impl/joined.hpp>
#include <fanlight/impl/otlp_ruling.hpp>
#include <fanlight/impl/xray/exporter.hpp>

#include <ctime>


FANLIGHT_BEGIN
namespace detail {

/// The document goes out just as it stands.
class xray_probe {
 public:
  using moment = std::chrono::steady_clock::time_point;
  xray_probe(xray_settings how, xray_report& to, moment until) : how_{std::move(how)}, to_{to}, until_{until} {}

  void run() {
    auto const document = write();
    say(joined({"segment ", id_, " of trace ", trace_, ", ", std::to_string(document.size()), " bytes"}));
    if (how_.given.transport == xray_transport::api) return try_service(document);
    look_up(how_.daemon.udp, "UDP");
    if (!(how_.daemon.tcp == how_.daemon.udp)) look_up(how_.daemon.tcp, "TCP");
    bool const over_udp = how_.given.transport == xray_transport::udp;
    if (over_udp) send_datagram(document);
    try_daemon(over_udp ? std::string_view{} : std::string_view{document});
  }

 private:
  void say(std::string what) { to_.hops.push_back(std::move(what)); }

  [[nodiscard]] std::string write() {
    unsigned char random[16] = {};
    static_cast<void>(system_random(random));
    random[15] |= 1, random[7] |= 1;
    auto const now = static_cast<std::int64_t>(std::time(nullptr));
    char digits[33];
    write_hex(digits, random, 16);
    id_ = std::string{digits, 16};
    char front[8];
    unsigned char const seconds[4]{static_cast<unsigned char>(now >> 24), static_cast<unsigned char>(now >> 16), static_cast<unsigned char>(now >> 8),
                                   static_cast<unsigned char>(now)};
    write_hex(front, seconds, 4);
    trace_ = joined({"1-", std::string{front, 8}, "-", std::string{digits + 8, 24}});
    auto const time = std::to_string(now);
    return R"({"id":")" + id_ + R"(","name":"fanlight-check","trace_id":")" + trace_ + R"(","start_time":)" + time + R"(.000000,"end_time":)" + time +
           R"(.001000,"annotations":{"check":true}})";
  }

  void look_up(host_port const& at, char const* protocol) {
    found_addresses found;
    if (!find_addresses_until(at.host, found, until_))
      return say(joined({protocol, " ", at.text(), ": the name could not be looked up in time"}));
    if (found.numbers.empty()) return say(joined({protocol, " ", at.text(), ": the name was not found (", found.why, ")"}));
    std::string all;
    for (auto const& each : found.numbers) all += (all.empty() ? "" : ", ") + each;
    say(joined({protocol, " ", at.text(), " is ", all}));
  }

  void send_datagram(std::string const& document) {
    datagram_options to;
    to.to = how_.daemon.udp;
    auto const by = how_.given.instead.datagrams ? how_.given.instead.datagrams(to) : udp_sender_to(to);
    std::string_view const head = "{\"format\":\"json\",\"version\":1}\n";
    auto const sent = by->send(head, document, until_);
    if (sent.fate != datagram_fate::sent) return say(sent.why);
    to_.arrived = true;
    say(joined({"UDP ", to.to.text(), ": handed to the kernel, and not refused. Whether the daemon took it is not to be seen over UDP"}));
  }

  /// With a document, or without one only to see who is there.
  void try_daemon(std::string_view document) {
    auto const where = "TCP " + how_.daemon.tcp.text();
    http_options options;
    options.no_proxy = true;
    options.connect_timeout = how_.given.timeout;
    auto const by = how_.given.instead.transport ? how_.given.instead.transport(options) : curl_transport(options);
    std::string body = R"({"TraceSegmentDocuments":[)";
    if (!document.empty()) body += in_json(document);
    body += "]}";
    http_request what;
    what.url = joined({"http://", how_.daemon.tcp.text(), (document.empty() ? "/GetSamplingRules" : "/TraceSegments")});
    what.headers.push_back({"Content-Type", "application/json"});
    what.body = document.empty() ? std::string_view{"{}"} : std::string_view{body};
    auto const answer = by->send(what, until_);
    if (answer.failed != http_failure::none) {
      say(joined({where, ": ", answer.what}));
      if (answer.failed == http_failure::refused)
        say("the daemon's TCP side listens on its own loopback address alone unless it is told otherwise (--bind-tcp 0.0.0.0:2000); from another container it is refused so");
      return;
    }
    if (document.empty())
      return say(joined({where, ": somebody answers, with status ", std::to_string(answer.status),
                         (answer.status == 200 ? ": the daemon reaches X-Ray" : cause_of(answer, true))}));
    judge(where, answer, true);
  }

  void try_service(std::string const& document) {
    aws_session session{aws_surroundings{how_.given.aws}};
    auto const region = session.region();
    say(region.text.empty() ? region.why : "region " + region.text);
    auto const endpoint = session.endpoint(aws_xray);
    if (endpoint.text.empty()) return say(endpoint.why);
    auto const url = endpoint.text + "/TraceSegments";
    auto const body = joined({R"({"TraceSegmentDocuments":[)", in_json(document), "]}"});
    aws_headers headers{{"Content-Type", "application/json"}};
    if (auto const wrong = session.sign("xray", "POST", url, body, headers, until_); !wrong.empty()) return say(wrong);
    say("keys were found, and the request is signed");
    http_options options;
    options.connect_timeout = how_.given.timeout;
    options.ca_file = session.around().variable("AWS_CA_BUNDLE");
    auto const by = how_.given.instead.transport ? how_.given.instead.transport(options) : curl_transport(options);
    http_request what;
    what.url = url, what.body = body;
    for (auto& [name, value] : headers) what.headers.push_back({name, value});
    auto const answer = by->send(what, until_);
    if (answer.failed != http_failure::none) return say(answer.what);
    judge(url_for_people(url), answer, false);
  }

  [[nodiscard]] static std::string in_json(std::string_view document) {
    send_buffer out;
    json_writer json{out};
    json.text(document);
    return std::string{out.view()};
  }
  [[nodiscard]] static std::string cause_of(http_answer const& answer, bool by_daemon) {
    auto const ruling = rule_on_segments(answer, by_daemon, 0);
    return ruling.why.empty() ? std::string{} : ": " + ruling.why;
  }
  void judge(std::string const& where, http_answer const& answer, bool by_daemon) {
    auto const ruling = rule_on_segments(answer, by_daemon, 0);
    if (ruling.verdict != xray_verdict::taken) return say(joined({where, ": ", ruling.why}));
    to_.arrived = ruling.refused.empty();
    for (auto const& one : ruling.refused)
      say(joined({where, ": X-Ray did not take it: ", one.code, (one.message.empty() ? "" : joined({" (", one.message, ")"}))}));
    if (to_.arrived) say(joined({where, ": X-Ray has acknowledged it; look for the trace ", trace_}));
  }

  xray_settings const how_;
  xray_report& to_;
  moment const until_;
  std::string id_, trace_;
};

}  // namespace detail

FANLIGHT_COLD FANLIGHT_INLINE std::string xray_report::text() const {
  std::string out;
  for (auto const& each : hops) out += each + "\n";
  return out;
}

FANLIGHT_COLD FANLIGHT_INLINE xray_report xray_check(xray_config given, std::chrono::milliseconds limit) {
  xray_report out;
  std::vector<problem> said, wrong;
  auto const read = given.aws.instead.environment ? given.aws.instead.environment : detail::environment::function{detail::real_variable};
  detail::environment const from{read, said};
  auto how = detail::settle_xray(std::move(given), from, wrong);
  for (auto const& each : said) out.hops.push_back(each.what);
  for (auto const& each : wrong) out.hops.push_back(each.what);
  if (how.off) out.hops.emplace_back("AWS_XRAY_SDK_ENABLED or AWS_XRAY_SDK_DISABLED switches X-Ray off");
  if (!wrong.empty() || how.off) return out;
  detail::xray_probe probe{std::move(how), out, std::chrono::steady_clock::now() + limit};
  probe.run();
  return out;
}

FANLIGHT_END

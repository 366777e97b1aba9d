// Bodies of answer.hpp. [AWS X-Ray API, PutTraceSegments]
#pragma once

#include <fanlight/impl/aws/aws_xml.ipp>
#include <fanlight/impl/joined.hpp>
#include <fanlight/impl/json_facts.hpp>
#include <fanlight/impl/otlp_ruling.hpp>
#include <fanlight/impl/xray/answer.hpp>

#include <algorithm>

FANLIGHT_BEGIN
namespace detail {

/// Takes the events of json_read(): `{"UnprocessedTraceSegments":[{"Id":…,"ErrorCode":…,"Message":…}]}`.
class xray_refusal_reader {
 public:
  explicit xray_refusal_reader(std::vector<xray_refusal>& to) : to_{to} {}
  [[nodiscard]] bool is_answer() const noexcept { return is_answer_; }

  FANLIGHT_COLD bool key(std::string_view name) {
    if (depth_ == 1) in_list_ = name == "UnprocessedTraceSegments";
    if (depth_ == 3) member_ = name;
    return true;
  }
  FANLIGHT_COLD bool scalar(std::string_view text) {
    if (depth_ != 3 || !in_list_ || to_.empty()) return true;
    auto& one = to_.back();
    if (member_ == "Id") one.id = one_line(text, 40);
    if (member_ == "ErrorCode") one.code = one_line(text, 60);
    if (member_ == "Message") one.message = one_line(text);
    return true;
  }
  FANLIGHT_COLD bool open(bool object) {
    ++depth_;
    if (depth_ == 1) is_answer_ = object;
    if (depth_ == 3 && object && in_list_) to_.emplace_back();
    return depth_ <= 16 && to_.size() <= 100;
  }
  FANLIGHT_COLD bool close(bool) {
    --depth_;
    return true;
  }

 private:
  std::vector<xray_refusal>& to_;
  std::string member_;
  unsigned depth_ = 0;
  bool in_list_ = false, is_answer_ = false;
};

FANLIGHT_COLD FANLIGHT_INLINE bool read_refusals(std::string_view body, std::vector<xray_refusal>& to) {
  xray_refusal_reader reader{to};
  bool const whole = json_read(body.substr(0, std::size_t{1} << 20), reader);
  return whole && reader.is_answer();
}

/// The type and message of an error, cut before the service repeats the request, in which a token may stand.
[[nodiscard]] FANLIGHT_COLD FANLIGHT_INLINE std::string words_of_refusal(http_answer const& answer) {
  std::string type, message;
  if (auto const* const given = answer.header("x-amzn-errortype")) type = given->substr(0, given->find(':'));
  each_json_fact(answer.body, [&](std::string_view parent, std::string_view key, std::string_view text) {
    if (!parent.empty()) return;
    if (key == "message" || key == "Message") message = text.substr(0, text.find('\n'));
    if (type.empty() && (key == "__type" || key == "code")) type = text.substr(text.find('#') == std::string_view::npos ? 0 : text.find('#') + 1);
  });
  if (type.empty() && message.empty()) {  // what stands before the service answers in XML
    type = xml_text(answer.body, "Error", "Code"), message = xml_text(answer.body, "Error", "Message");
    message.resize(std::min(message.find('\n'), message.size()));
  }
  if (!type.empty() && !message.empty()) type += ": ";
  return one_line(type + message);
}

[[nodiscard]] FANLIGHT_COLD FANLIGHT_INLINE std::string cure_of_refusal(std::string const& words, bool by_daemon) {
  std::string const whose = by_daemon ? "the daemon's " : "the ";
  auto const says = [&](std::string_view part) { return words.find(part) != std::string::npos; };
  if (says("expired") || says("Skewed") || says("not yet current"))
    return joined({". Set the clock of ", by_daemon ? "the daemon's machine" : "this machine", ", or renew the keys"});
  if (says("AccessDenied") || says("not authorized"))
    return joined({". Give ", whose, "role xray:PutTraceSegments; the managed policy AWSXRayDaemonWriteAccess has it"});
  return joined({". Look at ", whose, "keys and their region"});
}

[[nodiscard]] FANLIGHT_COLD FANLIGHT_INLINE xray_ruling rule_on_error(http_answer const& answer, bool by_daemon, std::int64_t now) {
  xray_ruling out;
  long const status = answer.status;
  auto const words = words_of_refusal(answer);
  out.why = joined({"it answered ", std::to_string(status), (words.empty() ? "" : joined({" (", words, ")"}))});
  bool const slow = status == 408 || status == 429 || status >= 500 || words.substr(0, 10) == "Throttling";
  out.verdict = status == 401 || status == 403 ? xray_verdict::forbidden : slow ? xray_verdict::again : xray_verdict::never;
  if (out.verdict == xray_verdict::forbidden) out.why += cure_of_refusal(words, by_daemon);
  if (out.verdict == xray_verdict::again)
    if (auto const* const asked = answer.header("retry-after")) out.after = retry_after(*asked, now).value_or(std::chrono::milliseconds{0});
  if (status == 502 && by_daemon) out.why += ". The daemon could not pass it on: has it credentials, a region, and a way to AWS?";
  return out;
}

FANLIGHT_COLD FANLIGHT_INLINE xray_ruling rule_on_segments(http_answer const& answer, bool by_daemon, std::int64_t now) {
  xray_ruling out;
  if (answer.failed == http_failure::none && answer.status >= 200 && answer.status < 300) {
    out.unreadable = !read_refusals(answer.body, out.refused);
    return out;
  }
  if (answer.failed == http_failure::none) return rule_on_error(answer, by_daemon, now);
  // An answer that is too long to be kept was an answer all the same.
  bool const sent = answer.failed == http_failure::too_large && answer.status >= 200 && answer.status < 300;
  out.unreadable = sent;
  out.verdict = sent ? xray_verdict::taken : may_try_again(answer.failed) ? xray_verdict::again : xray_verdict::never;
  out.why = answer.what;
  return out;
}

}  // namespace detail
FANLIGHT_END

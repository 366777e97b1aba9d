// Where keys come from: the chain that AWS's own tools follow, one step after the other, the first that applies. Runs on the thread that
// sends, within a deadline. What it says of failures names files, variables and hosts, and never a value that may be secret.
#pragma once

#include <fanlight/impl/aws/endpoints.hpp>

#include <limits>

FANLIGHT_BEGIN
namespace detail {

inline constexpr std::int64_t never_expires = std::numeric_limits<std::int64_t>::max();

struct aws_credentials {
  aws_keys keys = {};
  std::int64_t expires = never_expires;  // seconds of the epoch
  std::string source = {};               // for people
  bool from_imds = false;                // these are used past their time while the service is ill
};

/// What came of one step, or of all.
struct aws_step {
  enum class kind { not_here, found, failed };
  kind what = kind::not_here;
  aws_credentials found = {};
  std::string why = {};  // it is not here, or failed

  [[nodiscard]] static aws_step not_here(std::string why) { return {kind::not_here, {}, std::move(why)}; }
  [[nodiscard]] static aws_step failed(std::string why) { return {kind::failed, {}, std::move(why)}; }
  [[nodiscard]] static aws_step success(aws_credentials what) { return {kind::found, std::move(what), {}}; }
};

using aws_moment = std::chrono::steady_clock::time_point;

[[nodiscard]] aws_step find_credentials(aws_surroundings& around, aws_moment until);

// The steps.
[[nodiscard]] aws_step from_code(aws_config const& given);
[[nodiscard]] aws_step from_variables(aws_surroundings& around);
[[nodiscard]] aws_step from_web_identity_variables(aws_surroundings const& around, aws_profiles const& profiles, aws_moment until);
[[nodiscard]] aws_step from_profile(aws_surroundings const& around, aws_profiles const& profiles, aws_moment until);
[[nodiscard]] aws_step from_container(aws_surroundings const& around, aws_moment until);
[[nodiscard]] aws_step from_imds(aws_surroundings const& around, aws_moment until);

struct web_identity {
  std::string token_file, role, session_name;
};
[[nodiscard]] aws_step from_sts(web_identity const& who, aws_surroundings const& around, aws_profiles const& profiles, aws_moment until);
[[nodiscard]] aws_step from_sso(aws_surroundings const& around, aws_profiles const& profiles, aws_moment until);
[[nodiscard]] aws_step from_process(std::string const& command, aws_surroundings const& around, aws_moment until);

/// The members of a JSON answer that hold keys: AccessKeyId, SecretAccessKey, Token or SessionToken, Expiration. `who`: in the words of failures.
[[nodiscard]] aws_step read_keys_json(std::string_view document, std::string const& who);
/// Keys that could be sent as they are.
[[nodiscard]] aws_step checked(aws_credentials found, std::string const& who);
/// A code of an error, if it looks like one; bodies may hold anything, so nothing else of them is shown.
[[nodiscard]] std::string safe_code(std::string_view code);

/// The text of an element of an XML document that stands in `parent`, without entities. Empty: there is none.
[[nodiscard]] std::string xml_text(std::string_view document, std::string_view parent, std::string_view name);

/// Splits a command as a shell would, without expanding anything. False: a quote is not closed.
[[nodiscard]] bool split_command(std::string_view command, std::vector<std::string>& to);
struct process_answer {
  bool started = false, ended = false;  // ended: in time, and with 0
  bool too_long = false, late = false;
  int status = 0;
  std::string output = {};
};
/// Runs a program without a shell, its input closed and its complaints thrown away; one that is late is killed.
[[nodiscard]] process_answer run_process(std::vector<std::string> const& words, aws_moment until);

}  // namespace detail
FANLIGHT_END

#ifndef FANLIGHT_COMPILED
#include <fanlight/impl/aws/credentials.ipp>
#endif

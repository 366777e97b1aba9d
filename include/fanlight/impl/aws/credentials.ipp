// Bodies of credentials.hpp: the chain, and the steps that need no network.
#pragma once

#include <fanlight/impl/aws/aws_process.ipp>
#include <fanlight/impl/aws/aws_xml.ipp>
#include <fanlight/impl/aws/credentials.hpp>
#include <fanlight/impl/aws/credentials_remote.ipp>
#include <fanlight/impl/aws/endpoints.ipp>
#include <fanlight/impl/joined.hpp>

FANLIGHT_BEGIN
namespace detail {

FANLIGHT_COLD FANLIGHT_INLINE aws_step checked(aws_credentials found, std::string const& who) {
  if (found.keys.id.empty()) return aws_step::failed(who + " gives no access key id");
  if (found.keys.secret.empty()) return aws_step::failed(who + " gives no secret access key");
  if (!fits_header(found.keys.id) || !fits_header(found.keys.secret) || !fits_header(found.keys.token))
    return aws_step::failed(who + " gives a key with a line break in it");
  found.source = who;
  return aws_step::success(std::move(found));
}

FANLIGHT_COLD FANLIGHT_INLINE aws_step from_code(aws_config const& given) {
  if (given.access_key_id.empty() && given.secret_access_key.empty()) return aws_step::not_here("aws_config has no keys");
  if (given.secret_access_key.empty()) return aws_step::failed("aws_config::access_key_id is given without secret_access_key");
  if (given.access_key_id.empty()) return aws_step::failed("aws_config::secret_access_key is given without access_key_id");
  aws_credentials out;
  out.keys = {given.access_key_id, given.secret_access_key, given.session_token};
  return checked(std::move(out), "aws_config");
}

FANLIGHT_COLD FANLIGHT_INLINE aws_step from_variables(aws_surroundings& around) {
  auto const expiry = around.variable("AWS_CREDENTIAL_EXPIRATION");
  std::int64_t expires = never_expires;
  if (!expiry.empty() && (!read_time(expiry, expires) || expires <= around.now() + 10)) around.read_variables_again();
  aws_credentials out;
  out.keys = {around.variable("AWS_ACCESS_KEY_ID"), around.variable("AWS_SECRET_ACCESS_KEY"), around.variable("AWS_SESSION_TOKEN")};
  if (out.keys.token.empty()) out.keys.token = around.variable("AWS_SECURITY_TOKEN");
  if (out.keys.id.empty() && out.keys.secret.empty()) return aws_step::not_here("AWS_ACCESS_KEY_ID is not set");
  if (out.keys.secret.empty()) return aws_step::failed("AWS_ACCESS_KEY_ID is set, and AWS_SECRET_ACCESS_KEY is not");
  if (out.keys.id.empty()) return aws_step::failed("AWS_SECRET_ACCESS_KEY is set, and AWS_ACCESS_KEY_ID is not");
  auto const latest = around.variable("AWS_CREDENTIAL_EXPIRATION");
  if (!latest.empty() && !read_time(latest, out.expires))
    return aws_step::failed("AWS_CREDENTIAL_EXPIRATION is no time; it must be like 2030-01-31T12:00:00Z");
  if (out.expires <= around.now() + 10) return aws_step::failed("the keys of the environment have expired (AWS_CREDENTIAL_EXPIRATION)");
  return checked(std::move(out), "the environment");
}

FANLIGHT_COLD FANLIGHT_INLINE aws_step from_web_identity_variables(aws_surroundings const& around, aws_profiles const& profiles,
                                                                   aws_moment until) {
  web_identity const who{around.variable("AWS_WEB_IDENTITY_TOKEN_FILE"), around.variable("AWS_ROLE_ARN"),
                         around.variable("AWS_ROLE_SESSION_NAME")};
  if (who.token_file.empty()) return aws_step::not_here("AWS_WEB_IDENTITY_TOKEN_FILE is not set");
  if (who.role.empty()) return aws_step::failed("AWS_WEB_IDENTITY_TOKEN_FILE is set, and AWS_ROLE_ARN is not");
  return from_sts(who, around, profiles, until);
}

/// The keys of one file; both from the same.
[[nodiscard]] FANLIGHT_COLD FANLIGHT_INLINE aws_step static_keys(ini_section const* section, std::string const& who) {
  if (section == nullptr) return aws_step::not_here({});
  auto const text = [&](std::string_view key) {
    auto const* const entry = section->find(key);
    return entry == nullptr ? std::string{} : entry->value;
  };
  aws_credentials out;
  out.keys = {text("aws_access_key_id"), text("aws_secret_access_key"), text("aws_session_token")};
  if (out.keys.token.empty()) out.keys.token = text("aws_security_token");
  if (out.keys.id.empty() && out.keys.secret.empty()) return aws_step::not_here({});
  if (out.keys.secret.empty()) return aws_step::failed(who + " has aws_access_key_id without aws_secret_access_key");
  if (out.keys.id.empty()) return aws_step::failed(who + " has aws_secret_access_key without aws_access_key_id");
  return checked(std::move(out), who);
}

[[nodiscard]] FANLIGHT_COLD FANLIGHT_INLINE std::string bad_line_words(aws_profiles const& profiles) {
  auto const of = [](unsigned line, char const* file) {
    return line == 0 ? std::string{} : joined({"; line ", std::to_string(line), " of the ", file, " file cannot be read"});
  };
  return of(profiles.credentials.bad_line, "credentials") + of(profiles.config.bad_line, "config");
}

FANLIGHT_COLD FANLIGHT_INLINE aws_step from_profile(aws_surroundings const& around, aws_profiles const& profiles, aws_moment until) {
  auto const who = "profile " + one_line(profiles.name, 60);
  auto const *const secret = profiles.in_credentials(), *const config = profiles.in_config();
  if (secret == nullptr && config == nullptr) {
    auto words = joined({who, " is in neither ~/.aws/credentials nor ~/.aws/config", bad_line_words(profiles)});
    if (profiles.source.empty()) return aws_step::not_here(std::move(words));
    return aws_step::failed(joined({words, ", and ", profiles.source, " names it"}));
  }
  if (auto const role = profiles.text("role_arn"); !role.empty()) {
    web_identity const web{profiles.text("web_identity_token_file"), role, profiles.text("role_session_name")};
    if (!web.token_file.empty()) return from_sts(web, around, profiles, until);
    return aws_step::failed(who +
                            " has a role_arn without web_identity_token_file; fanlight assumes no role with the keys of another profile. "
                            "Let credential_process do it, with aws_config::allow_process");
  }
  if (!profiles.text("sso_session").empty() || !profiles.text("sso_start_url").empty()) return from_sso(around, profiles, until);
  for (auto const* const section : {secret, config})
    if (auto out = static_keys(section, who); out.what != aws_step::kind::not_here) return out;
  if (auto const command = profiles.text("credential_process"); !command.empty()) {
    if (around.given().allow_process) return from_process(command, around, until);
    return aws_step::failed(who + " has a credential_process, which is only started with aws_config::allow_process");
  }
  return aws_step::not_here(joined({who, " has no keys", bad_line_words(profiles)}));
}

FANLIGHT_COLD FANLIGHT_INLINE aws_step find_credentials(aws_surroundings& around, aws_moment until) {
  auto const& given = around.given();
  std::string tried;
  auto out = from_code(given);
  auto const done = [&] {
    if (out.what != aws_step::kind::not_here) return true;
    tried.append(tried.empty() ? "" : "; ").append(out.why);
    return false;
  };
  if (done()) return out;
  if (given.profile.empty())
    if (out = from_variables(around); done()) return out;
  auto const profiles = around.profiles();
  if (given.profile.empty())
    if (out = from_web_identity_variables(around, profiles, until); done()) return out;
  if (out = from_profile(around, profiles, until); done()) return out;
  if (out = from_container(around, until); done()) return out;
  if (out = from_imds(around, until); done()) return out;
  return aws_step::failed("there are no AWS credentials: " + tried);
}

}  // namespace detail
FANLIGHT_END

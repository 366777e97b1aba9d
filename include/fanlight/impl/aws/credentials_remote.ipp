// The steps of credentials.hpp that ask a service: container, EC2's metadata, STS, SSO. Each has a deadline, bounded answers and no
// redirects; of an answer nothing but its status and codes is shown.
#pragma once

#include <fanlight/impl/aws/credentials.hpp>
#include <fanlight/impl/joined.hpp>
#include <fanlight/impl/json_facts.hpp>
#include <fanlight/impl/otlp_urls.ipp>

#include <charconv>

#include <unistd.h>

FANLIGHT_BEGIN
namespace detail {

FANLIGHT_COLD FANLIGHT_INLINE std::string safe_code(std::string_view code) {
  for (char const letter : code)
    if (!(letter >= 'a' && letter <= 'z') && !(letter >= 'A' && letter <= 'Z')) return {};
  return code.size() <= 60 ? std::string{code} : std::string{};
}

FANLIGHT_COLD FANLIGHT_INLINE aws_step read_keys_json(std::string_view document, std::string const& who) {
  aws_credentials out;
  std::string expiry, code;
  each_json_fact(document, [&](std::string_view parent, std::string_view key, std::string_view text) {
    if (!parent.empty()) return;
    if (key == "AccessKeyId") out.keys.id = text;
    else if (key == "SecretAccessKey") out.keys.secret = text;
    else if (key == "Token" || key == "SessionToken") out.keys.token = text;
    else if (key == "Expiration") expiry = text;
    else if (key == "Code") code = text;
  });
  if (!code.empty() && code != "Success")
    return aws_step::failed(joined({who, " answered with an error", (safe_code(code).empty() ? "" : ", " + safe_code(code))}));
  if (!expiry.empty() && !read_time(expiry, out.expires)) return aws_step::failed(who + " gives an Expiration that is no time");
  return checked(std::move(out), who);
}

/// In words: what came instead of a good answer.
[[nodiscard]] FANLIGHT_COLD FANLIGHT_INLINE std::string bad_answer(http_answer const& answer) {
  return answer.failed != http_failure::none ? answer.what : "it answered with status " + std::to_string(answer.status);
}
[[nodiscard]] FANLIGHT_COLD FANLIGHT_INLINE bool is_good(http_answer const& answer) noexcept {
  return answer.failed == http_failure::none && answer.status >= 200 && answer.status < 300;
}

// ---- container --------------------------------------------------------------------------------------------------------------------

/// https goes anywhere; http only to this machine and to the agents beside it.
[[nodiscard]] FANLIGHT_COLD FANLIGHT_INLINE bool may_hold_credentials(std::string_view url) {
  auto const parts = split_url(url);
  if (!parts.good) return false;
  if (!parts.plain) return true;
  auto const host = host_of(url);
  for (std::string_view const known : {"localhost", "::1", "169.254.170.2", "169.254.170.23", "fd00:ec2::23"})
    if (host == known) return true;
  int dots = 0, digits = 0;
  for (char const letter : host) {
    if (letter == '.' && digits != 0) ++dots, digits = 0;
    else if (letter >= '0' && letter <= '9' && digits < 3) ++digits;
    else return false;
  }
  return dots == 3 && digits != 0 && host.substr(0, 4) == "127.";
}

FANLIGHT_COLD FANLIGHT_INLINE aws_step from_container(aws_surroundings const& around, aws_moment until) {
  std::string const who = "the container's agent";
  auto const relative = around.variable("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"),
             full = around.variable("AWS_CONTAINER_CREDENTIALS_FULL_URI");
  if (relative.empty() && full.empty()) return aws_step::not_here("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI and _FULL_URI are not set");
  if (!relative.empty() && relative.front() != '/')
    return aws_step::failed("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI does not begin with a slash");
  auto const url = relative.empty() ? full : "http://169.254.170.2" + relative;
  if (!may_hold_credentials(url))
    return aws_step::failed(
        "AWS_CONTAINER_CREDENTIALS_FULL_URI may be https, or http to this machine, 169.254.170.2, 169.254.170.23 or [fd00:ec2::23]; nothing was sent");
  http_request request;
  request.method = "GET";
  request.url = url;
  request.headers.push_back({"Accept", "application/json"});
  auto token = around.variable("AWS_CONTAINER_AUTHORIZATION_TOKEN");
  if (auto const path = around.variable("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"); !path.empty()) {
    auto const text = around.file(path);
    if (!text) return aws_step::failed("the file that AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE names cannot be read");
    token = *text;
    if (!token.empty() && token.back() == '\n') token.pop_back();
  }
  if (!fits_header(token)) return aws_step::failed("the authorization token of the container has a line break in it");
  if (!token.empty()) request.headers.push_back({"Authorization", token});
  auto const answer = around.ask(request, true, std::chrono::seconds{2}, until);
  if (!is_good(answer)) return aws_step::failed(joined({who, " gave no credentials: ", bad_answer(answer)}));
  return read_keys_json(answer.body, who);
}

// ---- EC2 --------------------------------------------------------------------------------------------------------------------------

/// Version 2 of the metadata service: a token first, then questions with it.
class imds_client {
 public:
  FANLIGHT_COLD imds_client(aws_surroundings const& around, aws_moment until) : around_{around}, until_{until} {
    base_ = around.variable("AWS_EC2_METADATA_SERVICE_ENDPOINT");
    while (!base_.empty() && base_.back() == '/') base_.pop_back();
    bool const six = same_but_case(around.variable("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE"), "IPv6");
    if (base_.empty()) base_ = six ? "http://[fd00:ec2::254]" : "http://169.254.169.254";
    limit_ = std::chrono::seconds{number("AWS_METADATA_SERVICE_TIMEOUT", 60)};
    attempts_ = number("AWS_METADATA_SERVICE_NUM_ATTEMPTS", 10);
  }

  [[nodiscard]] bool has_address() const { return split_url(base_).good; }
  [[nodiscard]] FANLIGHT_COLD http_answer get_token() {
    http_request request;
    request.method = "PUT";
    request.url = base_ + "/latest/api/token";
    request.headers.push_back({"x-aws-ec2-metadata-token-ttl-seconds", "21600"});
    auto out = ask(request);
    if (is_good(out)) token_ = trimmed(out.body);
    if (!fits_header(token_)) token_.clear();
    return out;
  }
  /// With the token, if there is one. 401: it is not good any more, and a new one is asked for, once.
  [[nodiscard]] FANLIGHT_COLD http_answer get(std::string const& path) {
    auto out = get_once(path);
    if (out.status != 401 || token_.empty() || !is_good(get_token())) return out;
    return get_once(path);
  }

 private:
  [[nodiscard]] FANLIGHT_COLD unsigned number(std::string_view variable, unsigned most) const {
    auto const out = read_integer(trimmed(around_.variable(variable)));
    return out && *out >= 1 ? std::min(*out, most) : 1;
  }
  [[nodiscard]] FANLIGHT_COLD http_answer get_once(std::string const& path) {
    http_request request;
    request.method = "GET";
    request.url = joined({base_, "/latest/meta-data/iam/security-credentials/", path});
    if (!token_.empty()) request.headers.push_back({"x-aws-ec2-metadata-token", token_});
    return ask(request);
  }
  [[nodiscard]] FANLIGHT_COLD http_answer ask(http_request const& request) {
    http_answer out;
    for (unsigned i = 0; i < attempts_; ++i) {
      out = around_.ask(request, true, limit_, until_);
      if (out.failed == http_failure::none && out.status < 500) break;
    }
    return out;
  }

  aws_surroundings const& around_;
  aws_moment until_;
  std::string base_, token_;
  std::chrono::milliseconds limit_{1000};
  unsigned attempts_ = 1;
};

/// No metadata service is how most machines are; that it is there and does not work is another thing.
FANLIGHT_COLD FANLIGHT_INLINE aws_step from_imds(aws_surroundings const& around, aws_moment until) {
  std::string const who = "EC2's metadata service";
  if (around.flag("AWS_EC2_METADATA_DISABLED")) return aws_step::not_here("AWS_EC2_METADATA_DISABLED is true");
  imds_client client{around, until};
  if (!client.has_address())
    return aws_step::failed("AWS_EC2_METADATA_SERVICE_ENDPOINT is no address; it must be like http://169.254.169.254");
  auto const token = client.get_token();
  if (!is_good(token) && !around.given().allow_imds_v1) {
    bool const late = token.failed == http_failure::timed_out;
    return aws_step::not_here(
        joined({who, " gave no token: ", bad_answer(token),
                (late ? "; in a container on EC2, the instance's hop limit must be 2 or more (HttpPutResponseHopLimit)" : "")}));
  }
  auto const list = client.get({});
  if (list.status == 404) return aws_step::not_here(who + " knows no role of this instance");
  if (!is_good(list)) return aws_step::failed(joined({who, " did not name the instance's role: ", bad_answer(list)}));
  auto const role = trimmed(std::string_view{list.body}.substr(0, list.body.find('\n')));
  if (role.empty()) return aws_step::not_here(who + " knows no role of this instance");
  auto const answer = client.get(percent_encoded(role));
  if (!is_good(answer)) return aws_step::failed(joined({who, " gave no credentials: ", bad_answer(answer)}));
  auto out = read_keys_json(answer.body, who);
  out.found.from_imds = true;
  return out;
}

// ---- STS --------------------------------------------------------------------------------------------------------------------------

[[nodiscard]] FANLIGHT_COLD FANLIGHT_INLINE http_answer ask_sts(std::string const& url, web_identity const& who, std::string_view token,
                                                                aws_surroundings const& around, aws_moment until) {
  auto const session =
      who.session_name.empty() ? joined({"fanlight-", std::to_string(::getpid()), "-", std::to_string(around.now())}) : who.session_name;
  auto const body = joined({"Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn=", percent_encoded(who.role),
                            "&RoleSessionName=", percent_encoded(session), "&WebIdentityToken=", percent_encoded(token)});
  http_request request;
  request.url = url + "/";
  request.headers.push_back({"Content-Type", "application/x-www-form-urlencoded"});
  request.body = body;
  return around.ask(request, false, std::chrono::seconds{5}, until);
}

FANLIGHT_COLD FANLIGHT_INLINE aws_step from_sts(web_identity const& who, aws_surroundings const& around, aws_profiles const& profiles,
                                                aws_moment until) {
  std::string const service = "STS";
  auto const region = region_of(around, profiles);
  if (!region.why.empty()) return aws_step::failed("for web identity " + region.why);
  auto const url = endpoint_of(aws_sts, region.text, around, profiles);
  if (!url.why.empty()) return aws_step::failed(url.why);
  std::string words;
  for (int attempt = 0; attempt < 3; ++attempt) {
    auto const token = around.file(who.token_file);
    if (!token || trimmed(*token).empty()) return aws_step::failed("the web identity token file cannot be read, or is empty");
    auto const answer = ask_sts(url.text, who, trimmed(*token), around, until);
    if (is_good(answer)) {
      aws_credentials out;
      auto const text = [&](std::string_view name) { return xml_text(answer.body, "Credentials", name); };
      out.keys = {text("AccessKeyId"), text("SecretAccessKey"), text("SessionToken")};
      if (auto const expiry = text("Expiration"); !expiry.empty() && !read_time(expiry, out.expires))
        return aws_step::failed(service + " gives an Expiration that is no time");
      return checked(std::move(out), service);
    }
    auto const code = safe_code(xml_text(answer.body, "Error", "Code"));
    words = joined({service, " gave no credentials: ", bad_answer(answer), (code.empty() ? "" : ", " + code)});
    bool const new_token = (code == "ExpiredTokenException" || code == "InvalidIdentityToken") && attempt == 0;
    bool const ill =
        answer.failed != http_failure::none ? may_try_again(answer.failed) : answer.status >= 500 || code == "IDPCommunicationError";
    if ((!new_token && !ill) || around.steady() >= until) break;
  }
  return aws_step::failed(words);
}

// ---- SSO --------------------------------------------------------------------------------------------------------------------------

/// What `aws sso login` left behind.
struct sso_login {
  std::string token, expires;
};
[[nodiscard]] FANLIGHT_COLD FANLIGHT_INLINE sso_login read_login(std::string_view document) {
  sso_login out;
  each_json_fact(document, [&](std::string_view parent, std::string_view key, std::string_view text) {
    if (parent.empty() && key == "accessToken") out.token = text;
    if (parent.empty() && key == "expiresAt") out.expires = text;
  });
  return out;
}

[[nodiscard]] FANLIGHT_COLD FANLIGHT_INLINE aws_step read_role_credentials(std::string_view document, std::string const& who) {
  aws_credentials out;
  std::string expiry;
  each_json_fact(document, [&](std::string_view parent, std::string_view key, std::string_view text) {
    if (parent != "roleCredentials") return;
    if (key == "accessKeyId") out.keys.id = text;
    else if (key == "secretAccessKey") out.keys.secret = text;
    else if (key == "sessionToken") out.keys.token = text;
    else if (key == "expiration") expiry = text;
  });
  std::int64_t milliseconds = 0;
  auto const [end, error] = std::from_chars(expiry.data(), expiry.data() + expiry.size(), milliseconds);
  if (error == std::errc{} && end == expiry.data() + expiry.size()) out.expires = milliseconds / 1000;
  return checked(std::move(out), who);
}

FANLIGHT_COLD FANLIGHT_INLINE aws_step from_sso(aws_surroundings const& around, aws_profiles const& profiles, aws_moment until) {
  auto const who = "SSO of profile " + one_line(profiles.name, 60);
  auto const session = profiles.text("sso_session");
  auto const* const section = session.empty() ? nullptr : profiles.config.find("sso-session", session);
  if (!session.empty() && section == nullptr)
    return aws_step::failed(joined({who, ": there is no section [sso-session ", one_line(session, 60), "]"}));
  auto const text = [&](std::string_view key) {
    auto const* const entry = section != nullptr ? section->find(key) : nullptr;
    return entry != nullptr ? entry->value : profiles.text(key);
  };
  auto const region = text("sso_region"), account = profiles.text("sso_account_id"), role = profiles.text("sso_role_name");
  if (!is_region(region) || account.empty() || role.empty())
    return aws_step::failed(who + " needs sso_region, sso_account_id and sso_role_name");
  auto const cached = around.file(joined({"~/.aws/sso/cache/", sha1_hex(session.empty() ? text("sso_start_url") : session), ".json"}));
  auto const login = cached ? read_login(*cached) : sso_login{};
  std::int64_t expires = 0;
  bool const valid = !login.token.empty() && fits_header(login.token) && read_time(login.expires, expires) && expires > around.now();
  if (!valid) return aws_step::failed(who + ": nobody is logged in, or no longer; run `aws sso login`");
  http_request request;
  request.method = "GET";
  request.url = joined({"https://portal.sso.", region, ".", partition_of(region).suffix,
                        "/federation/credentials?account_id=", percent_encoded(account), "&role_name=", percent_encoded(role)});
  request.headers.push_back({"x-amz-sso_bearer_token", login.token});
  auto const answer = around.ask(request, false, std::chrono::seconds{5}, until);
  if (answer.status == 401) return aws_step::failed(who + ": the login is not taken any more; run `aws sso login`");
  if (!is_good(answer)) return aws_step::failed(joined({who, " gave no credentials: ", bad_answer(answer)}));
  return read_role_credentials(answer.body, who);
}

}  // namespace detail
FANLIGHT_END

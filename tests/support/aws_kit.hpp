// A world for tests of what talks to AWS: variables, files, clocks and a network that the test sets, and no other. The test owns it; what is
// made from config() borrows it. Its secrets are marked, so that a text can be searched for them.
#pragma once

#include "transport_double.hpp"

#include <fanlight/impl/aws/session.hpp>

#include <map>
#include <string>
#include <vector>

namespace support {

/// Part of every secret that these tests use, and of nothing else.
inline constexpr char const* secret_mark = "hush";

struct aws_world {
  std::map<std::string, std::string> variables, files;
  std::int64_t now = 1'700'000'000;  // 2023-11-14T22:13:20Z
  clock::time_point steady = clock::now();
  double random = 1;
  std::shared_ptr<wire> net = std::make_shared<wire>();

  [[nodiscard]] fl::aws_config config(fl::aws_config out = {}) {
    auto const look = [](std::map<std::string, std::string> const& in, std::string const& key) {
      auto const at = in.find(key);
      return at == in.end() ? std::nullopt : std::optional<std::string>{at->second};
    };
    out.instead.environment = [this, look](std::string const& name) { return look(variables, name); };
    out.instead.file = [this, look](std::string const& path) { return look(files, path); };
    out.instead.now = [this] { return now; };
    out.instead.steady = [this] { return steady; };
    out.instead.random = [this] { return random; };
    out.instead.transport = [by = net](fl::detail::http_options const& options) {
      by->now.change([&](wire::state& all) { all.made.push_back(options); });
      return std::make_unique<transport_double>(by);
    };
    return out;
  }
  /// One search, as a session begins.
  [[nodiscard]] fl::detail::aws_step find(fl::aws_config given = {}) {
    fl::detail::aws_surroundings around{config(std::move(given))};
    return fl::detail::find_credentials(around, clock::now() + patience);
  }
  [[nodiscard]] std::vector<sent_request> sent() const { return net->sent(); }
};

/// `who` is in the key's id. `expires`: RFC 3339, or empty.
[[nodiscard]] inline std::string keys_json(std::string const& who, std::string const& expires = "2023-11-15T04:13:20Z",
                                           std::string const& token = "Token") {
  std::string out = R"({"Code":"Success","AccessKeyId":"AKIA)" + who + R"(","SecretAccessKey":"hush-)" + who;
  out += "\",\"" + token + R"(":"hush-token-)" + who + "\"";
  if (!expires.empty()) out += R"(,"Expiration":")" + expires + "\"";
  return out + "}";
}

/// A machine that is not on EC2, with a home and a region.
[[nodiscard]] inline aws_world at_home() {
  aws_world out;
  out.variables["HOME"] = "/home/u";
  out.variables["AWS_EC2_METADATA_DISABLED"] = "true";
  out.variables["AWS_REGION"] = "eu-west-1";
  return out;
}
/// The two lines of static keys.
[[nodiscard]] inline std::string profile(std::string const& who) {
  return "aws_access_key_id = AKIA" + who + "\naws_secret_access_key = hush-" + who + "\n";
}
/// What STS answers.
[[nodiscard]] inline std::string sts_answer(std::string const& who, std::string const& expires = "2023-11-14T23:13:20Z") {
  return "<AssumeRoleWithWebIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><AssumeRoleWithWebIdentityResult>"
         "<AssumedRoleUser><Arn>arn:aws:sts::1:assumed-role/r/s</Arn></AssumedRoleUser><Credentials><SessionToken>hush-token&amp;x</SessionToken>"
         "<SecretAccessKey>hush-" +
         who + "</SecretAccessKey><Expiration>" + expires + "</Expiration><AccessKeyId>AKIA" + who +
         "</AccessKeyId></Credentials></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>";
}
[[nodiscard]] inline aws_world with_web_identity() {
  auto out = at_home();
  out.variables["AWS_WEB_IDENTITY_TOKEN_FILE"] = "/token";
  out.variables["AWS_ROLE_ARN"] = "arn:aws:iam::123456789012:role/r";
  out.files["/token"] = "hush.web.token\n";
  return out;
}

}  // namespace support

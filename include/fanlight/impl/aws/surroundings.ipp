// Bodies of surroundings.hpp.
#pragma once

#include <fanlight/detail/environment.hpp>
#include <fanlight/impl/aws/ini.ipp>
#include <fanlight/impl/aws/surroundings.hpp>
#include <fanlight/impl/span.ipp>  // random numbers

#include <cstdlib>
#include <ctime>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

FANLIGHT_BEGIN
namespace detail {

inline constexpr std::string_view aws_variable_names[]{"HOME",
                                                       "AWS_ACCESS_KEY_ID",
                                                       "AWS_SECRET_ACCESS_KEY",
                                                       "AWS_SESSION_TOKEN",
                                                       "AWS_SECURITY_TOKEN",
                                                       "AWS_CREDENTIAL_EXPIRATION",
                                                       "AWS_PROFILE",
                                                       "AWS_DEFAULT_PROFILE",
                                                       "AWS_REGION",
                                                       "AWS_DEFAULT_REGION",
                                                       "AWS_SHARED_CREDENTIALS_FILE",
                                                       "AWS_CONFIG_FILE",
                                                       "AWS_WEB_IDENTITY_TOKEN_FILE",
                                                       "AWS_ROLE_ARN",
                                                       "AWS_ROLE_SESSION_NAME",
                                                       "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
                                                       "AWS_CONTAINER_CREDENTIALS_FULL_URI",
                                                       "AWS_CONTAINER_AUTHORIZATION_TOKEN",
                                                       "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
                                                       "AWS_EC2_METADATA_DISABLED",
                                                       "AWS_EC2_METADATA_SERVICE_ENDPOINT",
                                                       "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE",
                                                       "AWS_METADATA_SERVICE_TIMEOUT",
                                                       "AWS_METADATA_SERVICE_NUM_ATTEMPTS",
                                                       "AWS_ENDPOINT_URL",
                                                       "AWS_ENDPOINT_URL_CLOUDWATCH_LOGS",
                                                       "AWS_ENDPOINT_URL_XRAY",
                                                       "AWS_ENDPOINT_URL_STS",
                                                       "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
                                                       "AWS_USE_FIPS_ENDPOINT",
                                                       "AWS_USE_DUALSTACK_ENDPOINT",
                                                       "AWS_CA_BUNDLE"};

FANLIGHT_COLD FANLIGHT_INLINE aws_variables::aws_variables(function const& read) {
  if (!read) return;
  for (auto const name : aws_variable_names)
    if (auto text = read(std::string{name}); text && !text->empty()) known_.emplace_back(name, std::move(*text));
}

FANLIGHT_COLD FANLIGHT_INLINE std::optional<std::string> aws_variables::text(std::string_view name) const {
  for (auto const& [known, value] : known_)
    if (known == name) return value;
  return std::nullopt;
}

FANLIGHT_COLD FANLIGHT_INLINE std::optional<std::string> real_variable(std::string const& name) {
  char const* const out = std::getenv(name.c_str());
  return out != nullptr ? std::optional<std::string>{out} : std::nullopt;
}

FANLIGHT_COLD FANLIGHT_INLINE std::optional<std::string> read_small_file(std::string const& path) {
  constexpr std::size_t largest = std::size_t{1} << 20;
  int const file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (file < 0) return std::nullopt;
  struct stat facts {};
  bool good = ::fstat(file, &facts) == 0 && S_ISREG(facts.st_mode);  // a pipe might never end
  std::string out;
  char piece[4096];
  while (good) {
    auto const size = ::read(file, piece, sizeof piece);
    if (size == 0) break;
    good = size > 0 && out.size() + static_cast<std::size_t>(size) <= largest;
    if (good) out.append(piece, static_cast<std::size_t>(size));
  }
  ::close(file);
  return good ? std::optional<std::string>{std::move(out)} : std::nullopt;
}

FANLIGHT_COLD FANLIGHT_INLINE ini_section const* aws_profiles::in_config() const {
  if (auto const* const named = config.find("profile", name)) return named;
  return name == "default" ? config.find({}, name) : nullptr;
}

FANLIGHT_COLD FANLIGHT_INLINE std::string aws_profiles::text(std::string_view key) const {
  for (auto const* const section : {in_config(), in_credentials()})
    if (section != nullptr)
      if (auto const* const entry = section->find(key); entry != nullptr && !entry->value.empty()) return entry->value;
  return {};
}

FANLIGHT_COLD FANLIGHT_INLINE aws_surroundings::aws_surroundings(aws_config given)
    : given_{std::move(given)},
      read_{given_.instead.environment ? given_.instead.environment : aws_variables::function{real_variable}},
      variables_{read_} {}

FANLIGHT_COLD FANLIGHT_INLINE aws_surroundings::aws_surroundings(aws_config given, environment const& from)
    : given_{std::move(given)}, variables_{[&](std::string const& name) { return from.text(name.c_str()); }} {
  // Where init() read none, none is read later.
  if (!variables_.text("AWS_ACCESS_KEY_ID")) return;
  read_ = given_.instead.environment ? given_.instead.environment : aws_variables::function{real_variable};
}

FANLIGHT_COLD FANLIGHT_INLINE bool aws_surroundings::flag(std::string_view name) const {
  return same_but_case(trimmed(variable(name)), "true");
}

FANLIGHT_COLD FANLIGHT_INLINE std::optional<std::string> aws_surroundings::file(std::string_view path) const {
  std::string whole{path};
  if (path.substr(0, 2) == "~/") {
    auto const home = variable("HOME");
    if (home.empty()) return std::nullopt;
    whole = home + std::string{path.substr(1)};
  }
  return given_.instead.file ? given_.instead.file(whole) : read_small_file(whole);
}

FANLIGHT_COLD FANLIGHT_INLINE aws_profiles aws_surroundings::profiles() const {
  aws_profiles out;
  auto const read = [&](std::string_view name, std::string_view otherwise) {
    auto const given = variable(name);
    auto const text = file(given.empty() ? otherwise : std::string_view{given});
    return text ? read_ini(*text) : ini_file{};
  };
  out.credentials = read("AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials");
  out.config = read("AWS_CONFIG_FILE", "~/.aws/config");
  out.name = given_.profile;
  if (!out.name.empty()) out.source = "aws_config::profile";
  for (char const* const variable_name : {"AWS_PROFILE", "AWS_DEFAULT_PROFILE"})
    if (out.name.empty())
      if (out.name = variable(variable_name); !out.name.empty()) out.source = variable_name;
  if (out.name.empty()) out.name = "default";
  return out;
}

FANLIGHT_COLD FANLIGHT_INLINE std::int64_t aws_surroundings::now() const {
  return given_.instead.now ? given_.instead.now() : static_cast<std::int64_t>(std::time(nullptr));
}

FANLIGHT_COLD FANLIGHT_INLINE aws_surroundings::moment aws_surroundings::steady() const {
  return given_.instead.steady ? given_.instead.steady() : std::chrono::steady_clock::now();
}

FANLIGHT_COLD FANLIGHT_INLINE double aws_surroundings::random() const {
  if (given_.instead.random) return given_.instead.random();
  auto& t = here();
  if (t.thread_id == 0) get_to_know(t);
  return static_cast<double>(next_random(t) >> 11) * 0x1p-53;
}

FANLIGHT_COLD FANLIGHT_INLINE http_answer aws_surroundings::ask(http_request const& what, bool local, std::chrono::milliseconds limit,
                                                                moment until) const {
  http_options how;
  how.response_cap = std::size_t{64} << 10;
  how.connect_timeout = limit;
  how.no_proxy = local;
  how.ca_file = variable("AWS_CA_BUNDLE");
  how.user_agent = "fanlight/" FANLIGHT_VERSION_STRING;
  auto const transport = given_.instead.transport ? given_.instead.transport(how) : curl_transport(how);
  return transport->send(what, std::min(until, steady() + limit));
}

}  // namespace detail
FANLIGHT_END

// What X-Ray's rules come to: read once, by init(), from code, files and environment. Part of sampling.hpp.
#pragma once

#include <fanlight/detail/environment.hpp>
#include <fanlight/impl/joined.hpp>
#include <fanlight/impl/xray/daemon_address.ipp>
#include <fanlight/impl/xray/rule_reader.ipp>
#include <fanlight/impl/xray/sampling.hpp>
#include <fanlight/resource.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

FANLIGHT_BEGIN
namespace detail {

FANLIGHT_COLD FANLIGHT_INLINE std::optional<std::string> read_rules_endpoint(std::string_view text, std::string& wrong) {
  while (!text.empty() && text.back() == '/') text.remove_suffix(1);
  bool const secure = text.substr(0, 8) == "https://", plain = text.substr(0, 7) == "http://";
  if (!secure && !plain && text.find("://") != std::string_view::npos) return wrong = "only http:// and https:// lead there", std::nullopt;
  auto address = text.substr(secure ? 8 : plain ? 7 : 0);
  if (address.find_first_of("/?#@") != std::string_view::npos) return wrong = "host and port are all that may stand in it", std::nullopt;
  std::string whole{address};
  auto const bracket = address.rfind(']');
  bool const has_port = address.find(':', bracket == std::string_view::npos ? 0 : bracket) != std::string_view::npos;
  if ((secure || plain) && !has_port) whole += secure ? ":443" : ":80";
  auto const place = read_host_port(whole, wrong);
  if (!place) return std::nullopt;
  return (secure ? "https://" : "http://") + place->text();
}

/// Of X-Ray's platforms, as `origin` of a segment names them.
[[nodiscard]] FANLIGHT_COLD FANLIGHT_INLINE std::string_view rule_service_type(resource const& who) noexcept {
  if (auto const stated = who.get("aws.xray.origin"); !stated.empty()) return stated;
  auto const platform = who.get("cloud.platform"), launch = who.get("aws.ecs.launchtype");
  if (platform == "aws_ec2") return "AWS::EC2::Instance";
  if (platform == "aws_ecs") return launch.empty() ? "AWS::ECS::Container" : same_but_case(launch, "ec2") ? "AWS::ECS::EC2" : "AWS::ECS::Fargate";
  if (platform == "aws_eks") return "AWS::EKS::Container";
  if (platform == "aws_elastic_beanstalk") return "AWS::ElasticBeanstalk::Environment";
  if (platform == "aws_app_runner") return "AWS::AppRunner::Service";
  if (platform == "aws_lambda") return "AWS::Lambda::Function";
  return {};
}

/// Nothing: it is not there, is no file, or is larger than any list of rules.
[[nodiscard]] FANLIGHT_COLD FANLIGHT_INLINE std::optional<std::string> read_rules_file(std::string const& path) {
  constexpr std::size_t largest = std::size_t{4} << 20;
  int const file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (file < 0) return std::nullopt;
  struct stat facts {};
  bool good = ::fstat(file, &facts) == 0 && S_ISREG(facts.st_mode);
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

FANLIGHT_COLD FANLIGHT_INLINE void xray_plan::settle_rules(environment const& from) {
  std::vector<problem> said;
  std::optional<local_rules> read;
  int const ways = (how_.rules.empty() ? 0 : 1) + (how_.json.empty() ? 0 : 1) + (how_.file.empty() ? 0 : 1);
  if (ways > 1) tell_rules(said, problem_code::config_bad, "code", "of rules, json and file one alone may be given; the first of them is used");
  if (!how_.rules.empty() || ways == 0) {
    read = check_local_rules(how_.rules, how_.otherwise, said);
  } else if (!how_.json.empty()) {
    read = read_local_rules(how_.json, "code", said);
  } else if (auto const text = read_rules_file(how_.file)) {
    read = read_local_rules(*text, joined({"'", how_.file, "'"}), said);
  } else {
    tell_rules(said, problem_code::rules_bad, joined({"'", how_.file, "'"}),
               "the file cannot be read, or is larger than 4 MiB; the rules in force stay");
  }
  bool const built_in = ways == 0 && how_.otherwise.fixed_target == 1 && how_.otherwise.rate > 0.0499999 && how_.otherwise.rate < 0.0500001;
  given_ = read.has_value() && !built_in;
  if (read) local_ = std::move(*read);
  for (auto& one : said) from.tell(one.code, std::move(one.what));
}

FANLIGHT_COLD FANLIGHT_INLINE void xray_plan::settle_endpoint(environment const& from) {
  auto& endpoint = how_.central->endpoint;
  std::string wrong;
  if (!endpoint.empty()) {
    auto const read = read_rules_endpoint(endpoint, wrong);
    if (!read)
      from.tell(problem_code::config_bad,
                joined({"xray_central::endpoint is ", shown({}, endpoint), "; it must be host:port or http://host:port: ", wrong,
                        "; http://127.0.0.1:2000 is used instead"}));
    endpoint = read.value_or(std::string{});
  }
  char const* const variable = "AWS_XRAY_DAEMON_ADDRESS";
  auto const text = from.text(variable);
  if (!text) return;
  auto const daemon = read_daemon_address(trimmed(*text), wrong);
  auto const named = daemon ? "http://" + daemon->tcp.text() : std::string{};
  if (!daemon)
    from.tell(problem_code::config_bad,
              joined({variable, " is ", shown(variable, *text), "; ", wrong, "; the sampling rules are fetched from ",
                      (endpoint.empty() ? "http://127.0.0.1:2000" : endpoint), " instead"}));
  else if (!endpoint.empty() && endpoint != named)
    from.tell(problem_code::config_bad, joined({variable, " is ", shown(variable, *text), ", and xray_central::endpoint is ", endpoint,
                                                " in code; the variable wins, as in every X-Ray SDK. Leave one of them out"}));
  if (daemon) endpoint = named;
}

FANLIGHT_COLD FANLIGHT_INLINE std::shared_ptr<sampler_plan const> xray_plan::complete(environment const& from) const {
  auto out = std::make_shared<xray_plan>(how_, caller_);
  out->settle_rules(from);
  if (!out->how_.central) return out;
  if (!out->how_.central->direct) return out->settle_endpoint(from), out;
  auto& instead = out->how_.central->aws.instead;
  if (!instead.environment) instead.environment = [read = from.reader()](std::string const& name) { return read ? read(name) : std::nullopt; };
  if (!instead.transport) instead.transport = out->how_.instead.transport;
  return out;
}

FANLIGHT_COLD FANLIGHT_INLINE void read_sampler_argument(environment const& from, std::string const& key, std::string const& text, xray_central& to) {
  char const* const variable = "OTEL_TRACES_SAMPLER_ARG";
  std::string wrong;
  if (key == "endpoint") {
    if (auto const read = read_rules_endpoint(text, wrong)) to.endpoint = *read;
    else from.tell_bad(std::string{variable} + "'s endpoint", text, "like http://127.0.0.1:2000, but " + wrong, "the daemon's usual address is used instead");
  } else if (key == "polling_interval") {
    auto const seconds = read_integer(text);
    if (seconds && *seconds != 0) to.rules_every = std::chrono::seconds{*seconds};
    else from.tell_bad(std::string{variable} + "'s polling_interval", text, "a whole number of seconds, 1 or more", "300 is used instead");
  } else {
    from.tell_bad(variable, key, "endpoint=…,polling_interval=… for the sampler xray", "this part is ignored");
  }
}

FANLIGHT_COLD FANLIGHT_INLINE sampler xray_sampler_from(environment const& from) {
  xray_sampling how;
  how.central = xray_central{};
  if (auto const pairs = from.pairs("OTEL_TRACES_SAMPLER_ARG", equals_sign::may_stand_in_values, "nothing of it is used"))
    for (auto const& [key, text] : *pairs) read_sampler_argument(from, key, text, *how.central);
  // An address that stands in the argument is nearer to the matter than the daemon's general one.
  bool const said = !how.central->endpoint.empty();
  std::vector<problem> unsaid;
  environment const nothing{{}, unsaid};
  auto const plan = xray_plan{std::move(how), call_daemon}.complete(said ? nothing : from);
  return planned_sampler(plan, "AwsXrayRemoteSampler", true);
}

}  // namespace detail
FANLIGHT_END

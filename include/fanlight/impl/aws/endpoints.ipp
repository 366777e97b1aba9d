// Bodies of endpoints.hpp.
#pragma once

#include <fanlight/impl/aws/endpoints.hpp>
#include <fanlight/impl/aws/sigv4.ipp>
#include <fanlight/impl/aws/surroundings.ipp>
#include <fanlight/impl/joined.hpp>
#include <fanlight/impl/otlp_ruling.ipp>

FANLIGHT_BEGIN
namespace detail {

inline constexpr aws_partition aws_partitions[]{{"aws", "amazonaws.com", "api.aws"},
                                                {"aws-cn", "amazonaws.com.cn", "api.amazonwebservices.com.cn"},
                                                {"aws-us-gov", "amazonaws.com", "api.aws"},
                                                {"aws-eusc", "amazonaws.eu", "api.amazonwebservices.eu"},
                                                {"aws-iso", "c2s.ic.gov", "api.aws.ic.gov"},
                                                {"aws-iso-b", "sc2s.sgov.gov", "api.aws.scloud"},
                                                {"aws-iso-e", "cloud.adc-e.uk", "api.cloud-aws.adc-e.uk"},
                                                {"aws-iso-f", "csp.hci.ic.gov", "api.aws.hci.ic.gov"}};

FANLIGHT_COLD FANLIGHT_INLINE aws_partition const& partition_of(std::string_view region) noexcept {
  constexpr std::pair<std::string_view, std::size_t> prefixes[]{{"cn-", 1},      {"us-gov-", 2},  {"eusc-de-", 3}, {"us-iso-", 4},
                                                                {"us-isob-", 5}, {"eu-isoe-", 6}, {"us-isof-", 7}};
  for (auto const& [prefix, at] : prefixes)
    if (region.substr(0, prefix.size()) == prefix) return aws_partitions[at];
  return aws_partitions[0];
}

FANLIGHT_COLD FANLIGHT_INLINE bool is_region(std::string_view text) noexcept {
  for (char const letter : text)
    if (!(letter >= 'a' && letter <= 'z') && !(letter >= '0' && letter <= '9') && letter != '-') return false;
  return !text.empty() && text.size() <= 63;
}

FANLIGHT_COLD FANLIGHT_INLINE std::string_view region_in_host(std::string_view host, std::string_view service) noexcept {
  if (host.substr(0, service.size()) != service) return {};
  host.remove_prefix(service.size());
  if (host.substr(0, 5) == "-fips") host.remove_prefix(5);
  if (host.empty() || host.front() != '.') return {};
  host.remove_prefix(1);
  auto const region = host.substr(0, host.find('.'));
  if (!is_region(region) || region.size() == host.size()) return {};
  auto const suffix = host.substr(region.size() + 1);
  auto const& of = partition_of(region);
  return suffix == of.suffix || suffix == of.dual_stack_suffix ? region : std::string_view{};
}

FANLIGHT_COLD FANLIGHT_INLINE aws_text region_of(aws_surroundings const& around, aws_profiles const& profiles) {
  auto const judged = [](std::string const& text, std::string const& source) {
    if (is_region(text)) return aws_text{text, {}};
    return aws_text{{}, source + " is no region of AWS; it must be like us-east-1"};
  };
  if (!around.given().region.empty()) return judged(around.given().region, "aws_config::region");
  for (std::string const name : {"AWS_REGION", "AWS_DEFAULT_REGION"})
    if (auto const text = around.variable(name); !text.empty()) return judged(text, name);
  if (auto const text = profiles.text("region"); !text.empty()) return judged(text, "the region of profile " + one_line(profiles.name, 60));
  return {{},
          joined({"there is no AWS region: set AWS_REGION or AWS_DEFAULT_REGION, give aws_config::region, or put `region` into profile ",
                  one_line(profiles.name, 60), " of ~/.aws/config"})};
}

FANLIGHT_COLD FANLIGHT_INLINE std::string computed_endpoint(aws_service const& service, std::string_view region, bool fips,
                                                            bool dual_stack) {
  auto const& of = partition_of(region);
  bool const two = region == "us-gov-east-1" || region == "us-gov-west-1";
  bool const plain = !dual_stack && of.name == "aws-us-gov" &&
                     (service.gov == aws_gov_names::plain || (service.gov == aws_gov_names::plain_in_two && two));
  std::string out = "https://";
  out.append(service.name).append(fips && !plain ? "-fips." : ".").append(region).append(".");
  return out.append(dual_stack ? of.dual_stack_suffix : of.suffix);
}

/// What replaces the computed address, and where that stands.
[[nodiscard]] FANLIGHT_COLD FANLIGHT_INLINE std::pair<std::string, std::string> configured_endpoint(aws_service const& service,
                                                                                                    aws_surroundings const& around,
                                                                                                    aws_profiles const& profiles) {
  auto const own = std::string{"AWS_ENDPOINT_URL_"}.append(service.variable);
  for (auto const& name : {own, std::string{"AWS_ENDPOINT_URL"}})
    if (auto text = around.variable(name); !text.empty()) return {std::move(text), name};
  if (auto const services = profiles.text("services"); !services.empty())
    if (auto const* const section = profiles.config.find("services", services))
      if (auto const* const entry = section->find(service.key); entry != nullptr && !entry->below("endpoint_url").empty())
        return {std::string{entry->below("endpoint_url")},
                joined({"endpoint_url of ", service.key, " in [services ", one_line(services, 60), "]"})};
  return {profiles.text("endpoint_url"), "endpoint_url of profile " + one_line(profiles.name, 60)};
}

FANLIGHT_COLD FANLIGHT_INLINE aws_text endpoint_of(aws_service const& service, std::string_view region, aws_surroundings const& around,
                                                   aws_profiles const& profiles) {
  std::pair<std::string, std::string> found{service.name == aws_sts.name ? std::string{} : around.given().endpoint, "aws_config::endpoint"};
  bool const ignored =
      around.flag("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS") || same_but_case(profiles.text("ignore_configured_endpoint_urls"), "true");
  if (found.first.empty() && !ignored) found = configured_endpoint(service, around, profiles);
  if (!found.first.empty()) {
    std::string url{trimmed(found.first)};
    if (!split_url(url).good)
      return {{}, joined({found.second, " is \"", url_for_people(url), "\", which is no address; it must be like https://host:port"})};
    while (url.back() == '/') url.pop_back();
    return {std::move(url), {}};
  }
  auto const wanted = [&](char const* variable, char const* key) {
    auto const text = around.variable(variable);
    return same_but_case(text.empty() ? profiles.text(key) : text, "true");
  };
  return {computed_endpoint(service, region, wanted("AWS_USE_FIPS_ENDPOINT", "use_fips_endpoint"),
                            wanted("AWS_USE_DUALSTACK_ENDPOINT", "use_dualstack_endpoint")),
          {}};
}

}  // namespace detail
FANLIGHT_END

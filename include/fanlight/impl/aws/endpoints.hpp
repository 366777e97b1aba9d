// Where AWS's services are: regions, partitions, and the addresses that variables and profiles put in place of the computed ones. Pure
// functions of the surroundings.
#pragma once

#include <fanlight/impl/aws/sigv4.hpp>
#include <fanlight/impl/aws/surroundings.hpp>

FANLIGHT_BEGIN
namespace detail {

/// In us-gov, some FIPS addresses (without dual-stack) are the plain ones: in its two first regions, or in all.
enum class aws_gov_names { as_elsewhere, plain_in_two, plain };

/// A service by its three names.
struct aws_service {
  std::string_view name;      // in signatures and host names: logs
  std::string_view variable;  // behind AWS_ENDPOINT_URL_: CLOUDWATCH_LOGS
  std::string_view key;       // below [services …]: cloudwatch_logs
  aws_gov_names gov = aws_gov_names::as_elsewhere;
};
inline constexpr aws_service aws_logs{"logs", "CLOUDWATCH_LOGS", "cloudwatch_logs", aws_gov_names::plain_in_two};
inline constexpr aws_service aws_xray{"xray", "XRAY", "xray"};
inline constexpr aws_service aws_sts{"sts", "STS", "sts", aws_gov_names::plain};

struct aws_partition {
  std::string_view name, suffix, dual_stack_suffix;
};
/// Of a region that is not known: that of `aws`.
[[nodiscard]] aws_partition const& partition_of(std::string_view region) noexcept;
[[nodiscard]] bool is_region(std::string_view text) noexcept;
/// The region in the name of a service's own host; empty: it is none.
[[nodiscard]] std::string_view region_in_host(std::string_view host, std::string_view service) noexcept;

/// An answer, or why there is none.
struct aws_text {
  std::string text = {}, why = {};
};
[[nodiscard]] aws_text region_of(aws_surroundings const& around, aws_profiles const& profiles);
/// The computed address, without a path.
[[nodiscard]] std::string computed_endpoint(aws_service const& service, std::string_view region, bool fips, bool dual_stack);
/// A base address, without a slash at its end.
[[nodiscard]] aws_text endpoint_of(aws_service const& service, std::string_view region, aws_surroundings const& around,
                                   aws_profiles const& profiles);

}  // namespace detail
FANLIGHT_END

#ifndef FANLIGHT_COMPILED
#include <fanlight/impl/aws/endpoints.ipp>
#endif

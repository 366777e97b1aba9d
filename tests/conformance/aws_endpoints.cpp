// Regions, partitions and addresses; the addresses of tests/golden/aws_endpoints_botocore.tsv are botocore's.
#include "support/aws_kit.hpp"
#include "support/golden.hpp"

#include "catch.hpp"

using namespace fanlight::detail;
using Catch::Matchers::ContainsSubstring;

namespace {

struct place {
  support::aws_world world;

  [[nodiscard]] aws_text endpoint(aws_service const& service = aws_logs, fanlight::aws_config given = {}) {
    return aws_session{aws_surroundings{world.config(std::move(given))}}.endpoint(service);
  }
  [[nodiscard]] aws_text region(fanlight::aws_config given = {}) {
    return aws_session{aws_surroundings{world.config(std::move(given))}}.region();
  }
};

place in(std::string const& region) {
  place out;
  out.world.variables = {{"HOME", "/h"}, {"AWS_REGION", region}};
  return out;
}

}  // namespace

TEST_CASE("cloudwatch E1: China, dual-stack with FIPS, FIPS in us-gov") {
  CHECK(in("cn-north-1").endpoint().text == "https://logs.cn-north-1.amazonaws.com.cn");
  auto both = in("eu-west-1");
  both.world.variables["AWS_USE_FIPS_ENDPOINT"] = "true";
  both.world.variables["AWS_USE_DUALSTACK_ENDPOINT"] = "TRUE";
  CHECK(both.endpoint().text == "https://logs-fips.eu-west-1.api.aws");
  auto gov = in("us-gov-west-1");
  gov.world.variables["AWS_USE_FIPS_ENDPOINT"] = "true";
  CHECK(gov.endpoint().text == "https://logs.us-gov-west-1.amazonaws.com");
}

TEST_CASE("cloudwatch 5.9: every region, as botocore's rules have it") {
  std::istringstream lines{support::golden("aws_endpoints_botocore.tsv")};
  std::size_t seen = 0;
  for (std::string line; std::getline(lines, line);) {
    if (line.empty() || line[0] == '#') continue;
    std::istringstream parts{line};
    std::string service, region, fips, dual, expected;
    for (auto* part : {&service, &region, &fips, &dual, &expected}) std::getline(parts, *part, '\t');
    auto const& of = service == "logs" ? aws_logs : service == "xray" ? aws_xray : aws_sts;
    INFO(line);
    CHECK(computed_endpoint(of, region, fips == "1", dual == "1") == expected);
    CHECK(region_in_host(std::string_view{expected}.substr(8), service) == region);
    ++seen;
  }
  CHECK(seen >= 600);
}

TEST_CASE("cloudwatch 5.9: code, variables, profiles, in this order") {
  auto one = in("eu-west-1");
  one.world.files["/h/.aws/config"] =
      "[default]\nservices = mine\nendpoint_url = http://profile:1\n[services mine]\ncloudwatch_logs =\n  endpoint_url = http://services:2/\n";
  CHECK(one.endpoint(aws_xray).text == "http://profile:1");
  CHECK(one.endpoint().text == "http://services:2");
  one.world.variables["AWS_ENDPOINT_URL"] = "http://all:3/";
  CHECK(one.endpoint().text == "http://all:3");
  one.world.variables["AWS_ENDPOINT_URL_CLOUDWATCH_LOGS"] = "http://own:4/base/";
  CHECK(one.endpoint().text == "http://own:4/base");
  CHECK(one.endpoint(aws_xray).text == "http://all:3");
  one.world.variables["AWS_ENDPOINT_URL_XRAY"] = "http://xray:5";
  CHECK(one.endpoint(aws_xray).text == "http://xray:5");
  fanlight::aws_config given;
  given.endpoint = "http://code:6";
  CHECK(one.endpoint(aws_logs, given).text == "http://code:6");
  CHECK(one.endpoint(aws_sts, given).text == "http://all:3");  // the code's is that of one service
  one.world.variables["AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"] = "true";
  CHECK(one.endpoint().text == "https://logs.eu-west-1.amazonaws.com");
  CHECK(one.endpoint(aws_logs, given).text == "http://code:6");
}

TEST_CASE("cloudwatch 5.9: AWS_ENDPOINT_URL_LOGS is nobody's name") {
  auto one = in("eu-west-1");
  one.world.variables["AWS_ENDPOINT_URL_LOGS"] = "http://wrong:1";
  CHECK(one.endpoint().text == "https://logs.eu-west-1.amazonaws.com");
}

TEST_CASE("cloudwatch 5.9: an address that is none says where it stands, without passwords") {
  auto one = in("eu-west-1");
  one.world.variables["AWS_ENDPOINT_URL"] = "localhost:4566";
  CHECK_THAT(one.endpoint().why, ContainsSubstring("AWS_ENDPOINT_URL is \"localhost:4566\""));
  one.world.variables["AWS_ENDPOINT_URL"] = "ftp://user:hush@h/?token=hush";
  CHECK_THAT(one.endpoint().why, ContainsSubstring("AWS_ENDPOINT_URL") && !ContainsSubstring("hush"));
}

TEST_CASE("cloudwatch 5.9: FIPS and dual-stack of the profile, unless a variable says otherwise") {
  auto one = in("us-east-1");
  one.world.files["/h/.aws/config"] = "[default]\nuse_fips_endpoint = true\nuse_dualstack_endpoint = true\n";
  CHECK(one.endpoint().text == "https://logs-fips.us-east-1.api.aws");
  one.world.variables["AWS_USE_FIPS_ENDPOINT"] = "false";
  CHECK(one.endpoint().text == "https://logs.us-east-1.api.aws");
}

TEST_CASE("cloudwatch 5.2: the region, and what is said when there is none") {
  place one;
  one.world.variables["HOME"] = "/h";
  for (auto const* name : {"AWS_REGION", "AWS_DEFAULT_REGION", "aws_config::region", "profile default"})
    CHECK_THAT(one.region().why, ContainsSubstring(name));
  one.world.files["/h/.aws/config"] = "[default]\nregion = eu-north-1\n";
  CHECK(one.region().text == "eu-north-1");
  one.world.variables["AWS_DEFAULT_REGION"] = "eu-west-2";
  CHECK(one.region().text == "eu-west-2");
  one.world.variables["AWS_REGION"] = "eu-west-1";
  CHECK(one.region().text == "eu-west-1");
  fanlight::aws_config given;
  given.region = "sa-east-1";
  CHECK(one.region(given).text == "sa-east-1");
  for (auto const* bad : {"us east", "EU-WEST-1", "a.evil.example/", "eu-west-1\n"}) {
    given.region = bad;
    CHECK_THAT(one.region(given).why, ContainsSubstring("aws_config::region"));
  }
}

TEST_CASE("cloudwatch 5.9: regions in the names of hosts") {
  CHECK(region_in_host("xray.eu-west-1.amazonaws.com", "xray") == "eu-west-1");
  CHECK(region_in_host("xray-fips.us-east-1.api.aws", "xray") == "us-east-1");
  for (auto const* host : {"xray.eu-west-1.amazonaws.com.evil.example", "xray.eu-west-1.example", "xray.amazonaws.com", "localhost:5000",
                           "logs.eu-west-1.amazonaws.com", "xrayeu-west-1.amazonaws.com", "xray.cn-north-1.amazonaws.com", "xray."})
    CHECK(region_in_host(host, "xray").empty());
}

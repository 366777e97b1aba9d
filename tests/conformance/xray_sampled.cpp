// Sampling rules and documents in one pipeline: what X-Ray's rules took says so in its document, whichever way it goes.
#include <fanlight/xray_sampling.hpp>

#include "catch.hpp"
#include "support/sampling_kit.hpp"
#include "support/xray_delivery_kit.hpp"

using namespace support;

namespace {

/// Rules of X-Ray, through the daemon's TCP side: `/orders` all, anything else not. Local rules take nothing.
[[nodiscard]] fl::sampler by_rules_of(fake_xray_daemon& daemon) {
  daemon.set_rules(rules_answer({rule_record("orders", 1, "/orders", 0, "1"), rule_record("Default", 10'000, "*", 0, "0")}));
  fl::xray_sampling how;
  how.otherwise = {.fixed_target = 0, .rate = 0};
  how.central.emplace();
  how.central->endpoint = "127.0.0.1:" + std::to_string(daemon.tcp_port());
  return fl::xray_rules(std::move(how));
}

/// Asks with requests that no rule takes; one without a path would be taken by "orders".
[[nodiscard]] bool rules_have_come() {
  return eventually([] {
    fl::segment const probe{"probe", {.kind = fl::span_kind::server}, {{"http.request.method", "GET"}, {"url.path", "/probe"}}};
    return fl::why_sampled().source == fl::sampling_source::central;
  });
}

void order(fl::context const& parent = {}) {
  fl::segment const request{"svc", {.kind = fl::span_kind::server, .parent = parent}, {{"http.request.method", "POST"}, {"url.path", "/orders"}}};
  fl::subsegment const part{"part"};
}

[[nodiscard]] json_value rule_of(json_value const& document) { return document["aws"]["xray"]["sampling_rule_name"]; }

}  // namespace

TEST_CASE("xray: the rule of X-Ray that took a request is named in its document") {
  auto const way = GENERATE(fl::xray_transport::udp, fl::xray_transport::daemon_tcp);
  fake_xray_daemon daemon;
  traced on{to(daemon, way), [&](fl::config& how) { how.sampler = by_rules_of(daemon); }};
  REQUIRE(rules_have_come());
  for (int i = 0; i < 3; ++i) order();
  REQUIRE(on.line.flush(patience));
  if (way == fl::xray_transport::udp) REQUIRE(daemon.wait_for_documents(3));
  auto const all = way == fl::xray_transport::udp ? daemon.documents() : daemon.acknowledged();
  REQUIRE(all.size() == 3);
  for (auto const& each : all) {
    json_value const document{each};
    CHECK(rule_of(document) == "orders");
    CHECK_FALSE(document["subsegments"].at(0).has("aws"));
    CHECK(each.find("aws.xray.sampling_rule_name") == std::string::npos);
  }
  CHECK(daemon.complaints().empty());
}

TEST_CASE("xray: no rule is named where the caller decided, and where local rules did") {
  fake_xray_daemon daemon;
  SECTION("the caller") {
    traced on{to(daemon), [&](fl::config& how) { how.sampler = by_rules_of(daemon); }};
    REQUIRE(rules_have_come());
    order(incoming(std::string{"Root="} + root + ";Parent=53995c3f42cd8ad8;Sampled=1"));
    REQUIRE(on.line.flush(patience));
  }
  SECTION("local rules") {
    traced on{to(daemon), [&](fl::config& how) { how.sampler = fl::xray_rules({{.name = "mine", .path = "/orders", .rate = 1}}, {.fixed_target = 0, .rate = 0}); }};
    order();
    REQUIRE(on.line.flush(patience));
  }
  REQUIRE(daemon.wait_for_documents(1));
  REQUIRE(daemon.documents().size() == 1);
  CHECK(rule_of(json_value{daemon.documents()[0]}).raw().IsNull());
}

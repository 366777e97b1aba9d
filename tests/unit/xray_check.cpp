// xray_check(): what it says of each hop, with a daemon, without one, and to the service.
#include <fanlight/exporters/xray.hpp>

#include "catch.hpp"
#include "support/fake_environment.hpp"
#include "support/fake_xray_daemon.hpp"
#include "support/transport_double.hpp"

using namespace support;
using Catch::Matchers::ContainsSubstring;

namespace {
[[nodiscard]] fl::xray_config alone(test::variables variables = {}) {
  fl::xray_config out;
  out.aws.instead.environment = test::reading(std::move(variables));
  return out;
}
}  // namespace

TEST_CASE("over UDP: the kernel has it, and the daemon's TCP side answers") {
  fake_xray_daemon daemon;
  auto const out = fl::xray_check(alone({{"AWS_XRAY_DAEMON_ADDRESS", daemon.address()}}));
  CHECK(out.arrived);
  CHECK_THAT(out.text(), ContainsSubstring("UDP 127.0.0.1:" + std::to_string(daemon.udp_port()) + ": handed to the kernel, and not refused"));
  CHECK_THAT(out.text(), ContainsSubstring("TCP 127.0.0.1:" + std::to_string(daemon.tcp_port()) + ": somebody answers, with status 200: the daemon reaches X-Ray"));
  REQUIRE(daemon.wait_for_documents(1));
  CHECK(daemon.complaints().empty());
  CHECK_THAT(daemon.documents()[0], ContainsSubstring("fanlight-check"));
}

TEST_CASE("over the daemon's TCP side: acknowledged, refused, or not passed on") {
  fake_xray_daemon daemon;
  auto how = alone();
  how.daemon_address = daemon.address();
  how.transport = fl::xray_transport::daemon_tcp;
  auto const good = fl::xray_check(how);
  CHECK(good.arrived);
  CHECK_THAT(good.hops.back(), ContainsSubstring("X-Ray has acknowledged it; look for the trace 1-"));
  CHECK(daemon.acknowledged().size() == 1);
  CHECK(daemon.complaints().empty());

  daemon.refuse("", "InvalidSegment");
  auto const refused = fl::xray_check(how);
  CHECK_FALSE(refused.arrived);
  CHECK_THAT(refused.hops.back(), ContainsSubstring("X-Ray did not take it: InvalidSegment (as told)"));

  daemon.tcp().next(test::behaviour::answer(502));
  auto const stuck = fl::xray_check(how);
  CHECK_FALSE(stuck.arrived);
  CHECK_THAT(stuck.hops.back(), ContainsSubstring("it answered 502") && ContainsSubstring("has it credentials, a region"));
}

TEST_CASE("nobody listens, an unknown name, an address that is none, switched off") {
  auto how = alone();
  how.daemon_address = std::make_unique<fake_xray_daemon>()->address();
  auto const away = fl::xray_check(how);
  CHECK_FALSE(away.arrived);
  CHECK_THAT(away.text(), ContainsSubstring("nobody listens on UDP 127.0.0.1:") && ContainsSubstring("listens on its own loopback address alone"));

  how.daemon_address = "nobody.invalid:2000";
  auto const began = clock::now();
  auto const unknown = fl::xray_check(how, 300ms);
  CHECK_FALSE(unknown.arrived);
  CHECK(since(began) < 10s);
  CHECK_THAT(unknown.text(), ContainsSubstring("UDP nobody.invalid:2000: the name"));

  how.daemon_address = "http://xray";
  CHECK_THAT(fl::xray_check(how).text(), ContainsSubstring("such as xray:2000"));
  CHECK_THAT(fl::xray_check(alone({{"AWS_XRAY_SDK_ENABLED", "false"}})).text(), ContainsSubstring("switches X-Ray off"));
  CHECK_THAT(fl::xray_check(alone({{"AWS_XRAY_DAEMON_ADDRESS", "udp:h:1"}}), 100ms).text(), ContainsSubstring("names udp alone"));
}

TEST_CASE("to the service: region, keys, the answer, and no secret in any word") {
  auto const by = std::make_shared<wire>();
  auto how = alone({{"AWS_EC2_METADATA_DISABLED", "true"}});
  how.transport = fl::xray_transport::api;
  how.instead.transport = [by](fl::detail::http_options const&) { return std::make_unique<transport_double>(by); };
  CHECK_THAT(fl::xray_check(how).hops.back(), ContainsSubstring("region"));
  how.region = "us-east-1";
  auto const keyless = fl::xray_check(how);
  CHECK_FALSE(keyless.arrived);
  CHECK(by->sent().empty());

  how.aws.access_key_id = "AKIDEXAMPLE";
  how.aws.secret_access_key = "hunter2hunter2";
  by->answers_with({answer(200, R"({"UnprocessedTraceSegments":[]})"), answer(403, R"({"message":"Signature expired"})")});
  auto const good = fl::xray_check(how);
  CHECK(good.arrived);
  CHECK_THAT(good.text(), ContainsSubstring("region us-east-1") && ContainsSubstring("https://xray.us-east-1.amazonaws.com/TraceSegments: X-Ray has acknowledged it"));
  auto const late = fl::xray_check(how);
  CHECK_FALSE(late.arrived);
  CHECK_THAT(late.hops.back(), ContainsSubstring("Set the clock of this machine"));
  CHECK((good.text() + late.text()).find("hunter2") == std::string::npos);
}

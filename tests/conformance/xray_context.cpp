// X-Amzn-Trace-Id in and out, and where the daemon is: the public cases P13-P17, P23, P24, P24b, with instruments and a fake daemon.
#include "catch.hpp"
#include "support/xray_delivery_kit.hpp"

#include <fanlight/testing.hpp>

using namespace support;
using Catch::Matchers::ContainsSubstring;
using fl::problem_code;
using test::behaviour;

// ---- headers ----------------------------------------------------------------------------------------------------------------------------

TEST_CASE("P13 an incoming header is the segment's parent, and the outgoing one names the subsegment") {
  fake_xray_daemon daemon;
  traced on{to(daemon)};
  {
    fl::segment const svc{"svc", {.parent = incoming(std::string{"Root="} + root + ";Parent=53995c3f42cd8ad8;Sampled=1")}};
    fl::subsegment const sub{"sub"};
    CHECK(outgoing() == std::string{"Root="} + root + ";Parent=0000000000000002;Sampled=1");
  }
  CHECK(on.line.flush(patience));
  REQUIRE(daemon.wait_for_documents(1));
  json_value const document{daemon.documents().at(0)};
  CHECK(document["trace_id"] == root);
  CHECK(document["parent_id"] == "53995c3f42cd8ad8");
  CHECK(daemon.complaints().empty());
}

TEST_CASE("P13 Lineage and unknown pairs go on, in order") {
  fake_xray_daemon daemon;
  traced on{to(daemon)};
  fl::segment const svc{"svc", {.parent = incoming(std::string{"Root="} + root + ";Parent=53995c3f42cd8ad8;Sampled=1;Lineage=a87bd80c:1|68fd508a:5;k=v")}};
  CHECK(outgoing() == std::string{"Root="} + root + ";Parent=0000000000000001;Sampled=1;Lineage=a87bd80c:1|68fd508a:5;k=v");
  CHECK(fl::xray_header() == outgoing());                 // SQS's AWSTraceHeader
  CHECK(fl::xray_header(svc.context()) == outgoing());
  auto const again = fl::read_xray_header(fl::xray_header());
  CHECK(again.span_id() == svc.context().span_id());
  CHECK(again.is_remote());
}

TEST_CASE("P14 Sampled=0 is obeyed, ids go on all the same") {
  fake_xray_daemon daemon;
  traced on{to(daemon)};
  {
    fl::segment const svc{"svc", {.parent = incoming(std::string{"Root="} + root + ";Parent=53995c3f42cd8ad8;Sampled=0")}};
    fl::subsegment const sub{"sub"};
    CHECK(outgoing() == std::string{"Root="} + root + ";Parent=0000000000000002;Sampled=0");
  }
  CHECK(on.line.flush(patience));
  CHECK(on.stats().accepted == 0);
  CHECK(daemon.documents().empty());
}

TEST_CASE("P15 a load balancer's Self and Root: that Root, no parent, sampling decided here") {
  fake_xray_daemon daemon;
  traced on{to(daemon)};
  {
    fl::segment const svc{"svc", {.parent = incoming("Self=1-67891234-12456789abcdef012345678;Root=1-67891233-abcdef012345678912345678")}};
    CHECK_THAT(outgoing(), ContainsSubstring("Root=1-67891233-abcdef012345678912345678;Parent=0000000000000001;Sampled=1"));
    CHECK(outgoing().find("Self") == std::string::npos);
  }
  CHECK(on.line.flush(patience));
  REQUIRE(daemon.wait_for_documents(1));
  json_value const document{daemon.documents().at(0)};
  CHECK(document["trace_id"] == "1-67891233-abcdef012345678912345678");
  CHECK_FALSE(document.has("parent_id"));
}

TEST_CASE("P16 Sampled=? is answered in the response") {
  fake_xray_daemon daemon;
  bool const yes = GENERATE(true, false);
  traced on{to(daemon), [=](fl::config& how) { how.sampler = fl::parent_based(yes ? fl::always_on() : fl::always_off()); }};
  auto const asks = incoming(std::string{"Root="} + root + ";Sampled=?"), decided = incoming(std::string{"Root="} + root + ";Parent=53995c3f42cd8ad8;Sampled=1");
  {
    fl::segment const svc{"svc", {.parent = asks}};
    CHECK(fl::xray_response_header(asks) == std::string{"Root="} + root + (yes ? ";Sampled=1" : ";Sampled=0"));
    CHECK(fl::xray_response_header(decided, svc.context()) == std::string{"Root="} + root);
  }
  CHECK(fl::xray_response_header(asks).empty());  // nothing is current
}

TEST_CASE("P17 a Root that cannot be read: a new trace, told once, and the request goes on") {
  fake_xray_daemon daemon;
  traced on{to(daemon)};
  for (int i = 0; i < 3; ++i) fl::segment const svc{"svc", {.parent = incoming("Root=1-5759e988-xyz;Parent=53995c3f42cd8ad8;Sampled=0")}};
  CHECK(on.line.flush(patience));
  REQUIRE(daemon.wait_for_documents(3));
  json_value const document{daemon.documents().at(0)};
  CHECK_FALSE(document.has("parent_id"));
  CHECK(document["trace_id"].text() != root);
  CHECK(on.counted(problem_code::header_bad) == 3);
  REQUIRE(on.problems.wait_for(problem_code::header_bad));
  CHECK(on.problems.of(problem_code::header_bad).size() == 1);
}

TEST_CASE("xray: Lambda's variable is the parent of an invocation's spans") {
  ::setenv("_X_AMZN_TRACE_ID", (std::string{"Root="} + root + ";Parent=53995c3f42cd8ad8;Sampled=1;Lineage=a:1").c_str(), 1);
  fake_xray_daemon daemon;
  traced on{to(daemon), {}, {{"LAMBDA_TASK_ROOT", "/var/task"}}};
  { fl::segment const handler{"handler", {.parent = fl::lambda_context()}}; }
  ::unsetenv("_X_AMZN_TRACE_ID");
  CHECK_FALSE(fl::lambda_context().is_valid());
  CHECK(on.line.flush(patience));
  REQUIRE(daemon.wait_for_documents(1));
  json_value const document{daemon.documents().at(0)};
  CHECK(document["type"] == "subsegment");  // the segment is the platform's
  CHECK(document["parent_id"] == "53995c3f42cd8ad8");
  CHECK(document["trace_id"] == root);
}

TEST_CASE("xray: what Lambda's variable does not say whole is passed on, and nothing is recorded beneath it") {
  fl::testing::capture taken{{.sampler = fl::parent_based(fl::always_on())}};
  for (std::string const& text : {std::string{"Root="} + root, std::string{"Root="} + root + ";Parent=53995c3f42cd8ad8",
                                  std::string{"Root="} + root + ";Sampled=1"}) {
    ::setenv("_X_AMZN_TRACE_ID", text.c_str(), 1);
    fl::scoped_span handler{"handler", {.parent = fl::lambda_context()}};
    CHECK_FALSE(handler.is_recording());
    CHECK(fl::xray_trace_id(handler.context().trace_id()).view() == root);
  }
  ::unsetenv("_X_AMZN_TRACE_ID");
  CHECK(taken.spans().empty());
}

// ---- addresses --------------------------------------------------------------------------------------------------------------------------

namespace {
[[nodiscard]] fl::detail::xray_settings settled_with(test::variables variables, std::vector<fl::problem>& said, fl::xray_config code = {}) {
  std::vector<fl::problem> wrong;
  auto out = fl::detail::settle_xray(std::move(code), fl::detail::environment{test::reading(std::move(variables)), said}, wrong);
  CHECK(wrong.empty());
  return out;
}
}  // namespace

TEST_CASE("P23 tcp: and udp: in either order lead to their own ports") {
  std::vector<fl::problem> said;
  for (auto const* text : {"tcp:127.0.0.1:2001 udp:127.0.0.1:2002", "udp:127.0.0.1:2002 tcp:127.0.0.1:2001"}) {
    auto const out = settled_with({{"AWS_XRAY_DAEMON_ADDRESS", text}}, said);
    CHECK(out.daemon.udp.text() == "127.0.0.1:2002");
    CHECK(out.daemon.tcp.text() == "127.0.0.1:2001");
  }
  CHECK(said.empty());
  fake_xray_daemon daemon;
  auto const udp = "udp:127.0.0.1:" + std::to_string(daemon.udp_port()), tcp = "tcp:127.0.0.1:" + std::to_string(daemon.tcp_port());
  std::size_t arrived = 0;
  for (auto const& text : {udp + " " + tcp, tcp + "\t " + udp}) {
    traced by_udp{nowhere(), {}, {{"AWS_XRAY_DAEMON_ADDRESS", text}}};
    make_segments(1);
    CHECK(by_udp.line.flush(patience));
    traced by_tcp{nowhere(fl::xray_transport::daemon_tcp), {}, {{"AWS_XRAY_DAEMON_ADDRESS", text}}};
    make_segments(1);
    CHECK(by_tcp.line.flush(patience));
    CHECK(daemon.wait_for_documents(++arrived));
    CHECK(daemon.acknowledged().size() == arrived);
  }
  CHECK(daemon.complaints().empty());
}

TEST_CASE("P24 udp: alone is told, and the default is used") {
  std::vector<fl::problem> said;
  auto const out = settled_with({{"AWS_XRAY_DAEMON_ADDRESS", "udp:127.0.0.1:2002"}}, said);
  REQUIRE(said.size() == 1);
  CHECK(said[0].code == problem_code::config_bad);
  CHECK_THAT(said[0].what, ContainsSubstring("names udp alone; write tcp:127.0.0.1:2002 udp:127.0.0.1:2002") && ContainsSubstring("127.0.0.1:2000 is used instead"));
  CHECK(out.daemon == fl::detail::xray_daemon{});
}

TEST_CASE("P24b a URL is told with what was probably meant, and the default is used") {
  std::vector<fl::problem> said;
  auto const out = settled_with({{"AWS_XRAY_DAEMON_ADDRESS", "http://xray:2000"}}, said);
  REQUIRE(said.size() == 1);
  CHECK(said[0].code == problem_code::config_bad);
  CHECK_THAT(said[0].what, ContainsSubstring("such as xray:2000"));
  CHECK(out.daemon == fl::detail::xray_daemon{});
}

TEST_CASE("xray: the address of the environment wins over the code's, and says so when they differ") {
  fake_xray_daemon daemon;
  auto how = nowhere();
  how.daemon_address = "127.0.0.1:1";
  traced on{how, {}, {{"AWS_XRAY_DAEMON_ADDRESS", daemon.address()}}};
  make_segments(1);
  CHECK(on.line.flush(patience));
  CHECK(daemon.wait_for_documents(1));
  CHECK_THAT(on.words(problem_code::config_bad), ContainsSubstring("AWS_XRAY_DAEMON_ADDRESS") && ContainsSubstring("\"127.0.0.1:1\" in code; the variable wins"));
}

TEST_CASE("xray: IPv6") {
  std::unique_ptr<fake_xray_daemon> daemon;
  try {
    daemon = std::make_unique<fake_xray_daemon>(fake_xray_daemon::options{.ipv6 = true});
  } catch (std::runtime_error const&) {
    WARN("this machine has no IPv6");
    return;
  }
  traced on{to(*daemon)};
  make_segments(1);
  CHECK(on.line.flush(patience));
  CHECK(daemon->wait_for_documents(1));
}

TEST_CASE("xray: a host's name is looked up, and an unknown one is told without holding up a flush") {
  fake_xray_daemon daemon;
  auto how = nowhere();
  how.daemon_address = "localhost:" + std::to_string(daemon.udp_port());
  {
    traced on{how};
    make_segments(1);
    CHECK(on.line.flush(patience));
    CHECK(daemon.wait_for_documents(1));
  }
  how.daemon_address = "nobody.invalid:2000";
  traced on{how};
  make_segments(1);
  auto const began = clock::now();
  CHECK_FALSE(on.line.flush(50ms));
  CHECK_FALSE(on.line.shutdown(100ms));
  CHECK(since(began) < 5s);
  auto const told = settled(on.line);
  CHECK(adds_up(told));
  CHECK(lost_by(told, fl::loss::shutdown) == 1);
}

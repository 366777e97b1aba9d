// Datagrams: pace, refusal, sizes, names that move and resolvers that hang.
#include <fanlight/impl/xray/datagrams.hpp>

#include "catch.hpp"
#include "support/fake_xray_daemon.hpp"

#include <atomic>

using namespace support;
using fl::detail::datagram_fate;

namespace {
constexpr std::string_view head = "{\"format\":\"json\",\"version\":1}\n";

[[nodiscard]] fl::detail::datagram_options to_port(unsigned port) {
  fl::detail::datagram_options out;
  out.to.port = static_cast<std::uint16_t>(port);
  return out;
}
}  // namespace

TEST_CASE("both pieces arrive as one datagram, the largest too, one byte more is too large") {
  fake_xray_daemon daemon;
  auto const sender = fl::detail::udp_sender_to(to_port(daemon.udp_port()));
  std::string const largest(65'507 - head.size(), 'x');
  CHECK(sender->send(head, largest, clock::now() + patience).fate == datagram_fate::sent);
  auto const larger = sender->send(head, largest + "x", clock::now() + patience);
  CHECK(larger.fate == datagram_fate::too_large);
  CHECK(larger.why.find("UDP 127.0.0.1:") == 0);
  CHECK(sender->send(head, "{}", clock::now() + patience).fate == datagram_fate::sent);
  REQUIRE(daemon.wait_for_documents(2));
  CHECK(daemon.documents()[0] == largest);
  CHECK(daemon.documents()[1] == "{}");
}

TEST_CASE("a port where nobody listens is seen at once on this machine") {
  unsigned port = 0;
  { port = fake_xray_daemon{}.udp_port(); }
  auto const sender = fl::detail::udp_sender_to(to_port(port));
  for (int i = 0; i < 3; ++i) {
    auto const out = sender->send(head, "{}", clock::now() + patience);
    CHECK(out.fate == datagram_fate::refused);
    CHECK(out.why.find("nobody listens on UDP 127.0.0.1:" + std::to_string(port)) == 0);
  }
  fake_xray_daemon daemon{{.port = port, .with_tcp = false}};
  CHECK(sender->send(head, "{}", clock::now() + patience).fate == datagram_fate::sent);
  CHECK(daemon.wait_for_documents(1));
}

TEST_CASE("the pace holds, and a deadline is not slept over") {
  fake_xray_daemon daemon;
  auto how = to_port(daemon.udp_port());
  how.bytes_per_millisecond = 10'000;
  auto const sender = fl::detail::udp_sender_to(how);
  std::string const body(9'000, 'x');
  auto const began = clock::now();
  for (int i = 0; i < 51; ++i) REQUIRE(sender->send(head, body, clock::now() + patience).fate == datagram_fate::sent);
  CHECK(clock::now() - began >= 40ms);  // one each millisecond
  auto const late = [&] {  // in the millisecond of one that went, there is no room for another
    auto const at = clock::now();
    auto const first = sender->send(head, body, at + patience).fate, second = sender->send(head, body, clock::now() + std::chrono::microseconds{1}).fate;
    return first == datagram_fate::sent && second == datagram_fate::too_late;
  };
  CHECK(eventually(late));
}

TEST_CASE("a name that leads elsewhere after an error is followed") {
  fake_xray_daemon daemon;
  fl::detail::datagram_options how;
  how.to = {"daemon.example", static_cast<std::uint16_t>(daemon.udp_port())};
  auto const asked = std::make_shared<std::atomic<int>>(0);
  how.find = [asked](std::string const& name) {
    fl::detail::found_addresses out;
    if (name == "daemon.example") out.numbers.push_back(++*asked == 1 ? "127.0.0.2" : "127.0.0.1");  // at first, nobody listens there
    return out;
  };
  how.look_again = 1ms;
  auto const sender = fl::detail::udp_sender_to(how);
  CHECK(eventually([&] { return sender->send("{\"format\":\"json\",\"version\":1}\n", "{}", clock::now() + 1s).fate == fl::detail::datagram_fate::sent && *asked > 1 && !daemon.documents().empty(); }));
  CHECK(daemon.wait_for_documents(1));
}

TEST_CASE("a resolver that hangs holds up nobody beyond the deadline") {
  gate const never_opens;
  fl::detail::datagram_options how;
  how.to = {"daemon.example", 2000};
  how.find = [never_opens](std::string const&) {
    never_opens.pass();
    return fl::detail::found_addresses{};
  };
  auto sender = fl::detail::udp_sender_to(how);
  auto const began = clock::now();
  CHECK(sender->send("h", "b", began + 20ms).fate == fl::detail::datagram_fate::too_late);
  sender->hurry(began);
  CHECK(sender->send("h", "b", began + 1h).fate == fl::detail::datagram_fate::too_late);
  CHECK(since(began) < 5s);
  sender.reset();
  never_opens.open();
}

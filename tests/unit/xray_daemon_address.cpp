// The forms of AWS_XRAY_DAEMON_ADDRESS, and what is said of those that are none.
#include <fanlight/impl/xray/daemon_address.hpp>

#include "catch.hpp"

namespace fl = fanlight;
using fl::detail::read_daemon_address;
using Catch::Matchers::ContainsSubstring;

namespace {
[[nodiscard]] std::string read(std::string_view text) {
  std::string wrong;
  auto const out = read_daemon_address(text, wrong);
  return out ? out->udp.text() + " " + out->tcp.text() : "!" + wrong;
}
}  // namespace

TEST_CASE("one address for both protocols, names and numbers") {
  CHECK(read("127.0.0.1:2000") == "127.0.0.1:2000 127.0.0.1:2000");
  CHECK(read("  xray-daemon.internal:3000\n") == "xray-daemon.internal:3000 xray-daemon.internal:3000");
  CHECK(read("[::1]:2000") == "[::1]:2000 [::1]:2000");
  CHECK(read("[fe80::1%eth0]:2000") == "[fe80::1%eth0]:2000 [fe80::1%eth0]:2000");
  CHECK(read("udp:2000") == "udp:2000 udp:2000");  // a host may be called so
  CHECK(read("tcp-daemon:2000") == "tcp-daemon:2000 tcp-daemon:2000");
  CHECK(read("host:65535") == "host:65535 host:65535");
}

TEST_CASE("two addresses, in either order and with any blanks") {
  CHECK(read("tcp:127.0.0.1:2001 udp:127.0.0.1:2002") == "127.0.0.1:2002 127.0.0.1:2001");
  CHECK(read("udp:127.0.0.1:2002\t  tcp:127.0.0.1:2001") == "127.0.0.1:2002 127.0.0.1:2001");
  CHECK(read("udp:[::1]:2002 tcp:tcp:2001") == "[::1]:2002 tcp:2001");
}

TEST_CASE("what is wrong is said, with the form that is wanted") {
  CHECK_THAT(read(""), ContainsSubstring("!it is empty") && ContainsSubstring("such as 127.0.0.1:2000"));
  CHECK_THAT(read("http://xray:2000"), ContainsSubstring("it is no URL") && ContainsSubstring("such as xray:2000,"));
  CHECK_THAT(read("https://u:p@xray/path?q"), ContainsSubstring("such as xray:2000,"));
  CHECK_THAT(read("xray"), ContainsSubstring("no port") && ContainsSubstring("such as xray:2000,"));
  CHECK_THAT(read("[::1]"), ContainsSubstring("no port") && ContainsSubstring("[::1]:2000"));
  CHECK_THAT(read("[::1:2000"), ContainsSubstring("bracket"));
  CHECK_THAT(read("::1:2000"), ContainsSubstring("stands in brackets"));
  CHECK_THAT(read("xray:0"), ContainsSubstring("port"));
  CHECK_THAT(read("xray:65536"), ContainsSubstring("port"));
  CHECK_THAT(read("xray:2k"), ContainsSubstring("port"));
  CHECK_THAT(read("xr ay:2000"), ContainsSubstring("neither udp: nor tcp:"));
  CHECK_THAT(read("x/y:2000"), ContainsSubstring("no host name"));
  CHECK_THAT(read("udp:h:1"), ContainsSubstring("names udp alone; write tcp:h:1 udp:h:1"));
  CHECK_THAT(read("tcp:h:1"), ContainsSubstring("names tcp alone; write tcp:h:1 udp:h:1"));
  CHECK_THAT(read("udp:h:1 udp:h:2"), ContainsSubstring("twice"));
  CHECK_THAT(read("udp:h:1 tcp:h"), ContainsSubstring("neither"));
}

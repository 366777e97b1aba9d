// Datagrams to one address: what the X-Ray daemon takes. An exporter makes a sender and owns it; its lane's thread sends, `hurry` alone may
// be called from any thread. Over UDP nobody acknowledges: sent means that the kernel has taken it. Tests put senders of their own in place.
#pragma once

#include <fanlight/impl/xray/daemon_address.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

FANLIGHT_BEGIN
namespace detail {

enum class datagram_fate {
  sent,       // the kernel has it
  too_large,  // it takes no datagram of that size
  refused,    // nobody listens there
  not_found,  // the name has no address
  too_late,   // the deadline, or hurry(), came first
  failed      // anything else
};

struct datagram_result {
  datagram_fate fate = datagram_fate::sent;
  std::string why = {};  // for people: names the address
};

class datagram_sender {
 public:
  using moment = std::chrono::steady_clock::time_point;
  datagram_sender() = default;
  datagram_sender(datagram_sender const&) = delete;
  datagram_sender& operator=(datagram_sender const&) = delete;
  virtual ~datagram_sender() = default;

  /// One datagram of both pieces. Comes back by `until`. Throws nothing but std::bad_alloc.
  [[nodiscard]] virtual datagram_result send(std::string_view head, std::string_view body, moment until) = 0;
  virtual void hurry(moment until) noexcept = 0;
};

/// Addresses as numbers, or why there are none.
struct found_addresses {
  std::vector<std::string> numbers = {};
  std::string why = {};
};

struct datagram_options {
  host_port to = {};
  std::size_t bytes_per_millisecond = std::size_t{64} << 10;  // 0: as fast as the kernel takes them
  std::chrono::milliseconds look_again{30'000};               // a name's addresses
  /// Finds a name's addresses, on a thread of its own; empty: the system's resolver.
  std::function<found_addresses(std::string const& name)> find = {};
};
using datagram_maker = std::function<std::unique_ptr<datagram_sender>(datagram_options const&)>;

/// The real one, made by impl/xray/udp.ipp.
[[nodiscard]] std::unique_ptr<datagram_sender> udp_sender_to(datagram_options how);
/// False: not in time.
[[nodiscard]] bool find_addresses_until(std::string const& name, found_addresses& to, datagram_sender::moment until);
/// The system's resolver. Blocks as long as it likes.
[[nodiscard]] found_addresses find_addresses(std::string const& name);

}  // namespace detail
FANLIGHT_END

#ifndef FANLIGHT_COMPILED
#include <fanlight/impl/xray/udp.ipp>
#endif

// Datagrams by sockets: the one file of fanlight that knows them. The socket is connected, so that the kernel tells when nobody listens,
// does not block, and is not inherited by other programs. Names are looked up on a thread of their own, which a deadline leaves behind.
#pragma once

#include <fanlight/impl/joined.hpp>
#include <fanlight/impl/worker.ipp>
#include <fanlight/impl/xray/datagrams.hpp>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <thread>

#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

FANLIGHT_BEGIN
namespace detail {

struct address_list_end {
  void operator()(addrinfo* list) const noexcept { ::freeaddrinfo(list); }
};
using address_list = std::unique_ptr<addrinfo, address_list_end>;

/// With `numbers`, a name is not looked up. Null: `code` says why.
[[nodiscard]] FANLIGHT_COLD FANLIGHT_INLINE address_list addresses_of(std::string const& host, std::uint16_t port, bool numbers, int& code) {
  addrinfo wanted{};
  wanted.ai_family = AF_UNSPEC;
  wanted.ai_socktype = SOCK_DGRAM;
  wanted.ai_flags = AI_NUMERICSERV | (numbers ? AI_NUMERICHOST : 0);
  addrinfo* out = nullptr;
  code = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &wanted, &out);
  return address_list{code == 0 ? out : nullptr};
}

[[nodiscard]] FANLIGHT_COLD FANLIGHT_INLINE bool is_number_of_host(std::string const& host) {
  int code = 0;
  return addresses_of(host, 1, true, code) != nullptr;
}

FANLIGHT_COLD FANLIGHT_INLINE found_addresses find_addresses(std::string const& name) {
  found_addresses out;
  int code = 0;
  auto const all = addresses_of(name, 1, false, code);
  for (auto const* each = all.get(); each != nullptr; each = each->ai_next) {
    char text[NI_MAXHOST];
    if (::getnameinfo(each->ai_addr, each->ai_addrlen, text, sizeof text, nullptr, 0, NI_NUMERICHOST) == 0) out.numbers.emplace_back(text);
  }
  if (out.numbers.empty()) out.why = code != 0 ? ::gai_strerror(code) : "it has no address";
  return out;
}

// Two kinds of strerror_r are about: one gives the text back, the other fills it in.
[[nodiscard]] FANLIGHT_COLD inline char const* words_of_error(char const* told, char const*) noexcept { return told; }
[[nodiscard]] FANLIGHT_COLD inline char const* words_of_error(int, char const* text) noexcept { return text; }

/// One look-up at a time, on a thread that may take as long as it likes.
class address_finder {
 public:
  using moment = datagram_sender::moment;
  explicit address_finder(std::function<found_addresses(std::string const&)> find) : find_{find ? std::move(find) : find_addresses} {}

  FANLIGHT_COLD void begin(std::string const& name) {
    if (now_) return;
    auto const mine = std::make_shared<search>();
    now_ = mine;
    worker thread;
    auto const started = thread.start("fl:resolve", [mine, name, find = find_] {
      found_addresses found;
      try {
        found = find(name);
      } catch (...) {  // no memory
        found.numbers.clear();
      }
      std::lock_guard const held{mine->lock};
      mine->found = std::move(found);
      mine->done = true;
      mine->bell.notify_all();
    });
    if (started) return;
    std::lock_guard const held{mine->lock};
    mine->found.why = "there is no thread to look it up";
    mine->done = true;
  }
  /// True: the search that was begun has ended by then, and `out` is what it found.
  [[nodiscard]] FANLIGHT_COLD bool end(found_addresses& out, moment until) {
    if (!now_) return false;
    auto const mine = now_;
    std::unique_lock held{mine->lock};
    if (!mine->done && !mine->bell.wait_until(held, until, [&] { return mine->done; })) return false;
    out = std::move(mine->found);
    held.unlock();
    now_.reset();
    return true;
  }

 private:
  struct search {
    std::mutex lock;
    std::condition_variable bell;
    bool done = false;
    found_addresses found;
  };
  std::function<found_addresses(std::string const&)> const find_;
  std::shared_ptr<search> now_;
};

FANLIGHT_COLD FANLIGHT_INLINE bool find_addresses_until(std::string const& name, found_addresses& to, datagram_sender::moment until) {
  address_finder finder{{}};
  finder.begin(name);
  return finder.end(to, until);
}

class udp_sender final : public datagram_sender {
 public:
  explicit udp_sender(datagram_options how) : how_{std::move(how)}, finder_{how_.find}, is_number_{is_number_of_host(how_.to.host)} {}
  ~udp_sender() override { close(); }

  FANLIGHT_COLD FANLIGHT_INLINE datagram_result send(std::string_view head, std::string_view body, moment until) override;
  FANLIGHT_COLD void hurry(moment until) noexcept override {
    auto const given = until.time_since_epoch().count();
    for (auto before = limit_.load(); given < before && !limit_.compare_exchange_weak(before, given);) {}
  }

 private:
  [[nodiscard]] moment end_of(moment until) const noexcept { return std::min(until, moment{moment::duration{limit_.load()}}); }
  [[nodiscard]] std::string place() const { return "UDP " + how_.to.text(); }

  [[nodiscard]] datagram_result ready(moment until);
  [[nodiscard]] datagram_result look_up(moment until);
  void use_news(found_addresses news);
  [[nodiscard]] bool connect_to(std::string const& number);
  [[nodiscard]] datagram_result connect();
  [[nodiscard]] bool pace(std::size_t size, moment until);
  [[nodiscard]] bool wait_for_room(moment until);
  [[nodiscard]] datagram_result say(int error);
  FANLIGHT_COLD void close() noexcept {
    if (socket_ >= 0) ::close(socket_);
    socket_ = -1;
  }

  datagram_options const how_;
  address_finder finder_;
  bool const is_number_;
  int socket_ = -1;
  std::vector<std::string> numbers_;
  std::string used_;           // the number that the socket is connected to
  moment found_at_{}, begun_at_{};
  bool stale_ = false;         // something went wrong: the name may lead elsewhere by now
  moment window_{};            // of the pace: a millisecond
  std::size_t in_window_ = 0;  // bytes
  std::atomic<moment::rep> limit_{moment::max().time_since_epoch().count()};
};

FANLIGHT_COLD FANLIGHT_INLINE std::unique_ptr<datagram_sender> udp_sender_to(datagram_options how) {
  return std::make_unique<udp_sender>(std::move(how));
}

// ---- the way there ----------------------------------------------------------------------------------------------------------------------

FANLIGHT_COLD FANLIGHT_INLINE bool udp_sender::connect_to(std::string const& number) {
  int code = 0;
  auto const address = addresses_of(number, how_.to.port, true, code);
  if (address == nullptr) return false;
  int const fresh = ::socket(address->ai_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fresh < 0) return false;
  int const wanted = 1 << 20;  // as much of it as the system allows
  ::setsockopt(fresh, SOL_SOCKET, SO_SNDBUF, &wanted, sizeof wanted);
  if (::connect(fresh, address->ai_addr, address->ai_addrlen) != 0) {
    int const error = errno;
    ::close(fresh);
    errno = error;
    return false;
  }
  close();
  socket_ = fresh;
  used_ = number;
  return true;
}

FANLIGHT_COLD FANLIGHT_INLINE datagram_result udp_sender::connect() {
  for (auto const& each : numbers_)
    if (connect_to(each)) return {};
  return say(errno);
}

FANLIGHT_COLD FANLIGHT_INLINE void udp_sender::use_news(found_addresses news) {
  stale_ = false;
  if (news.numbers.empty()) return;  // the old ones may do still
  found_at_ = std::chrono::steady_clock::now();
  bool const holds = std::find(news.numbers.begin(), news.numbers.end(), used_) != news.numbers.end();
  numbers_ = std::move(news.numbers);
  if (!holds) close();
}

/// The first time it waits for an answer; later the last addresses hold until there is one.
FANLIGHT_COLD FANLIGHT_INLINE datagram_result udp_sender::look_up(moment until) {
  auto const now = std::chrono::steady_clock::now();
  bool const first = numbers_.empty(), due = stale_ || now - found_at_ >= how_.look_again;
  bool const may = now - begun_at_ >= std::min<moment::duration>(how_.look_again, std::chrono::seconds{1});
  if (first || (due && may)) begun_at_ = now, finder_.begin(how_.to.host);
  found_addresses news;
  if (!finder_.end(news, first ? until : now)) {
    if (!first) return {};
    return {datagram_fate::too_late, joined({"the name of ", place(), " could not be looked up in time"})};
  }
  if (first && news.numbers.empty())
    return {datagram_fate::not_found, joined({place(), ": the host's name was not found (", news.why, ")"})};
  use_news(std::move(news));
  return {};
}

FANLIGHT_COLD FANLIGHT_INLINE datagram_result udp_sender::ready(moment until) {
  if (is_number_) {
    if (numbers_.empty()) numbers_.push_back(how_.to.host);
  } else {
    auto found = look_up(until);
    if (found.fate != datagram_fate::sent) return found;
  }
  return socket_ >= 0 ? datagram_result{} : connect();
}

// ---- sending ----------------------------------------------------------------------------------------------------------------------------

/// Spreads what is much over the milliseconds. False: there is no time for it.
FANLIGHT_COLD FANLIGHT_INLINE bool udp_sender::pace(std::size_t size, moment until) {
  if (how_.bytes_per_millisecond == 0) return true;
  auto now = std::chrono::steady_clock::now();
  constexpr std::chrono::milliseconds length{1};
  if (in_window_ != 0 && now - window_ < length && in_window_ + size > how_.bytes_per_millisecond) {
    auto const next = window_ + length;
    if (next > end_of(until)) return false;
    std::this_thread::sleep_until(next);
    now = std::chrono::steady_clock::now();
  }
  if (now - window_ >= length) window_ = now, in_window_ = 0;
  in_window_ += size;
  return true;
}

/// In slices: hurry() may come.
FANLIGHT_COLD FANLIGHT_INLINE bool udp_sender::wait_for_room(moment until) {
  for (;;) {
    auto const left = std::chrono::duration_cast<std::chrono::milliseconds>(end_of(until) - std::chrono::steady_clock::now()).count();
    if (left <= 0) return false;
    pollfd one{socket_, POLLOUT, 0};
    if (::poll(&one, 1, static_cast<int>(std::min<std::int64_t>(left, 20))) > 0) return true;
  }
}

FANLIGHT_COLD FANLIGHT_INLINE datagram_result udp_sender::say(int error) {
  stale_ = true;
  if (error == ECONNREFUSED)
    return {datagram_fate::refused,
            joined({"nobody listens on ", place(), ": start the X-Ray daemon there, or say in AWS_XRAY_DAEMON_ADDRESS where it is"})};
  char text[128] = "";
  std::string const words = words_of_error(::strerror_r(error, text, sizeof text), text);
  return {error == EMSGSIZE ? datagram_fate::too_large : datagram_fate::failed, joined({place(), ": ", words})};
}

FANLIGHT_COLD FANLIGHT_INLINE datagram_result udp_sender::send(std::string_view head, std::string_view body, moment until) {
  if (auto way = ready(end_of(until)); way.fate != datagram_fate::sent) return way;
  datagram_result const late{datagram_fate::too_late, place() + ": the time was too short"};
  if (!pace(head.size() + body.size(), until)) return late;
  iovec pieces[2]{{const_cast<char*>(head.data()), head.size()}, {const_cast<char*>(body.data()), body.size()}};
  msghdr message{};
  message.msg_iov = pieces;
  message.msg_iovlen = 2;
  while (::sendmsg(socket_, &message, MSG_NOSIGNAL) < 0) {
    int const error = errno;
    bool const full = error == EAGAIN || error == EWOULDBLOCK || error == ENOBUFS;
    if (error == EINTR) continue;
    if (!full) return say(error);
    if (!wait_for_room(until)) return late;
    if (error == ENOBUFS) std::this_thread::sleep_for(std::chrono::milliseconds{1});  // then there may be room in the socket, and none beneath
  }
  // On this machine a refusal is there before sendmsg() comes back; from elsewhere it is seen with one of the next.
  int error = 0;
  socklen_t size = sizeof error;
  if (::getsockopt(socket_, SOL_SOCKET, SO_ERROR, &error, &size) == 0 && error == ECONNREFUSED) return say(error);
  return {};
}

}  // namespace detail
FANLIGHT_END

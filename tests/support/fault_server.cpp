#include "fault_server.hpp"

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <stdexcept>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace test {
namespace {

[[nodiscard]] bool same_name(std::string_view one, std::string_view other) {
  return std::equal(one.begin(), one.end(), other.begin(), other.end(),
                    [](unsigned char a, unsigned char b) { return std::tolower(a) == std::tolower(b); });
}

/// Until the peer closes, or the server ends.
void drain(int fd) {
  for (char nothing[4096]; ::recv(fd, nothing, sizeof nothing, 0) > 0;) {}
}

class plain_stream final : public byte_stream {
 public:
  explicit plain_stream(int fd) : fd_{fd} {}

  std::size_t read(char* to, std::size_t size) override {
    auto const got = ::recv(fd_, to, size, 0);
    return got > 0 ? static_cast<std::size_t>(got) : 0;
  }
  bool write(std::string_view bytes) override {
    while (!bytes.empty()) {
      auto const went = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (went <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(went));
    }
    return true;
  }

 private:
  int fd_;
};

/// Reads requests off one connection.
class request_reader {
 public:
  explicit request_reader(byte_stream& from) : from_{from} {}

  /// False: no further one comes.
  bool read(seen_request& out) {
    std::string line;
    if (!read_line(line)) return false;
    auto const first = line.find(' '), last = line.rfind(' ');
    if (first == std::string::npos || first == last) return false;
    out.method = line.substr(0, first);
    out.target = line.substr(first + 1, last - first - 1);
    if (!read_headers(out.headers)) return false;
    auto const* const expects = out.header("expect");
    if (expects != nullptr && same_name(*expects, "100-continue") && !from_.write("HTTP/1.1 100 Continue\r\n\r\n")) return false;
    auto const* const coding = out.header("transfer-encoding");
    if (coding != nullptr && same_name(*coding, "chunked")) return read_chunks(out.body);
    auto const* const length = out.header("content-length");
    return length == nullptr || read_bytes(out.body, std::stoull(*length));
  }

 private:
  bool fill() {
    char buffer[65536];
    auto const got = from_.read(buffer, sizeof buffer);
    pending_.append(buffer, got);
    return got != 0;
  }
  bool read_line(std::string& out) {
    for (std::size_t end; (end = pending_.find("\r\n")) != std::string::npos || fill();) {
      if (end == std::string::npos) continue;
      out = pending_.substr(0, end);
      pending_.erase(0, end + 2);
      return true;
    }
    return false;
  }
  bool read_headers(header_lines& out) {
    for (std::string line; read_line(line);) {
      if (line.empty()) return true;
      auto const colon = line.find(':');
      if (colon == std::string::npos) return false;
      auto const value = line.find_first_not_of(' ', colon + 1);
      out.emplace_back(line.substr(0, colon), value == std::string::npos ? "" : line.substr(value));
    }
    return false;
  }
  bool read_bytes(std::string& out, std::size_t size) {
    while (pending_.size() < size)
      if (!fill()) return false;
    out.append(pending_, 0, size);
    pending_.erase(0, size);
    return true;
  }
  bool read_chunks(std::string& out) {
    for (std::string line; read_line(line);) {
      auto const size = std::stoull(line, nullptr, 16);
      header_lines trailers;
      if (size == 0) return read_headers(trailers);
      if (!read_bytes(out, size) || !read_line(line)) return false;
    }
    return false;
  }

  byte_stream& from_;
  std::string pending_;
};

/// Without the body. `length` false: there is no end to it, or the headers tell.
[[nodiscard]] std::string head_of(behaviour const& what, bool length) {
  std::string out = "HTTP/1.1 " + std::to_string(what.status) + " As Told\r\n";
  for (auto const& [name, value] : what.headers) {
    out += name + ": " + value + "\r\n";
    length = length && !same_name(name, "content-length") && !same_name(name, "transfer-encoding");
  }
  if (length && what.status != 204 && what.status != 304) out += "Content-Length: " + std::to_string(what.body.size()) + "\r\n";
  return out + "\r\n";
}

}  // namespace

std::string const* seen_request::header(std::string_view name) const {
  auto const at = std::find_if(headers.begin(), headers.end(), [&](auto const& one) { return same_name(one.first, name); });
  return at == headers.end() ? nullptr : &at->second;
}

fault_server::fault_server(std::shared_ptr<tls_identity> identity) : identity_{std::move(identity)} {
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in here{};
  here.sin_family = AF_INET;
  here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof here;
  auto* const address = reinterpret_cast<sockaddr*>(&here);
  if (listener_ < 0 || ::bind(listener_, address, size) != 0 || ::listen(listener_, 64) != 0 ||
      ::getsockname(listener_, address, &size) != 0)
    throw std::runtime_error{"the test's server got no port"};
  port_ = ntohs(here.sin_port);
  sigset_t all, before;  // OpenSSL writes without MSG_NOSIGNAL
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_BLOCK, &all, &before);
  acceptor_ = std::thread{[this] { listen_for_peers(); }};
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

std::string fault_server::url(std::string const& path) const {
  return std::string{identity_ ? "https" : "http"} + "://127.0.0.1:" + std::to_string(port_) + path;
}

// ---- the test's side ----------------------------------------------------------------------------------------------------------------

void fault_server::next(behaviour what, std::size_t times) {
  std::lock_guard const held{lock_};
  script_.insert(script_.end(), times, std::move(what));
}
void fault_server::always(behaviour what) {
  std::lock_guard const held{lock_};
  last_word_ = std::move(what);
}
void fault_server::release() {
  std::lock_guard const held{lock_};
  ++releases_;
  news_.notify_all();
}

void fault_server::stop() {
  {
    std::lock_guard const held{lock_};
    if (std::exchange(stopping_, true)) return;
    ::shutdown(listener_, SHUT_RDWR);
    for (auto const& one : open_)
      if (one.fd >= 0) ::shutdown(one.fd, SHUT_RDWR);
    news_.notify_all();
  }
  acceptor_.join();
  for (auto& one : open_) one.thread.join();
  ::close(listener_);
}

std::vector<seen_request> fault_server::requests() const {
  std::lock_guard const held{lock_};
  return seen_;
}
std::vector<seen_request> fault_server::take_requests() {
  std::lock_guard const held{lock_};
  return std::exchange(seen_, {});
}
unsigned fault_server::connections() const {
  std::lock_guard const held{lock_};
  return static_cast<unsigned>(open_.size());
}
std::uint64_t fault_server::bytes_taken() const {
  std::lock_guard const held{lock_};
  return endless_bytes_;
}

template <class Condition>
bool fault_server::wait_until(Condition condition) {
  std::unique_lock held{lock_};
  return news_.wait_for(held, std::chrono::seconds{30}, condition);
}
bool fault_server::wait_for_requests(std::size_t total) {
  return wait_until([&] { return total_ >= total; });
}
bool fault_server::wait_for_connections(unsigned total) {
  return wait_until([&] { return open_.size() >= total; });
}
bool fault_server::wait_for_ends(unsigned total) {
  return wait_until([&] { return ended_ >= total; });
}

// ---- the server's threads -----------------------------------------------------------------------------------------------------------

void fault_server::listen_for_peers() {
  for (int fd; (fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC)) >= 0 || errno == ECONNABORTED;)
    if (fd >= 0) begin(fd);
}

void fault_server::begin(int fd) {
  std::lock_guard const held{lock_};
  if (stopping_) {
    ::close(fd);
    return;
  }
  auto& one = open_.emplace_back();
  one.fd = fd;
  one.number = static_cast<unsigned>(open_.size());
  one.thread = std::thread{[this, &one] { serve(one); }};
  news_.notify_all();
}

void fault_server::serve(connection& one) {
  behaviour early;
  if (take_early(early)) return do_early(early, one);
  if (!identity_) {
    plain_stream with{one.fd};
    return converse(one, with);
  }
  auto const with = identity_->accept(one.fd);
  if (!with) {  // closing over unread bytes would be a reset, and OpenSSL's last words would be lost
    ::shutdown(one.fd, SHUT_WR);
    drain(one.fd);
    return close(one, false);
  }
  converse(one, *with);
}

void fault_server::converse(connection& one, byte_stream& with) {
  request_reader reader{with};
  for (bool more = true; more;) {
    seen_request request;
    if (!reader.read(request)) break;
    request.connection = one.number;
    auto const what = take_behaviour(request);
    {
      std::lock_guard const held{lock_};
      seen_.push_back(request);
      ++total_;
      news_.notify_all();
    }
    more = perform(what, request, one, with);
  }
  with.finish();
  close(one, false);
}

/// False: the connection is to end.
bool fault_server::perform(behaviour const& what, seen_request const& request, connection& one, byte_stream& with) {
  using kind = behaviour::kind;
  switch (what.what) {
    case kind::hold:
      if (!wait_for_release()) return false;
      [[fallthrough]];
    case kind::answer: return with.write(head_of(what, true) + (request.method == "HEAD" ? "" : what.body)) && what.keep;
    case kind::cut: return with.write(head_of(what, true) + what.body.substr(0, what.size)) && false;
    case kind::raw: return with.write(what.body) && what.keep;
    case kind::never: {
      char nothing;
      with.read(&nothing, 1);
      return false;
    }
    case kind::endless:
    case kind::endless_headers: stream_without_end(what, with); return false;
    case kind::reset: close(one, true); return false;
    default: return false;
  }
}

bool fault_server::wait_for_release() {
  std::unique_lock held{lock_};
  auto const before = releases_;
  news_.wait(held, [&] { return stopping_ || releases_ != before; });
  return !stopping_;
}

void fault_server::stream_without_end(behaviour const& what, byte_stream& with) {
  bool const headers = what.what == behaviour::kind::endless_headers;
  std::string piece;
  while (piece.size() < 16000) piece += headers ? "X-More: and more, and more, and more, and more\r\n" : "and more, and more, and more, ";
  for (bool more = with.write(headers ? "HTTP/1.1 200 As Told\r\n" : head_of(what, false)); more;) {
    more = with.write(piece);
    std::lock_guard const held{lock_};
    if (more) endless_bytes_ += piece.size();
  }
}

void fault_server::do_early(behaviour const& what, connection& one) {
  char hello[65536];
  auto const got = ::recv(one.fd, hello, sizeof hello, 0);
  if (got > 0 && what.what == behaviour::kind::hang_early) drain(one.fd);
  plain_stream{one.fd}.write(what.body);
  close(one, what.what == behaviour::kind::reset_early);
}

void fault_server::answer_by(std::function<std::optional<behaviour>(seen_request const&)> decide) {
  std::lock_guard const held{lock_};
  decide_ = std::move(decide);
}

behaviour fault_server::take_behaviour(seen_request const& request) {
  std::lock_guard const held{lock_};
  if (script_.empty()) {
    if (decide_)
      if (auto decided = decide_(request)) return std::move(*decided);
    return last_word_;
  }
  auto out = std::move(script_.front());
  script_.pop_front();
  return out;
}
bool fault_server::take_early(behaviour& out) {
  std::lock_guard const held{lock_};
  bool const scripted = !script_.empty();
  out = scripted ? script_.front() : last_word_;
  if (!out.is_early()) return false;
  if (scripted) script_.pop_front();
  return true;
}

void fault_server::close(connection& one, bool reset) {
  std::lock_guard const held{lock_};
  if (one.fd < 0) return;
  linger const at_once{1, 0};
  if (reset) ::setsockopt(one.fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  ::close(one.fd);
  one.fd = -1;
  ++ended_;
  news_.notify_all();
}

}  // namespace test

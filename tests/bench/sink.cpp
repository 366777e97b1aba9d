// The other end of the whole path: takes OTLP over HTTP on loopback, counts, and says 200. Made to cost little, so that what is measured is
// who sends. Prints its port; `GET /` answers with what it has counted since the last time, as JSON; it ends with its standard input.
//
//   sink [--processor N [--awake]]
//
// With --awake it looks for the next bytes without ever sleeping, while there is traffic: on a virtual machine it may cost the sender more to
// wake a processor than to send.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

namespace {

struct counts {
  std::uint64_t connections = 0, requests = 0, bytes = 0, spans = 0, bad = 0;
};

/// A reader of protobuf that knows lengths and nothing else.
struct wire {
  unsigned char const* at;
  unsigned char const* end;
  bool bad = false;

  [[nodiscard]] std::uint64_t varint() noexcept {
    std::uint64_t out = 0;
    for (int shift = 0; shift < 64 && at != end; shift += 7) {
      unsigned char const byte = *at++;
      out |= static_cast<std::uint64_t>(byte & 0x7F) << shift;
      if ((byte & 0x80) == 0) return out;
    }
    bad = true;
    return 0;
  }
  [[nodiscard]] wire inner() noexcept {
    std::uint64_t const size = varint();
    if (bad || size > static_cast<std::uint64_t>(end - at)) {
      bad = true;
      return {end, end};
    }
    wire const out{at, at + size};
    at += size;
    return out;
  }
  void skip(std::uint64_t type) noexcept {
    if (type == 0) (void)varint();
    else if (type == 2) (void)inner();
    else if (std::ptrdiff_t const size = type == 1 ? 8 : type == 5 ? 4 : end - at + 1; size <= end - at) at += size;
    else bad = true;
  }
};

/// Messages at the end of a path of field numbers: 1, 2, 2 are the spans of a request.
std::uint64_t count_at(wire in, int const* path, int depth, bool& bad) noexcept {
  std::uint64_t out = 0;
  while (in.at != in.end && !in.bad) {
    std::uint64_t const tag = in.varint();
    if (tag >> 3 != static_cast<std::uint64_t>(path[0]) || (tag & 7) != 2) {
      in.skip(tag & 7);
      continue;
    }
    wire const inside = in.inner();
    if (in.bad) break;
    out += depth == 1 ? 1 : count_at(inside, path + 1, depth - 1, bad);
  }
  bad = bad || in.bad;
  return out;
}

struct connection {
  int socket;
  std::string in;
};

void answer(int to, std::string_view type, std::string_view body) {
  std::string const out = "HTTP/1.1 200 OK\r\nContent-Type: " + std::string{type} + "\r\nContent-Length: " + std::to_string(body.size()) +
                          "\r\n\r\n" + std::string{body};
  (void)!::send(to, out.data(), out.size(), MSG_NOSIGNAL);
}

void tell(int to, counts& so_far) {
  char text[256];
  int const size = std::snprintf(text, sizeof text, "{\"connections\": %llu, \"requests\": %llu, \"bytes\": %llu, \"spans\": %llu, \"bad\": %llu}\n",
                                 static_cast<unsigned long long>(so_far.connections), static_cast<unsigned long long>(so_far.requests),
                                 static_cast<unsigned long long>(so_far.bytes), static_cast<unsigned long long>(so_far.spans),
                                 static_cast<unsigned long long>(so_far.bad));
  answer(to, "application/json", {text, static_cast<std::size_t>(size)});
  so_far = {};
}

/// Everything complete that lies in the buffer. False: not what this sink understands.
bool serve(connection& from, counts& so_far) {
  for (;;) {
    auto const head_end = from.in.find("\r\n\r\n");
    if (head_end == std::string::npos) return from.in.size() < 65'536;
    std::string_view const head{from.in.data(), head_end};
    if (head.starts_with("GET ")) {
      --so_far.connections;  // who asks is not who sends
      tell(from.socket, so_far);
      from.in.erase(0, head_end + 4);
      continue;
    }
    auto at = head.find("ontent-Length:");
    if (at == std::string_view::npos) at = head.find("ontent-length:");
    if (at == std::string_view::npos) return false;
    std::size_t const size = std::strtoull(from.in.c_str() + at + 14, nullptr, 10);
    if (from.in.size() < head_end + 4 + size) {
      from.in.reserve(head_end + 4 + size);
      return true;
    }
    auto const* const body = reinterpret_cast<unsigned char const*>(from.in.data()) + head_end + 4;
    constexpr int spans[]{1, 2, 2};
    bool bad = false;
    so_far.spans += count_at({body, body + size}, spans, 3, bad);
    so_far.bad += bad ? 1 : 0;
    so_far.bytes += size;
    ++so_far.requests;
    answer(from.socket, "application/x-protobuf", {});
    from.in.erase(0, head_end + 4 + size);
  }
}

[[nodiscard]] int listen_somewhere(unsigned& port) {
  int const out = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in where{};
  where.sin_family = AF_INET;
  where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof where;
  if (out < 0 || ::bind(out, reinterpret_cast<sockaddr*>(&where), size) != 0 || ::listen(out, 64) != 0 ||
      ::getsockname(out, reinterpret_cast<sockaddr*>(&where), &size) != 0) {
    std::perror("sink");
    std::exit(1);
  }
  port = ntohs(where.sin_port);
  return out;
}

void keep_to_processor(int number) {
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(number, &one);
  if (::sched_setaffinity(0, sizeof one, &one) != 0) std::perror("sink: that processor is not to be had");
}

}  // namespace

int main(int count, char** words) {
  if (count >= 3 && std::string_view{words[1]} == "--processor") keep_to_processor(std::atoi(words[2]));
  bool const awake = count == 4 && std::string_view{words[3]} == "--awake";
  unsigned port = 0;
  int const door = listen_somewhere(port);
  std::printf("%u\n", port);
  std::fflush(stdout);

  counts so_far;
  std::vector<connection> peers;
  std::vector<char> piece(1 << 20);
  constexpr int patience = 200'000;  // looks in vain, some tenths of a second, after which even --awake sleeps
  for (int in_vain = patience;;) {
    std::vector<pollfd> all{{STDIN_FILENO, POLLIN, 0}, {door, POLLIN, 0}};
    for (auto const& peer : peers) all.push_back({peer.socket, POLLIN, 0});
    int const ready = ::poll(all.data(), all.size(), awake && in_vain < patience ? 0 : -1);
    if (ready < 0) return 1;
    in_vain = ready == 0 ? in_vain + 1 : 0;
    if (all[0].revents != 0) return 0;
    for (std::size_t i = peers.size(); i-- > 0;) {
      if (all[i + 2].revents == 0) continue;
      auto const got = ::recv(peers[i].socket, piece.data(), piece.size(), 0);
      bool const stays = got > 0 && (peers[i].in.append(piece.data(), static_cast<std::size_t>(got)), serve(peers[i], so_far));
      if (stays) continue;
      ::close(peers[i].socket);
      peers.erase(peers.begin() + static_cast<std::ptrdiff_t>(i));
    }
    if (all[1].revents != 0) {
      int const peer = ::accept4(door, nullptr, nullptr, SOCK_CLOEXEC);
      int const on = 1;
      if (peer < 0) continue;
      ::setsockopt(peer, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      peers.push_back({peer, {}});
      ++so_far.connections;
    }
  }
}

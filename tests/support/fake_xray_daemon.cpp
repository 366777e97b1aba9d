#include "fake_xray_daemon.hpp"

#include "kept.hpp"

#include <cstdlib>
#include <stdexcept>

#include <rapidjson/document.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace support {
namespace {

constexpr std::string_view packet_head = "{\"format\":\"json\",\"version\":1}\n";

using json = rapidjson::Value;

[[nodiscard]] bool is_hex(json const& at, std::size_t size) {
  if (!at.IsString() || at.GetStringLength() != size) return false;
  std::string_view const text{at.GetString(), size};
  return text.find_first_not_of("0123456789abcdef") == std::string_view::npos && text.find_first_not_of('0') != std::string_view::npos;
}

[[nodiscard]] std::string wrong_with(json const& at, bool outermost) {
  if (!at.IsObject()) return "it is no object";
  if (!at.HasMember("id") || !is_hex(at["id"], 16)) return "it has no id";
  std::string const id = at["id"].GetString();
  if (at.MemberBegin()->name != "id") return id + ": its id does not come first";
  for (auto one = at.MemberBegin(); one != at.MemberEnd(); ++one)
    for (auto other = at.MemberBegin(); other != one; ++other)
      if (other->name == one->name) return id + ": two members " + one->name.GetString();
  if (!at.HasMember("name") || !at["name"].IsString() || at["name"].GetStringLength() == 0) return id + ": it has no name";
  if (!at.HasMember("start_time") || !at["start_time"].IsNumber()) return id + ": it has no start_time";
  bool const open = at.HasMember("in_progress");
  if (open == at.HasMember("end_time")) return id + ": it has both of end_time and in_progress, or neither";
  if (!open && at["end_time"].GetDouble() < at["start_time"].GetDouble()) return id + ": it ends before it starts";
  bool const sub = at.HasMember("type");
  if (outermost && (!at.HasMember("trace_id") || !at["trace_id"].IsString() || at["trace_id"].GetStringLength() != 35)) return id + ": it has no trace_id";
  if (!outermost && (sub || at.HasMember("trace_id"))) return id + ": nested, and yet with type or trace_id";
  if (sub && (at["type"] != "subsegment" || !at.HasMember("parent_id"))) return id + ": a subsegment of its own without a parent_id";
  if (!at.HasMember("subsegments")) return {};
  for (auto const& each : at["subsegments"].GetArray())
    if (auto wrong = wrong_with(each, false); !wrong.empty()) return wrong;
  return {};
}

void add_ids(json const& at, std::vector<std::string>& to) {
  to.emplace_back(at["id"].GetString());
  if (!at.HasMember("subsegments")) return;
  for (auto const& each : at["subsegments"].GetArray()) add_ids(each, to);
}

/// For the schemas.
void keep(std::string_view body) { keep_text("FANLIGHT_XRAY_DOCUMENTS", body); }

}  // namespace

std::string wrong_with_document(std::string_view body) {
  if (body.size() > 64'000) return "it has " + std::to_string(body.size()) + " bytes";
  rapidjson::Document document;
  document.Parse<rapidjson::kParseValidateEncodingFlag | rapidjson::kParseFullPrecisionFlag>(body.data(), body.size());
  if (document.HasParseError()) return "it is no JSON: " + std::string{body.substr(0, 200)};
  return wrong_with(document, true);
}

std::vector<std::string> ids_in_document(std::string_view body) {
  rapidjson::Document document;
  document.Parse(body.data(), body.size());
  std::vector<std::string> out;
  if (!document.HasParseError() && document.IsObject()) add_ids(document, out);
  return out;
}

fake_xray_daemon::fake_xray_daemon(options how) : ipv6_{how.ipv6} {
  if (how.with_tcp) {
    tcp_ = std::make_unique<test::fault_server>();
    tcp_->answer_by([this](test::seen_request const& request) { return answer(request); });
  }
  socket_ = ::socket(ipv6_ ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (::setsockopt(socket_, SOL_SOCKET, SO_RCVBUFFORCE, &how.receive_buffer, sizeof how.receive_buffer) != 0)
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &how.receive_buffer, sizeof how.receive_buffer);
  sockaddr_in6 six{};
  sockaddr_in four{};
  six.sin6_family = AF_INET6, six.sin6_addr = in6addr_loopback, six.sin6_port = htons(static_cast<std::uint16_t>(how.port));
  four.sin_family = AF_INET, four.sin_addr.s_addr = htonl(INADDR_LOOPBACK), four.sin_port = htons(static_cast<std::uint16_t>(how.port));
  auto* const address = ipv6_ ? reinterpret_cast<sockaddr*>(&six) : reinterpret_cast<sockaddr*>(&four);
  socklen_t size = ipv6_ ? sizeof six : sizeof four;
  if (socket_ < 0 || ::bind(socket_, address, size) != 0 || ::getsockname(socket_, address, &size) != 0 || ::pipe(wake_) != 0)
    throw std::runtime_error{"the fake daemon got no port"};
  udp_port_ = ntohs(ipv6_ ? six.sin6_port : four.sin_port);
  int given = 0;
  size = sizeof given;
  ::getsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &given, &size);
  receive_buffer_ = static_cast<std::size_t>(given) / 2;  // the kernel tells twice what may be used
  reader_ = std::thread{[this] { receive(); }};
}

fake_xray_daemon::~fake_xray_daemon() {
  stop_udp();
  if (tcp_) tcp_->stop();
  ::close(socket_), ::close(wake_[0]), ::close(wake_[1]);
}

void fake_xray_daemon::stop_udp() {
  if (!reader_.joinable()) return;
  if (::write(wake_[1], "x", 1) != 1) std::abort();
  reader_.join();
}

void fake_xray_daemon::catch_up() {
  auto const before = now_.get().marks;
  sockaddr_storage own{};
  socklen_t size = sizeof own;
  ::getsockname(socket_, reinterpret_cast<sockaddr*>(&own), &size);
  while (::sendto(socket_, "mark", 4, 0, reinterpret_cast<sockaddr*>(&own), size) < 0) {}
  (void)now_.wait([=](state const& all) { return all.marks > before; });
}

std::string fake_xray_daemon::address() const {
  std::string const host = ipv6_ ? "[::1]" : "127.0.0.1";
  auto const udp = host + ":" + std::to_string(udp_port_);
  return "udp:" + udp + " tcp:" + (tcp_ ? "127.0.0.1:" + std::to_string(tcp_->port()) : udp);
}

void fake_xray_daemon::receive() {
  std::string packet;
  for (;;) {
    pollfd both[2]{{socket_, POLLIN, 0}, {wake_[0], POLLIN, 0}};
    if (::poll(both, 2, -1) < 0) continue;
    if ((both[0].revents & POLLIN) != 0) {
      packet.resize(70'000);
      auto const got = ::recv(socket_, packet.data(), packet.size(), MSG_DONTWAIT);
      if (got >= 0) packet.resize(static_cast<std::size_t>(got)), look_at(packet);
    } else if (both[1].revents != 0) {
      return;
    }
  }
}

void fake_xray_daemon::look_at(std::string packet) {
  if (packet == "mark") {
    now_.change([](state& all) { ++all.marks; });
    return;
  }
  bool const headed = std::string_view{packet}.substr(0, packet_head.size()) == packet_head;
  now_.change([&](state& all) {
    if (!headed) all.complaints.push_back("a packet without the header line: " + packet.substr(0, 60));
    all.documents.push_back(headed ? packet.substr(packet_head.size()) : packet);
  });
}

std::vector<std::string> fake_xray_daemon::documents() const { return now_.get().documents; }
std::vector<std::string> fake_xray_daemon::acknowledged() const { return now_.get().acknowledged; }
bool fake_xray_daemon::wait_for_documents(std::size_t total) const {
  return now_.wait([=](state const& all) { return all.documents.size() >= total; }, 30s);
}

std::vector<std::string> fake_xray_daemon::complaints() const {
  auto const all = now_.get();
  auto out = all.complaints;
  for (auto const* list : {&all.documents, &all.acknowledged})
    for (auto const& each : *list) {
      keep(each);
      if (auto wrong = wrong_with_document(each); !wrong.empty()) out.push_back(std::move(wrong));
    }
  return out;
}

void fake_xray_daemon::set_rules(std::string text) {
  now_.change([&](state& all) { all.rules = std::move(text); });
}
void fake_xray_daemon::set_targets(std::string text) {
  now_.change([&](state& all) { all.targets = std::move(text); });
}
void fake_xray_daemon::refuse(std::string const& id, std::string code) {
  now_.change([&](state& all) { all.refused[id] = std::move(code); });
}

std::string fake_xray_daemon::answer_segments(std::string const& body) {
  rapidjson::Document document;
  document.Parse(body.data(), body.size());
  std::string refused;
  now_.change([&](state& all) {
    bool const good = !document.HasParseError() && document.IsObject() && document.MemberCount() == 1 && document.HasMember("TraceSegmentDocuments");
    if (!good || !document["TraceSegmentDocuments"].IsArray()) return all.complaints.push_back("no PutTraceSegments: " + body.substr(0, 200));
    auto const list = document["TraceSegmentDocuments"].GetArray();
    if (list.Size() == 0 || list.Size() > 50) all.complaints.push_back(std::to_string(list.Size()) + " documents in one request");
    auto const refuse = [&](std::string const& id, std::string const& code) {
      refused += (refused.empty() ? "{" : ",{") + (id.empty() ? std::string{} : "\"Id\":\"" + id + "\",") + "\"ErrorCode\":\"" + code + "\",\"Message\":\"as told\"}";
    };
    for (auto const& each : list) {
      std::string text{each.GetString(), each.GetStringLength()};
      auto const id = text.substr(0, 7) == "{\"id\":\"" ? text.substr(7, 16) : std::string{};  // where it has to be
      if (auto const at = id.empty() ? all.refused.end() : all.refused.find(id); at != all.refused.end()) refuse(at->first, at->second);
      else all.acknowledged.push_back(std::move(text));
    }
    if (auto const at = all.refused.find(""); at != all.refused.end()) refuse("", at->second), all.refused.erase(at);
  });
  return "{\"UnprocessedTraceSegments\":[" + refused + "]}";
}

std::optional<test::behaviour> fake_xray_daemon::answer(test::seen_request const& to) {
  auto const* const type = to.header("content-type");
  bool const wrong = to.method != "POST" || type == nullptr || *type != "application/json";
  if (wrong) now_.change([&](state& all) { all.complaints.push_back(to.method + " " + to.target + " is no request of X-Ray's"); });
  std::string body;
  if (to.target == "/TraceSegments") body = answer_segments(to.body);
  else if (to.target == "/GetSamplingRules") body = now_.get().rules;
  else if (to.target == "/SamplingTargets") body = now_.get().targets;
  else return test::behaviour::answer(404);
  return test::behaviour::answer(200, {{"Content-Type", "application/json"}}, std::move(body));
}

}  // namespace support

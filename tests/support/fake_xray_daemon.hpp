// An X-Ray daemon on loopback: takes datagrams, and on its TCP side what the real one passes on to the service. Strict where the real one is
// lenient: whatever is wrong with a packet is written down. The test makes and owns it; its threads end with it. All functions may be called
// from any thread.
#pragma once

#include "fault_server.hpp"
#include "pipeline_kit.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace support {

class fake_xray_daemon {
 public:
  struct options {
    bool ipv6 = false;
    int receive_buffer = 4 << 20;  // bytes asked for; see receive_buffer()
    unsigned port = 0;             // of UDP; 0: any
    bool with_tcp = true;
  };
  fake_xray_daemon() : fake_xray_daemon{options{}} {}
  explicit fake_xray_daemon(options how);
  fake_xray_daemon(fake_xray_daemon const&) = delete;
  fake_xray_daemon& operator=(fake_xray_daemon const&) = delete;
  ~fake_xray_daemon();

  [[nodiscard]] unsigned udp_port() const { return udp_port_; }
  [[nodiscard]] unsigned tcp_port() const { return tcp_ ? tcp_->port() : 0; }
  /// As AWS_XRAY_DAEMON_ADDRESS takes it.
  [[nodiscard]] std::string address() const;
  /// What the kernel really gives the UDP side.
  [[nodiscard]] std::size_t receive_buffer() const { return receive_buffer_; }

  // ---- UDP ----
  /// Documents of all packets so far, in order; each went to the folder for the schemas.
  [[nodiscard]] std::vector<std::string> documents() const;
  [[nodiscard]] bool wait_for_documents(std::size_t total) const;
  /// What was wrong with packets or documents, over UDP and TCP, in words.
  [[nodiscard]] std::vector<std::string> complaints() const;
  /// Comes back when all that has been sent so far has been read.
  void catch_up();
  /// Reads what lies there, then nothing more, and lets the kernel's buffer fill.
  void stop_udp();

  // ---- TCP ----
  /// To say what it answers: the script comes first. By itself it acknowledges documents, and serves rules and targets.
  [[nodiscard]] test::fault_server& tcp() { return *tcp_; }
  /// The answers to GetSamplingRules and SamplingTargets.
  void set_rules(std::string json);
  void set_targets(std::string json);
  /// X-Ray refuses the document with this id: an entry in UnprocessedTraceSegments. An empty id: an entry without one, once.
  void refuse(std::string const& id, std::string code);
  /// Documents that were acknowledged, in order.
  [[nodiscard]] std::vector<std::string> acknowledged() const;

 private:
  struct state {
    std::vector<std::string> documents, acknowledged, complaints;
    std::size_t marks = 0;
    std::map<std::string, std::string> refused;
    std::string rules = R"({"SamplingRuleRecords":[]})";
    std::string targets = R"({"SamplingTargetDocuments":[],"LastRuleModification":0,"UnprocessedStatistics":[]})";
  };
  void receive();
  void look_at(std::string packet);
  [[nodiscard]] std::optional<test::behaviour> answer(test::seen_request const& to);
  [[nodiscard]] std::string answer_segments(std::string const& body);

  bool const ipv6_;
  int socket_ = -1, wake_[2] = {-1, -1};
  unsigned udp_port_ = 0;
  std::size_t receive_buffer_ = 0;
  watched<state> now_;
  std::unique_ptr<test::fault_server> tcp_;
  std::thread reader_;
};

/// What is wrong with a document by the rules that every one must keep, in words; empty: nothing. Does not know the schemas.
[[nodiscard]] std::string wrong_with_document(std::string_view body);
/// Ids of the document and of all that is nested in it.
[[nodiscard]] std::vector<std::string> ids_in_document(std::string_view body);

}  // namespace support

// An HTTP server on loopback that answers as the test says, also in ways that no real server would: late, in part, without end, not at all.
// The test makes and owns it and takes what was received from it; its own threads, one for each connection, end with it. All functions may
// be called from any thread.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "tls.hpp"

namespace test {

using header_lines = std::vector<std::pair<std::string, std::string>>;

struct seen_request {
  std::string method, target, body;  // the body without its chunks, otherwise as it came
  header_lines headers;
  unsigned connection = 0;  // from 1, in the order they were made

  /// The first of that name, whatever its case; null: there is none.
  [[nodiscard]] std::string const* header(std::string_view name) const;
};

/// What the server does with one request.
struct behaviour {
  enum class kind { answer, hold, cut, raw, never, close, reset, endless, endless_headers, hang_up, reset_early, hang_early };

  kind what = kind::answer;
  int status = 200;
  header_lines headers = {};
  std::string body = {};
  std::size_t size = 0;  // of cut: bytes of the body that go out
  bool keep = true;  // the connection, afterwards

  [[nodiscard]] static behaviour answer(int status, header_lines headers = {}, std::string body = {}) {
    return {kind::answer, status, std::move(headers), std::move(body)};
  }
  /// As `answer`, and then it closes the connection without having said that it would.
  [[nodiscard]] static behaviour answer_and_close(int status, header_lines headers = {}, std::string body = {}) {
    return {kind::answer, status, std::move(headers), std::move(body), 0, false};
  }
  /// Answers when the test calls release().
  [[nodiscard]] static behaviour hold(int status, header_lines headers = {}, std::string body = {}) {
    return {kind::hold, status, std::move(headers), std::move(body)};
  }
  /// Promises the whole body, sends `size` bytes of it, and closes.
  [[nodiscard]] static behaviour cut(int status, header_lines headers, std::string body, std::size_t size) {
    return {kind::cut, status, std::move(headers), std::move(body), size, false};
  }
  /// These bytes, whatever they are.
  [[nodiscard]] static behaviour raw(std::string bytes, bool keep = false) { return {kind::raw, 0, {}, std::move(bytes), 0, keep}; }
  /// Until the peer closes, or the server ends.
  [[nodiscard]] static behaviour never() { return {kind::never}; }
  [[nodiscard]] static behaviour close() { return {kind::close}; }
  [[nodiscard]] static behaviour reset() { return {kind::reset}; }
  /// A body that goes on until the peer closes. `headers` may promise a Content-Length.
  [[nodiscard]] static behaviour endless(int status = 200, header_lines headers = {}) {
    return {kind::endless, status, std::move(headers)};
  }
  [[nodiscard]] static behaviour endless_headers() { return {kind::endless_headers}; }
  /// These come before a request is read, and before TLS: the first bytes of the peer are taken, and the connection is closed
  /// (`words` go out before that, in plain), reset, or left as it is.
  [[nodiscard]] static behaviour hang_up(std::string words = {}) { return {kind::hang_up, 0, {}, std::move(words)}; }
  [[nodiscard]] static behaviour reset_early() { return {kind::reset_early}; }
  [[nodiscard]] static behaviour hang_early() { return {kind::hang_early}; }

  [[nodiscard]] bool is_early() const { return what == kind::hang_up || what == kind::reset_early || what == kind::hang_early; }
};

class fault_server {
 public:
  fault_server() : fault_server{nullptr} {}
  /// Speaks TLS.
  explicit fault_server(std::shared_ptr<tls_identity> identity);
  fault_server(fault_server const&) = delete;
  fault_server& operator=(fault_server const&) = delete;
  ~fault_server() { stop(); }

  [[nodiscard]] unsigned port() const { return port_; }
  /// `http://127.0.0.1:<port><path>`, or https.
  [[nodiscard]] std::string url(std::string const& path = "/") const;

  /// The script: each request uses one of these up; when none is left, the last word holds, which at first is `200` with no body.
  void next(behaviour what, std::size_t times = 1);
  void always(behaviour what);
  /// Asked, on the server's threads, for each request that the script leaves open; before the last word. Nothing: that holds.
  void answer_by(std::function<std::optional<behaviour>(seen_request const&)> decide);
  /// Lets go of all that is held now.
  void release();
  /// Closes everything. The port refuses connections from then on.
  void stop();

  [[nodiscard]] std::vector<seen_request> requests() const;
  /// What came since the last take.
  [[nodiscard]] std::vector<seen_request> take_requests();
  [[nodiscard]] unsigned connections() const;
  /// Bytes of endless answers that went out.
  [[nodiscard]] std::uint64_t bytes_taken() const;

  /// False: it did not come to that within half a minute.
  [[nodiscard]] bool wait_for_requests(std::size_t total);
  [[nodiscard]] bool wait_for_connections(unsigned total);
  /// Connections that are over, whoever closed them.
  [[nodiscard]] bool wait_for_ends(unsigned total);

 private:
  struct connection {
    int fd = -1;
    unsigned number = 0;
    std::thread thread;
  };

  void listen_for_peers();
  void begin(int fd);
  void serve(connection& one);
  void converse(connection& one, byte_stream& with);
  bool perform(behaviour const& what, seen_request const& request, connection& one, byte_stream& with);
  bool wait_for_release();
  void stream_without_end(behaviour const& what, byte_stream& with);
  void do_early(behaviour const& what, connection& one);
  [[nodiscard]] behaviour take_behaviour(seen_request const& request);
  [[nodiscard]] bool take_early(behaviour& out);
  void close(connection& one, bool reset);
  template <class Condition>
  bool wait_until(Condition condition);

  std::shared_ptr<tls_identity> identity_;
  int listener_ = -1;
  unsigned port_ = 0;
  std::thread acceptor_;

  mutable std::mutex lock_;
  std::condition_variable news_;
  std::deque<behaviour> script_;
  behaviour last_word_;
  std::function<std::optional<behaviour>(seen_request const&)> decide_;
  std::list<connection> open_;  // those that ended stay, until the server does
  std::vector<seen_request> seen_;
  std::size_t total_ = 0;
  unsigned ended_ = 0;
  std::uint64_t releases_ = 0, endless_bytes_ = 0;
  bool stopping_ = false;
};

}  // namespace test

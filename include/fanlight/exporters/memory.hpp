// An exporter that keeps what it is given: for tests and for looking at one's own telemetry. Whoever makes it shares it with the lane;
// reading is safe from any thread.
#pragma once

#include <fanlight/exporter.hpp>

#include <mutex>

FANLIGHT_BEGIN

class memory {
 public:
  void consume(batch<span_record> spans) { keep(spans_, std::move(spans)); }
  void consume(batch<log_record> logs) { keep(logs_, std::move(logs)); }
  void consume(batch<error_record> errors) { keep(errors_, std::move(errors)); }

  /// The records so far. Each batch lives as long as somebody holds it, here or in the exporter.
  [[nodiscard]] std::vector<batch<span_record>> spans() const { return copy(spans_); }
  [[nodiscard]] std::vector<batch<log_record>> logs() const { return copy(logs_); }
  [[nodiscard]] std::vector<batch<error_record>> errors() const { return copy(errors_); }
  void clear() {
    std::lock_guard const held{lock_};
    spans_.clear(), logs_.clear(), errors_.clear();
  }

 private:
  template <class Record>
  void keep(std::vector<batch<Record>>& to, batch<Record> records) {
    std::lock_guard const held{lock_};
    to.push_back(std::move(records));
  }
  template <class Record>
  [[nodiscard]] std::vector<batch<Record>> copy(std::vector<batch<Record>> const& from) const {
    std::lock_guard const held{lock_};
    return from;
  }
  mutable std::mutex lock_;
  std::vector<batch<span_record>> spans_;
  std::vector<batch<log_record>> logs_;
  std::vector<batch<error_record>> errors_;
};

FANLIGHT_END

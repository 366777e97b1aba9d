// What the programs of this folder have in common: an exporter that keeps the last log record, and whether that is the one.
#pragma once

#include <fanlight/fanlight.hpp>

#include <chrono>
#include <cstdio>
#include <memory>
#include <string>

struct seen {
  std::string text;
  int spans = 0;
  void consume(fanlight::batch<fanlight::log_record> logs) {
    for (auto const& log : logs) text = log.body;
  }
  void consume(fanlight::batch<fanlight::span_record> all) { spans += static_cast<int>(all.size()); }
};

inline int verdict(fanlight::session& session, seen const& sink, std::string const& wanted) {
  bool const all = session.flush(std::chrono::seconds{10});
  std::printf("adapter: \"%s\", %d spans\n", sink.text.c_str(), sink.spans);
  return all && sink.text == wanted && sink.spans != 0 ? 0 : 1;
}

// What a program asked fanlight to record, line by line, from the program's own side: a JSON object for each span, log record and report.
// tests/peers/asked.py reads it and says what OTLP has to show of it. Lines may be written by several threads.
#pragma once

#include "datum.hpp"

#include <fanlight/context.hpp>
#include <fanlight/kinds.hpp>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <mutex>

namespace peers {

[[nodiscard]] inline std::int64_t now() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

/// A point in time: given to fanlight, or taken by it between two looks at the clock.
struct moment {
  std::int64_t from = 0, to = 0;
  [[nodiscard]] static moment exactly(std::int64_t at) { return {at, at}; }
};

struct asked_event {
  std::string name;
  moment at;
  pairs set;
};
struct asked_link {
  fl::context to;
  std::string state;  // the tracestate that came with it
  pairs set;
};

struct asked_span {
  fl::context own;     // for the ids, which fanlight makes
  std::string parent;  // hex; empty for a root
  bool remote_parent = false;
  int flags = 3;       // of W3C: sampled and random for a root, what the caller sent for its child
  std::string state;   // tracestate, as it came
  std::string name;
  fl::span_kind kind = fl::span_kind::internal;
  std::string scope, scope_version;
  moment start, end;
  pairs set, metadata;  // in the order of the calls; keys of metadata are `namespace.key`
  std::vector<asked_event> events;
  std::vector<asked_link> links;
  std::vector<std::pair<fl::status_code, std::string>> statuses;  // in the order of the calls
  std::string error_uuid;  // of the exception written to it, where it is known; `?uuid` stands for it among the values
};

struct asked_log {
  fl::context in;  // not valid: outside of any trace
  fl::level at = fl::level::info;
  std::string body, logger;
  moment when;
  pairs set, metadata;
  bool report = false;
  std::string error_type, uuid, fingerprint, person_id, person_name, person_email;
};

/// One object of a line; members separated by themselves.
class asked_line {
 public:
  explicit asked_line(std::string_view what) { out_ = "{\"what\":\"" + std::string{what} + '"'; }
  asked_line& word(std::string_view key, std::string_view plain) { return open(key), out_ += '"' + std::string{plain} + '"', *this; }
  asked_line& text(std::string_view key, std::string_view any) { return open(key), asked_json::put(out_, any), *this; }
  asked_line& number(std::string_view key, std::int64_t what) { return open(key), out_ += std::to_string(what), *this; }
  asked_line& yes(std::string_view key, bool what) { return open(key), out_ += what ? "true" : "false", *this; }
  asked_line& at(std::string_view key, moment when) { return open(key), put(when), *this; }
  asked_line& list(std::string_view key, pairs const& all) { return open(key), asked_json::put(out_, all), *this; }
  asked_line& who(fl::context const& ids, int flags) {
    return word("trace", ids.trace_id().hex()).word("id", ids.span_id().hex()).number("flags", flags);
  }
  asked_line& events(std::vector<asked_event> const& all) {
    open("events");
    out_ += '[';
    for (auto const& each : all) {
      out_ += &each == all.data() ? "{\"at\":" : ",{\"at\":";
      put(each.at);
      text("name", each.name).list("set", each.set);
      out_ += '}';
    }
    return out_ += ']', *this;
  }
  asked_line& links(std::vector<asked_link> const& all) {
    open("links");
    out_ += '[';
    for (auto const& each : all) {
      out_ += &each == all.data() ? "{\"remote\":" : ",{\"remote\":";
      out_ += each.to.is_remote() ? "true" : "false";
      who(each.to, each.to.flags()).text("state", each.state).list("set", each.set);
      out_ += '}';
    }
    return out_ += ']', *this;
  }
  asked_line& statuses(std::vector<std::pair<fl::status_code, std::string>> const& all) {
    open("statuses");
    out_ += '[';
    for (auto const& each : all) {
      out_ += &each == all.data() ? "[" : ",[";
      out_ += std::to_string(static_cast<int>(each.first)) + ',';
      asked_json::put(out_, std::string_view{each.second});
      out_ += ']';
    }
    return out_ += ']', *this;
  }
  [[nodiscard]] std::string take() { return out_ + "}\n"; }

 private:
  void open(std::string_view key) { out_ += ",\"" + std::string{key} + "\":"; }
  void put(moment when) { out_ += "[\"" + std::to_string(when.from) + "\",\"" + std::to_string(when.to) + "\"]"; }
  std::string out_;
};

class asked_file {
 public:
  explicit asked_file(char const* path) : file_{std::fopen(path, "w")} {
    if (file_ == nullptr) {
      std::fprintf(stderr, "cannot write %s\n", path);
      std::exit(2);
    }
  }
  asked_file(asked_file const&) = delete;
  asked_file& operator=(asked_file const&) = delete;
  ~asked_file() { std::fclose(file_); }

  void add(asked_span const& of) {
    asked_line line{"span"};
    line.who(of.own, of.flags).text("state", of.state).word("parent", of.parent).yes("remote", of.remote_parent).text("name", of.name);
    line.number("kind", static_cast<int>(of.kind)).text("scope", of.scope).text("scope_version", of.scope_version);
    line.at("start", of.start).at("end", of.end).list("set", of.set).list("metadata", of.metadata);
    line.events(of.events).links(of.links).statuses(of.statuses);
    line.word("error_uuid", of.error_uuid);
    put(line, spans_);
  }
  void add(asked_log const& of) {
    asked_line line{"log"};
    line.who(of.in, of.in.is_valid() ? of.in.flags() : 0)
        .number("level", static_cast<int>(of.at))
        .text("body", of.body)
        .text("logger", of.logger);
    line.at("at", of.when).list("set", of.set).list("metadata", of.metadata).yes("report", of.report);
    line.text("error_type", of.error_type).word("uuid", of.uuid).text("fingerprint", of.fingerprint);
    line.text("person_id", of.person_id).text("person_name", of.person_name).text("person_email", of.person_email);
    put(line, logs_);
  }
  void add(asked_line& line) {
    long nobody = 0;
    put(line, nobody);
  }
  [[nodiscard]] long spans() const {
    std::lock_guard const held{lock_};
    return spans_;
  }
  [[nodiscard]] long logs() const {
    std::lock_guard const held{lock_};
    return logs_;
  }

 private:
  void put(asked_line& line, long& count) {
    auto const made = line.take();
    std::lock_guard const held{lock_};
    std::fwrite(made.data(), 1, made.size(), file_);
    ++count;
  }
  mutable std::mutex lock_;
  std::FILE* file_;
  long spans_ = 0, logs_ = 0;
};

}  // namespace peers

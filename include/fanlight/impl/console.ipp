// Bodies of exporters/console.hpp: where the text goes, what the terminal is like, and from batches to text.
#pragma once

#include <fanlight/exporters/console.hpp>
#include <fanlight/impl/console_json.hpp>
#include <fanlight/impl/joined.hpp>
#include <fanlight/impl/line_file.hpp>
#include <fanlight/impl/trace_shelf.hpp>

#include <sys/ioctl.h>

#include <climits>

FANLIGHT_BEGIN
namespace detail {

/// The environment, read once when the exporter is made; and the terminal, asked for its width each time.
class terminal {
 public:
  explicit terminal(console_config const& given)
      : fd_{given.stream == console_stream::out ? STDOUT_FILENO : STDERR_FILENO}, width_{given.width} {
    bool const real = !given.write && ::isatty(fd_) == 1;
    auto const set = [](char const* name) {
      char const* const text = std::getenv(name);
      return std::string_view{text == nullptr ? "" : text};
    };
    auto const term = set("TERM");
    colour_ = given.colour.value_or(real && set("NO_COLOR").empty() && !term.empty() && term != "dumb");
    if (!real && !width_) width_ = number_in(set("COLUMNS"));
    fallback_ = number_in(set("COLUMNS")).value_or(100);
    struct stat seen {};
    if (!given.write && ::fstat(fd_, &seen) == 0 && S_ISFIFO(seen.st_mode)) piece_ = PIPE_BUF;
  }
  [[nodiscard]] FANLIGHT_COLD waterfall_style style() const noexcept {
    if (width_) return {*width_, colour_};
    winsize size{};
    bool const known = ::ioctl(fd_, TIOCGWINSZ, &size) == 0 && size.ws_col != 0;
    return {known ? size.ws_col : fallback_, colour_};
  }
  /// Sends from the front of `text` what is taken before `until`. False: not all of it, and errno says why.
  bool send(std::string& text, deadline until) const noexcept;

 private:
  [[nodiscard]] FANLIGHT_COLD static std::optional<unsigned> number_in(std::string_view text) noexcept {
    unsigned out = 0;
    for (char const digit : text) {
      if (digit < '0' || digit > '9' || out > 9999) return std::nullopt;
      out = out * 10 + static_cast<unsigned>(digit - '0');
    }
    return out >= 20 ? std::optional<unsigned>{out} : std::nullopt;
  }
  int fd_;
  std::optional<unsigned> width_;
  unsigned fallback_ = 100;
  bool colour_ = false;
  std::size_t piece_ = SIZE_MAX;  // more at once could block in a pipe whose reader is slow
};

// A terminal that is stopped, or a pipe that is full, is waited for before the write and not in it: a write cannot be given a deadline.
FANLIGHT_COLD FANLIGHT_INLINE bool terminal::send(std::string& text, deadline until) const noexcept {
  std::size_t done = 0;
  bool fine = true;
  while (fine && done < text.size()) {
    auto const left = std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now()).count();
    pollfd ready{fd_, POLLOUT, 0};
    int const woken = ::poll(&ready, 1, left < 0 ? 0 : left < 60'000 ? static_cast<int>(left) : 60'000);
    if (woken == 0 && left <= 60'000) {
      errno = EAGAIN;
      fine = false;
    } else if (woken > 0) {
      auto const wrote = ::write(fd_, text.data() + done, std::min(text.size() - done, piece_));
      if (wrote > 0) done += static_cast<std::size_t>(wrote);
      else fine = wrote < 0 && (errno == EINTR || errno == EAGAIN || errno == EWOULDBLOCK);
    } else if (woken < 0) {
      fine = errno == EINTR;
    }
  }
  text.erase(0, done);
  return fine;
}

class console_exporter final : public exporter {
 public:
  explicit console_exporter(console_config given) : given_{std::move(given)}, terminal_{given_} {}

  [[nodiscard]] record_types kinds() const noexcept override { return takes<span_record> | takes<log_record> | takes<error_record>; }
  FANLIGHT_COLD void start(exporter_setup const& setup) override {
    taken_ = setup.taken;
    tell_ = setup.tell;
  }

  [[nodiscard]] FANLIGHT_COLD outcome consume(entry_type type, batch_ref const& records, deadline until) override {
    if (!pending_.empty() && !deliver(until)) return blocked();
    if (given_.layout == console_layout::json) add_objects(type, records);
    else add_to_shelf(type, records);
    return deliver(until) || errno == EAGAIN ? outcome::delivered() : blocked();
  }
  FANLIGHT_COLD bool flush(deadline until) override {
    shelf_.empty(pending_, terminal_.style());
    return deliver(until);
  }
  void stop(deadline until) override { flush(until); }

 private:
  FANLIGHT_COLD void add_objects(entry_type type, batch_ref const& records) {
    if (type == entry_type::span) add_each<span_record>(records);
    else if (type == entry_type::log) add_each<log_record>(records);
    else add_each<error_record>(records);
  }
  template <class Record>
  FANLIGHT_COLD void add_each(batch_ref const& records) {
    json_.clear();
    for (auto const record : batch<Record>{records}) write_console_json(json_, record);
    pending_ += json_.view();
    json_.shrink_above(std::size_t{1} << 20);
  }

  // A span's log lines stand in the same batch, and in its picture: they are taken before the spans are drawn, not when their turn comes.
  FANLIGHT_COLD void add_to_shelf(entry_type type, batch_ref const& records) {
    auto const bit = [](entry_type which) { return record_types{1} << static_cast<unsigned>(which); };
    if (early_.get() != records.get()) early_ = batch_ref{}, early_types_ = 0;
    if ((early_types_ & bit(type)) != 0) {
      early_types_ &= ~bit(type);
      if (early_types_ == 0) early_ = batch_ref{};
      return;
    }
    auto const now = std::chrono::steady_clock::now();
    for (auto const other : {entry_type::log, entry_type::error}) {
      if (type != entry_type::span || records->count(other) == 0 || (taken_ & bit(other)) == 0) continue;
      shelf_.add(*records, other, now);
      early_ = records;
      early_types_ |= bit(other);
    }
    shelf_.add(*records, type, now);
    shelf_.settle(pending_, terminal_.style(), now);
  }

  /// False: some is still pending, and errno says why.
  FANLIGHT_COLD bool deliver(deadline until) {
    if (pending_.empty()) return true;
    if (!given_.write) return terminal_.send(pending_, until);
    std::string const text = std::exchange(pending_, {});
    given_.write(text);
    return true;
  }
  /// Waiting for a reader that does not keep up makes sense; for one that has gone it does not.
  [[nodiscard]] FANLIGHT_COLD outcome blocked() {
    int const why = errno;
    std::string const name = given_.stream == console_stream::out ? "standard output" : "standard error";
    if (why == EAGAIN) return outcome::retry(joined({"console: ", name, " takes no more text at the moment"}));
    pending_.clear();
    std::string what = joined({"console: cannot write to ", name, ": ", error_text(why)});
    if (tell_) tell_(problem_code::file_failed, what);
    return outcome::dropped(std::move(what));
  }

  console_config given_;
  terminal terminal_;
  trace_shelf shelf_;
  std::string pending_;  // text that has not left yet
  send_buffer json_;
  batch_ref early_;  // some of its records have been taken before their turn; kept, so that no other batch is mistaken for it
  record_types early_types_ = 0;
  record_types taken_ = ~record_types{};
  std::function<void(problem_code, std::string)> tell_;
};

}  // namespace detail

FANLIGHT_COLD FANLIGHT_INLINE exporter_spec console(console_config given) {
  exporter_spec out;
  out.name = "console";
  out.prompt = true;
  if (given.width && *given.width < 20)
    out.problems.push_back({problem_code::config_bad,
                            detail::joined({"console width ", std::to_string(*given.width), ": 20 columns are the least"}), out.name});
  out.make = [given = std::move(given)]() -> std::unique_ptr<exporter> { return std::make_unique<detail::console_exporter>(given); };
  return out;
}

FANLIGHT_END

// A sink for spdlog: what a program logs goes to fanlight's exporters too, with the ids of the span that is current. One line does it:
//
//   fl::add_to_spdlog();                                       // the default logger
//   my_logger->sinks().push_back(fl::make_spdlog_sink());      // another one
//
// Level, text, logger, time and place of a message become those of the log record; least levels hold by the logger's name. The sink keeps
// nothing and needs no lock: any thread may log. An asynchronous logger calls it on spdlog's thread, where no span is current: give the sink
// to a synchronous one, it does not block. For spdlog's own files, `fl::spdlog_ids` is a flag for patterns that writes the ids.
#pragma once

#include <fanlight/log.hpp>

#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/sink.h>
#include <spdlog/spdlog.h>

#include <chrono>
#include <memory>
#include <string>

FANLIGHT_BEGIN
namespace detail {

[[nodiscard]] inline level spdlog_level(::spdlog::level::level_enum at) noexcept {
  constexpr level levels[]{level::trace, level::debug, level::info, level::warn, level::error, level::critical};
  auto const number = static_cast<std::size_t>(at);
  return number < sizeof levels / sizeof levels[0] ? levels[number] : level::critical;
}

}  // namespace detail

class spdlog_sink final : public ::spdlog::sinks::sink {
 public:
  void log(::spdlog::details::log_msg const& message) override {
    detail::log_parts parts;
    parts.at = detail::spdlog_level(message.level);
    parts.logger = std::string_view{message.logger_name.data(), message.logger_name.size()}.substr(0, 63);
    parts.text = {message.payload.data(), message.payload.size()};
    parts.time = wall_time{std::chrono::duration_cast<std::chrono::nanoseconds>(message.time.time_since_epoch()).count()};
    if (!message.source.empty())
      parts.where = {message.source.filename, message.source.funcname == nullptr ? "" : message.source.funcname,
                     static_cast<std::uint32_t>(message.source.line)};
    detail::write_log(parts);
  }
  /// The dispatcher sends in its own time; session::flush() makes it.
  void flush() override {}
  void set_pattern(std::string const&) override {}  // the text goes as it was logged: time, level and place are fields of the record
  void set_formatter(std::unique_ptr<::spdlog::formatter>) override {}
};

[[nodiscard]] inline std::shared_ptr<::spdlog::sinks::sink> make_spdlog_sink() { return std::make_shared<spdlog_sink>(); }

/// From now on `to` logs to fanlight too. Like all that changes a logger's sinks: before other threads use it.
inline void add_to_spdlog(std::shared_ptr<::spdlog::logger> const& to = ::spdlog::default_logger()) {
  if (to != nullptr) to->sinks().push_back(make_spdlog_sink());
}

/// A flag for spdlog's patterns: `trace_id=… span_id=…` of the span that is current, or nothing.
///   auto form = std::make_unique<spdlog::pattern_formatter>();
///   form->add_flag<fl::spdlog_ids>('*').set_pattern("[%l] %v %*");
class spdlog_ids final : public ::spdlog::custom_flag_formatter {
 public:
  void format(::spdlog::details::log_msg const&, std::tm const&, ::spdlog::memory_buf_t& to) override {
    auto const here = current();
    if (!here.is_valid()) return;
    auto const add = [&to](std::string_view text) { to.append(text.data(), text.data() + text.size()); };
    add("trace_id="), add(here.trace_id().hex());
    add(" span_id="), add(here.span_id().hex());
  }
  [[nodiscard]] std::unique_ptr<::spdlog::custom_flag_formatter> clone() const override { return std::make_unique<spdlog_ids>(); }
};

FANLIGHT_END

// Bodies of streams.hpp.
#pragma once

#include <fanlight/detail/process_facts.hpp>
#include <fanlight/impl/aws/surroundings.hpp>
#include <fanlight/impl/cloudwatch/pattern.ipp>
#include <fanlight/impl/cloudwatch/pending.ipp>
#include <fanlight/impl/cloudwatch/streams.hpp>
#include <fanlight/impl/joined.hpp>

#include <algorithm>

FANLIGHT_BEGIN
namespace detail {

/// As the system knows it now; its number when the thread is gone.
[[nodiscard]] FANLIGHT_COLD FANLIGHT_INLINE std::string thread_name(std::uint32_t number) {
  auto const text = read_small_file(joined({"/proc/self/task/", std::to_string(number), "/comm"}));
  auto const name = text ? std::string{trimmed(*text)} : std::string{};
  return name.empty() ? "thread-" + std::to_string(number) : name;
}

FANLIGHT_COLD FANLIGHT_INLINE cloudwatch_streams::cloudwatch_streams(cloudwatch_pattern by, std::string machine, std::string program,
                                                                     std::int64_t process)
    : by_{std::move(by)},
      machine_{std::move(machine)},
      program_{std::move(program)},
      process_{process},
      by_logger_{pattern_has(by_, "logger_name")},
      by_thread_{pattern_has(by_, "thread_name")},
      by_time_{pattern_has(by_, "strftime")} {}

FANLIGHT_COLD FANLIGHT_INLINE cloudwatch_streams::cloudwatch_streams(cloudwatch_pattern by) : cloudwatch_streams{std::move(by), {}, {}, 0} {
  auto facts = read_process_facts();
  machine_ = std::move(facts.host), program_ = std::move(facts.executable), process_ = facts.pid;
}

FANLIGHT_COLD FANLIGHT_INLINE bool cloudwatch_streams::is_latest(cloudwatch_place const& where) const noexcept {
  return latest_ != nullptr && (!by_logger_ || where.logger == logger_) && (!by_thread_ || where.thread == thread_) &&
         (!by_time_ || where.seconds == seconds_);
}

FANLIGHT_COLD FANLIGHT_INLINE std::string cloudwatch_streams::name_of(cloudwatch_place const& where) const {
  cloudwatch_origin from;
  auto const thread = by_thread_ ? thread_name(where.thread) : std::string{};
  from.machine = machine_, from.program = program_, from.thread = thread;
  from.logger = where.logger.empty() ? std::string_view{"root"} : where.logger;
  from.process = process_, from.seconds = where.seconds;
  return stream_name(by_, from);
}

FANLIGHT_COLD FANLIGHT_INLINE cloudwatch_pending* cloudwatch_streams::at(cloudwatch_place const& where) {
  if (is_latest(where)) return latest_;
  auto name = name_of(where);
  auto found = std::find_if(open_.begin(), open_.end(), [&](auto const& one) { return one->name() == name; });
  if (found == open_.end()) {
    if (open_.size() == most_open) return nullptr;
    open_.push_back(std::make_unique<cloudwatch_pending>(std::move(name)));
    found = open_.end() - 1;
  }
  logger_ = where.logger, thread_ = where.thread, seconds_ = where.seconds;
  return latest_ = found->get();
}

FANLIGHT_COLD FANLIGHT_INLINE cloudwatch_pending* cloudwatch_streams::least_used() noexcept {
  cloudwatch_pending* out = nullptr;
  for (auto const& one : open_)
    if (out == nullptr || one->last_used < out->last_used) out = one.get();
  return out;
}

FANLIGHT_COLD FANLIGHT_INLINE void cloudwatch_streams::close(cloudwatch_pending const* which) noexcept {
  if (latest_ == which) latest_ = nullptr;
  open_.erase(std::remove_if(open_.begin(), open_.end(), [which](auto const& one) { return one.get() == which; }), open_.end());
}

}  // namespace detail
FANLIGHT_END

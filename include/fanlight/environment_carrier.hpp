// A trace goes from a process to the programs that it starts in environment variables: TRACEPARENT, TRACESTATE, BAGGAGE, X_AMZN_TRACE_ID, the
// names of the headers in capitals. environment_context() reads what this process was started with; child_environment is a copy of the
// environment for a child, with the place of the thread that makes it, and belongs to whoever made it. Any thread may call; nothing here
// changes this process's own environment.
#pragma once

#include <fanlight/propagation.hpp>

#include <string>
#include <vector>

FANLIGHT_BEGIN

/// The context that this process was started with; not valid when there is none. Read it once, at the start, before threads are there that
/// change the environment.
[[nodiscard]] context environment_context() noexcept;

/// For execve and posix_spawn: this process's environment, with the headers of a call made here in place of those that it came with. Owns
/// its texts.
class child_environment {
 public:
  /// Of this thread's current span.
  child_environment() : child_environment{current()} {}
  explicit child_environment(context const& of);
  child_environment(child_environment const&) = delete;
  child_environment& operator=(child_environment const&) = delete;

  /// As execve wants it; valid as long as this object.
  [[nodiscard]] char* const* data() const noexcept { return pointers_.data(); }
  /// `NAME=value`, each.
  [[nodiscard]] std::vector<std::string> const& texts() const noexcept { return texts_; }

 private:
  std::vector<std::string> texts_;
  std::vector<char*> pointers_;
};

FANLIGHT_END

#ifndef FANLIGHT_COMPILED
#include <fanlight/impl/environment_carrier.ipp>
#endif

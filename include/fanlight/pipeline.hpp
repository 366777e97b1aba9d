// Setting up: a `pipeline` is one running instance of what a `config` wants (capture, dispatcher, a lane for each exporter), made by init()
// or, in tests, by hand; a `session` is the process's pipeline while it lives. Whoever holds the object owns the pipeline; every member may
// be called from any thread.
#pragma once

#include <fanlight/config.hpp>
#include <fanlight/statistics.hpp>

#include <chrono>
#include <optional>
#include <vector>

FANLIGHT_BEGIN

namespace detail {
class core;
}

class session;
[[nodiscard]] session init(config given);

/// A running instance. Destroying it shuts it down.
class pipeline {
 public:
  explicit pipeline(config given);
  pipeline(pipeline&& other) noexcept;
  pipeline& operator=(pipeline&&) = delete;
  ~pipeline();

  /// True when every record finished before the call has been delivered or filtered everywhere. Returns within `limit`.
  bool flush(std::chrono::nanoseconds limit);
  /// Flush, then the end: what comes later is counted as late. Returns within `limit`, whatever exporters do. Once; then it does nothing.
  bool shutdown(std::chrono::nanoseconds limit);
  [[nodiscard]] statistics stats() const;
  /// What was said while it was set up, and the latest of what was said since.
  [[nodiscard]] std::vector<problem> problems() const;
  [[nodiscard]] fanlight::resource const& resource() const noexcept;
  [[nodiscard]] detail::core_face* face() const noexcept;

 private:
  friend class session;
  friend session init(config given);
  detail::core* core_ = nullptr;
};

/// Makes `use` the pipeline of the calling thread as long as it lives: for tests that run side by side.
class with_default {
 public:
  [[nodiscard]] explicit with_default(pipeline const& use) noexcept;
  with_default(with_default const&) = delete;
  with_default& operator=(with_default const&) = delete;
  ~with_default();

 private:
  void* before_;
};

/// The process's pipeline while this lives. Inert when a session was there already, or OTEL_SDK_DISABLED is set.
class session {
 public:
  session(session&&) noexcept = default;
  session& operator=(session&&) = delete;
  ~session();

  /// See pipeline. An inert session has nothing to flush: true.
  bool flush(std::chrono::nanoseconds limit);
  bool shutdown();
  bool shutdown(std::chrono::nanoseconds limit);
  [[nodiscard]] statistics stats() const;
  [[nodiscard]] std::vector<problem> problems() const;
  [[nodiscard]] bool is_active() const noexcept { return own_.has_value(); }

 private:
  friend session init(config given);
  session(std::optional<pipeline> own, std::vector<problem> said) : own_{std::move(own)}, said_{std::move(said)} {}
  std::optional<pipeline> own_;
  std::vector<problem> said_;
};

/// Reads the environment, starts the process's pipeline and publishes it. Never throws. A second call while a session lives changes
/// nothing, says so, and gives an inert session.
[[nodiscard("the session ends when this value does: keep it in a variable of main")]] session init(config given = {});

/// For plugins that were brought in by dlopen with a copy of fanlight of their own: the host gives `door()` to the plugin, the plugin
/// calls `adopt()` with it before it makes its first span, and from then on records into the host's pipeline as if linked to it.
[[nodiscard]] void* door() noexcept;
/// False, and nothing changes: that copy of fanlight has another layout.
bool adopt(void* hosts_door) noexcept;

FANLIGHT_END

#ifndef FANLIGHT_COMPILED
#include <fanlight/impl/pipeline.ipp>
#endif

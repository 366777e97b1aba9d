// Bodies of pipeline.hpp.
#pragma once

#include <fanlight/impl/core.ipp>
#include <fanlight/impl/joined.hpp>
#include <fanlight/pipeline.hpp>

#include <cstdlib>

FANLIGHT_BEGIN

FANLIGHT_COLD FANLIGHT_INLINE pipeline::pipeline(config given) : core_{new detail::core{std::move(given)}} {}

FANLIGHT_COLD FANLIGHT_INLINE pipeline::pipeline(pipeline&& other) noexcept : core_{std::exchange(other.core_, nullptr)} {}

FANLIGHT_COLD FANLIGHT_INLINE pipeline::~pipeline() {
  if (core_ != nullptr) core_->shutdown(core_->shutdown_within());
}

FANLIGHT_COLD FANLIGHT_INLINE bool pipeline::flush(std::chrono::nanoseconds limit) { return core_ == nullptr || core_->flush(limit); }

FANLIGHT_COLD FANLIGHT_INLINE bool pipeline::shutdown(std::chrono::nanoseconds limit) { return core_ == nullptr || core_->shutdown(limit); }

FANLIGHT_COLD FANLIGHT_INLINE statistics pipeline::stats() const { return core_ == nullptr ? statistics{} : core_->stats(); }

FANLIGHT_COLD FANLIGHT_INLINE std::vector<problem> pipeline::problems() const { return core_ == nullptr ? std::vector<problem>{} : core_->problems(); }

FANLIGHT_COLD FANLIGHT_INLINE fanlight::resource const& pipeline::resource() const noexcept { return *core_->settled().who; }

FANLIGHT_COLD FANLIGHT_INLINE detail::core_face* pipeline::face() const noexcept { return core_; }

FANLIGHT_COLD FANLIGHT_INLINE with_default::with_default(pipeline const& use) noexcept
    : before_{std::exchange(detail::here().chosen, static_cast<void*>(use.face()))} {}

FANLIGHT_COLD FANLIGHT_INLINE with_default::~with_default() { detail::here().chosen = before_; }

// ---- the process's pipeline -----------------------------------------------------------------------------------------------------------

namespace detail {

/// What lets a process that dies say why. In programs that have it: with fanlight.hpp or last_words.hpp somewhere, or the compiled library.
struct last_words_functions {
  void (*begin)(core& published) noexcept;
  void (*note_delivered)() noexcept;
  void (*end)(bool all_delivered) noexcept;
};
FANLIGHT_VISIBLE inline constinit last_words_functions const* last_words = nullptr;

FANLIGHT_COLD FANLIGHT_INLINE void begin_last_words(core& published) {
  auto const& given = published.given();
  if (last_words != nullptr) last_words->begin(published);
  else if (given.report_uncaught || !given.crash_spool.empty())
    published.complain(problem_code::feature_missing, "report_uncaught and crash_spool are not in this program: include <fanlight/last_words.hpp> somewhere in it");
}
/// A flush says what became of what was there since the one before: what an earlier one lost, a crash of the last process perhaps, it does not say.
[[nodiscard]] FANLIGHT_COLD FANLIGHT_INLINE bool has_lost_nothing(statistics const& told) noexcept { return told.dropped == 0; }

FANLIGHT_COLD FANLIGHT_INLINE void end_last_words(bool all_delivered) noexcept {
  if (last_words != nullptr) last_words->end(all_delivered);
}

/// Takes the process's pipeline away from new spans; false when it was not `which`.
FANLIGHT_COLD FANLIGHT_INLINE bool unpublish(core_face* which) noexcept {
  void* expected = which;
  return __atomic_compare_exchange_n(&home().core, &expected, nullptr, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
}

/// A program that ends without its session's end: exit() somewhere deep, or a session that is never destroyed.
FANLIGHT_COLD FANLIGHT_INLINE void at_exit() noexcept {
  auto* const face = static_cast<core_face*>(__atomic_load_n(&home().core, __ATOMIC_ACQUIRE));
  if (face == nullptr || face->layout != layout_version) return;
  auto* const published = static_cast<core*>(face);
  unpublish(face);
  bool const all = published->shutdown(published->shutdown_within());
  if (last_words != nullptr) end_last_words(all && has_lost_nothing(published->stats()));
}

[[nodiscard]] FANLIGHT_COLD FANLIGHT_INLINE bool publish(core_face* which) noexcept {
  void* expected = nullptr;
  if (!__atomic_compare_exchange_n(&home().core, &expected, which, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED)) return false;
  if ((__atomic_fetch_or(&home().flags, process_flag::exit_handler, __ATOMIC_ACQ_REL) & process_flag::exit_handler) == 0) std::atexit(at_exit);
  return true;
}

}  // namespace detail

FANLIGHT_COLD FANLIGHT_INLINE session init(config given) {
  constexpr auto again = "init() was called while a session lives; this call changes nothing. Keep the first session, or end it first";
  auto const inert = [](problem_code code, std::string what) {
    std::vector<problem> said(1);
    said.front().code = code, said.front().what = std::move(what);
    return session{std::nullopt, std::move(said)};
  };
  try {
    if (__atomic_load_n(&detail::home().core, __ATOMIC_ACQUIRE) != nullptr) {
      auto* const face = static_cast<detail::core_face*>(__atomic_load_n(&detail::home().core, __ATOMIC_ACQUIRE));
      detail::tell(face, static_cast<int>(problem_code::already_initialised), again);
      return inert(problem_code::already_initialised, again);
    }
    pipeline made{std::move(given)};
    auto said = made.problems();
    if (made.core_->settled().disabled) {
      made.shutdown(std::chrono::seconds{2});
      return session{std::nullopt, std::move(said)};
    }
    if (!detail::publish(made.core_)) return inert(problem_code::already_initialised, again);
    detail::begin_last_words(*made.core_);
    return session{std::move(made), {}};
  } catch (std::exception const& error) {
    return inert(problem_code::config_bad, detail::joined({"fanlight could not be set up: ", error.what()}));
  } catch (...) { return inert(problem_code::config_bad, "fanlight could not be set up"); }
}

FANLIGHT_COLD FANLIGHT_INLINE session::~session() {
  if (own_ && own_->core_ != nullptr) shutdown();
}

FANLIGHT_COLD FANLIGHT_INLINE bool session::flush(std::chrono::nanoseconds limit) {
  bool const all = !own_ || own_->flush(limit);
  if (all && own_ && detail::last_words != nullptr && detail::has_lost_nothing(own_->stats())) detail::last_words->note_delivered();
  return all;
}

FANLIGHT_COLD FANLIGHT_INLINE bool session::shutdown() { return !own_ || own_->core_ == nullptr || shutdown(own_->core_->shutdown_within()); }

FANLIGHT_COLD FANLIGHT_INLINE bool session::shutdown(std::chrono::nanoseconds limit) {
  if (!own_ || own_->core_ == nullptr) return true;
  bool const first = detail::unpublish(own_->core_);
  bool const all = own_->shutdown(limit);
  if (first && detail::last_words != nullptr) detail::end_last_words(all && detail::has_lost_nothing(own_->stats()));
  return all;
}

FANLIGHT_COLD FANLIGHT_INLINE statistics session::stats() const { return own_ ? own_->stats() : statistics{}; }

FANLIGHT_COLD FANLIGHT_INLINE std::vector<problem> session::problems() const { return own_ ? own_->problems() : said_; }

FANLIGHT_COLD FANLIGHT_INLINE void* door() noexcept { return &detail::home(); }

FANLIGHT_COLD FANLIGHT_INLINE bool adopt(void* hosts_door) noexcept {
  auto* const block = static_cast<detail::process_block*>(hosts_door);
  if (block == nullptr || block->layout != detail::layout_version) return false;
  detail::note_use();
  if (block != &::fanlight_process_state_1) __atomic_store_n(&::fanlight_process_state_1.adopted, hosts_door, __ATOMIC_RELEASE);
  return true;
}

FANLIGHT_END

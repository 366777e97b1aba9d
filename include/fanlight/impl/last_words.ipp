// What the process's pipeline sets up so that a process which dies still says why, as far as the configuration wants it: the handler of
// uncaught exceptions and the spool of crashes. Begun by init() on its thread, ended with the session, or by exit().
#pragma once

#include <fanlight/impl/crash_spool.ipp>

FANLIGHT_BEGIN
namespace detail {

/// Of the process; null: there is none. Leaked when the process exits on another thread than the one that ends the session.
FANLIGHT_VISIBLE inline constinit crash_spool* spool_of_process = nullptr;

FANLIGHT_COLD FANLIGHT_INLINE void begin_last_words(core& published) {
  auto const& given = published.given();
  if (given.report_uncaught) watch_uncaught(given.uncaught_within);
  if (given.crash_spool.empty()) return;
  auto made = std::make_unique<crash_spool>(given.crash_spool);
  made->report_earlier();
  if (!made->watch(published))
    published.complain(problem_code::file_failed, "no file can be made in crash_spool '" + given.crash_spool +
                                                      "': crashes are not reported. Make the folder, and let the program write there");
  __atomic_store_n(&spool_of_process, made.release(), __ATOMIC_RELEASE);
}

FANLIGHT_COLD FANLIGHT_INLINE void note_last_words_delivered() noexcept {
  if (auto* const spool = __atomic_load_n(&spool_of_process, __ATOMIC_ACQUIRE); spool != nullptr) spool->note_delivered();
}

FANLIGHT_COLD FANLIGHT_INLINE void end_last_words(bool all_delivered) noexcept {
  unwatch_uncaught();
  auto* const spool = __atomic_exchange_n(&spool_of_process, static_cast<crash_spool*>(nullptr), __ATOMIC_ACQ_REL);
  if (spool == nullptr) return;
  spool->unwatch();
  if (all_delivered) spool->note_delivered();
  delete spool;
}

}  // namespace detail
FANLIGHT_END

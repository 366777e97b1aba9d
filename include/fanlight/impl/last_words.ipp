// What the process's pipeline sets up so that a process which dies still says why, as far as the configuration wants it: the handler of
// uncaught exceptions and the spool of crashes. Begun by init() on its thread, ended with the session, or by exit(). init() finds it by way of
// a pointer, so that programs which include single back ends do not carry it.
#pragma once

#include <fanlight/impl/crash_spool.ipp>
#include <fanlight/impl/joined.hpp>
#include <fanlight/impl/pipeline.ipp>

FANLIGHT_BEGIN
namespace detail {

/// Of the process; null: there is none.
FANLIGHT_VISIBLE inline constinit crash_spool* spool_of_process = nullptr;

FANLIGHT_COLD FANLIGHT_INLINE void begin_spool(core& published, std::string const& folder) {
  auto made = std::make_unique<crash_spool>(folder);
  made->report_earlier();
  if (!made->watch(published))
    published.complain(problem_code::file_failed,
                       joined({"no file can be made in crash_spool '", folder,
                               "': crashes are not reported. Make the folder, and let the program write there"}));
  __atomic_store_n(&spool_of_process, made.release(), __ATOMIC_RELEASE);
}

FANLIGHT_COLD FANLIGHT_INLINE void set_last_words(core& published) noexcept {
  auto const& given = published.given();
  if (given.report_uncaught) watch_uncaught(given.uncaught_within);
  try {
    if (!given.crash_spool.empty()) begin_spool(published, given.crash_spool);
  } catch (...) {  // no memory: the session is worth more than its crashes
  }
}

FANLIGHT_COLD FANLIGHT_INLINE void note_last_words_delivered() noexcept {
  if (auto* const spool = __atomic_load_n(&spool_of_process, __ATOMIC_ACQUIRE); spool != nullptr) spool->note_delivered();
}

FANLIGHT_COLD FANLIGHT_INLINE void unset_last_words(bool all_delivered) noexcept {
  unwatch_uncaught();
  auto* const spool = __atomic_exchange_n(&spool_of_process, static_cast<crash_spool*>(nullptr), __ATOMIC_ACQ_REL);
  if (spool == nullptr) return;
  spool->unwatch();
  if (all_delivered) spool->note_delivered();
  delete spool;
}

inline constexpr last_words_functions last_words_table{&set_last_words, &note_last_words_delivered, &unset_last_words};
/// Before main(), and before any object of a file that includes this.
__attribute__((used)) inline bool const processes_have_last_words = (last_words = &last_words_table, true);

}  // namespace detail
FANLIGHT_END

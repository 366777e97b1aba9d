// The Rollbar exporter: a maker of items, a queue of those that wait, one request at a time, and the books. Made by its spec, owned by its
// lane, whose thread is the only one that calls it, but for hurry().
#pragma once

#include <fanlight/impl/http.hpp>
#include <fanlight/impl/rollbar/answer.hpp>
#include <fanlight/impl/rollbar/maker.hpp>
#include <fanlight/impl/rollbar/settings.hpp>
#include <fanlight/impl/rollbar/spool.hpp>

#include <condition_variable>
#include <deque>
#include <mutex>

FANLIGHT_BEGIN
namespace detail {

class rollbar_exporter final : public exporter {
 public:
  explicit rollbar_exporter(rollbar_settings how);

  [[nodiscard]] record_types kinds() const noexcept override { return takes<error_record> | background(); }
  [[nodiscard]] FANLIGHT_COLD record_types background() const noexcept override {
    auto const& telemetry = how_.given.telemetry;
    return telemetry.count == 0 ? 0 : takes<log_record> | (telemetry.spans ? takes<span_record> : 0u);
  }
  [[nodiscard]] bool keeps_records() const noexcept override { return true; }
  void start(exporter_setup const& setup) override;
  [[nodiscard]] outcome consume(entry_type type, batch_ref const& records, deadline until) override;
  [[nodiscard]] outcome tend(deadline until) override;
  bool flush(deadline until) override;
  void stop(deadline until) override;
  void hurry(deadline until) noexcept override;

 private:
  using moment = std::chrono::steady_clock::time_point;
  /// An item that waits. The tree stays until it is acknowledged: it may have to be made smaller.
  struct waiting {
    rollbar_node data;
    std::string body, uuid;
    moment since;
    std::uint64_t records = 1;  // 0: an item of our own, or of an earlier run
    std::optional<rollbar_spool::item> on_disk = {};  // where it lies besides; of an earlier run there is no tree
    unsigned attempts = 0, cuts = 0;
  };

  [[nodiscard]] moment now() const { return how_.given.instead.now ? how_.given.instead.now() : std::chrono::steady_clock::now(); }
  [[nodiscard]] rollbar_books& books() const noexcept { return how_.given.watch->books(); }
  void take(error_record const& from);
  void enqueue(rollbar_node data, std::string uuid, std::uint64_t records);
  void add_notice(bool at_once);
  /// Sends until nothing is left, or something is in the way: then how long to wait.
  [[nodiscard]] outcome send_all(deadline until);
  [[nodiscard]] http_answer request(waiting const& one, deadline until);
  void follow(rollbar_ruling& ruling);
  void follow_taken(waiting const& one);
  void follow_too_large(rollbar_ruling const& ruling);
  void wait_and_repeat(rollbar_ruling const& ruling);
  void block(std::chrono::nanoseconds wait, std::string const& why);
  void lose_front(fate how, std::string const& why);
  void open_spool();
  /// True: the item lies in the spool.
  bool set_aside(waiting& one);
  void remove_file(waiting const& one);
  /// Whatever becomes of this process: the next one has what waits.
  void secure();
  /// Puts the oldest of the spool into the empty queue. False: there is none, or it is not yet its time.
  [[nodiscard]] bool take_from_spool();
  void lose_old();
  void pop();
  void settle(fate how, std::uint64_t records, std::string const& why = {}) const {
    if (records != 0 && setup_.settle) setup_.settle(how, records, why);
  }
  void tell_once(std::string const& why);

  rollbar_settings const how_;
  exporter_setup setup_;
  std::unique_ptr<http_transport> const transport_;
  rollbar_ring ring_;
  std::optional<rollbar_maker> maker_;
  std::deque<waiting> queue_;
  std::size_t bytes_ = 0;  // of the bodies in it
  std::optional<rollbar_spool> spool_;
  moment spool_rests_until_{};  // what came from there has failed
  moment blocked_until_{};
  std::string blocked_why_;
  bool told_ = false;  // of what is in the way now

  std::mutex lock_;  // for hurry() and whoever waits in flush()
  std::condition_variable bell_;
  deadline hurried_ = deadline::max();
};

}  // namespace detail
FANLIGHT_END

#ifndef FANLIGHT_COMPILED
#include <fanlight/impl/rollbar/exporter.ipp>
#endif

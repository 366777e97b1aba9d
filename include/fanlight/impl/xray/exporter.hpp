// The X-Ray exporter: an assembler that makes documents of spans, a route that takes them away, and the books between them. Spans stay
// here until their segment ends; each is accounted for when its document has left. Made by its spec, owned by its lane, whose thread is the
// only one that calls it, but for hurry().
#pragma once

#include <fanlight/exporters/xray_config.hpp>
#include <fanlight/impl/xray/assembler.hpp>
#include <fanlight/impl/xray/detect.hpp>
#include <fanlight/impl/xray/route.hpp>
#include <fanlight/impl/xray/settings.hpp>

#include <optional>

FANLIGHT_BEGIN
namespace detail {

class xray_exporter final : public exporter {
 public:
  explicit xray_exporter(xray_settings how);

  [[nodiscard]] record_types kinds() const noexcept override { return takes<span_record> | (how_.given.report_open ? takes<start_record> : 0u); }
  [[nodiscard]] bool keeps_records() const noexcept override { return true; }
  void start(exporter_setup const& setup) override;
  [[nodiscard]] outcome consume(entry_type type, batch_ref const& records, deadline until) override;
  [[nodiscard]] outcome tend(deadline until) override;
  void note_complete(std::int64_t until) override { complete_until_ = std::max(complete_until_, until); }
  bool flush(deadline until) override { return tend(until).kind() != outcome::kind::retry; }
  void stop(deadline until) override;
  void hurry(deadline until) noexcept override;

 private:
  using moment = std::chrono::steady_clock::time_point;
  [[nodiscard]] moment now() const { return how_.given.instead.now ? how_.given.instead.now() : std::chrono::steady_clock::now(); }

  [[nodiscard]] xray_assembler& assembler(deadline until);
  void take(batch_ref const& records, deadline until);
  /// Sends what is in the outbox, tells what there is to tell, and settles the accounts.
  [[nodiscard]] outcome send_all(deadline until);
  [[nodiscard]] std::optional<outcome> send_some(deadline until);
  [[nodiscard]] outcome give_way(xray_step& step);
  void note_taken(xray_step const& step);
  void tell_refusal(xray_refusal const& one, std::size_t count);
  void lose(std::size_t count, fate how, std::string const& why);
  [[nodiscard]] bool give_up_old(std::string const& why);
  void settle_accounts();
  void settle(fate how, std::uint64_t records, std::string const& why = {}) const {
    if (records != 0 && setup_.settle) setup_.settle(how, records, why);
  }
  void tell(problem_code code, std::string what) const {
    if (setup_.tell) setup_.tell(code, std::move(what));
  }

  xray_settings how_;
  exporter_setup setup_;
  std::unique_ptr<xray_route> const route_;
  platform_seeker seeker_;
  std::optional<xray_assembler> assembler_;  // made with the first batch: what it says of the platform has to be found out

  batch_ref latest_;              // was taken last
  record_types latest_types_ = 0;  // of it, these were handed over
  bool again_ = false;            // and it is to be handed over once more

  std::size_t next_ = 0;  // the first document that has not left
  /// Documents below `end` have been there since then.
  struct age {
    std::size_t end;
    moment since;
  };
  std::vector<age> ages_;
  std::int64_t complete_until_ = INT64_MIN;  // what had ended by then is here, or has left
  std::uint64_t delivered_ = 0;   // not settled yet
  std::uint64_t no_parent_ = 0, unsendable_ = 0;  // settled already
  moment blocked_until_{};        // the keys are not good enough
  std::string blocked_why_;
  bool told_failure_ = false, told_forbidden_ = false, told_unreadable_ = false;
};

}  // namespace detail
FANLIGHT_END

// The CloudWatch Logs exporter: lines of records, the streams where they wait, and one request after the other; the books between them.
// Lines stay here until CloudWatch has them or they are given up, a request or two for each stream at most: while nothing can be sent,
// batches wait in the lane. Made by its spec, owned by its lane, whose thread is the only one that calls it, but for hurry().
#pragma once

#include <fanlight/impl/body_compressor.hpp>
#include <fanlight/impl/cloudwatch/line.hpp>
#include <fanlight/impl/cloudwatch/service.hpp>
#include <fanlight/impl/cloudwatch/streams.hpp>

#include <condition_variable>
#include <mutex>
#include <optional>

FANLIGHT_BEGIN
namespace detail {

class cloudwatch_exporter final : public exporter {
 public:
  /// For tests: waits in place of the clock. False: there is no time for that.
  using waiter = std::function<bool(std::chrono::milliseconds)>;
  explicit cloudwatch_exporter(cloudwatch_settings how, waiter wait = {});

  [[nodiscard]] record_types kinds() const noexcept override;
  [[nodiscard]] bool keeps_records() const noexcept override { return true; }
  void start(exporter_setup const& setup) override;
  [[nodiscard]] outcome consume(entry_type type, batch_ref const& records, deadline until) override;
  [[nodiscard]] outcome tend(deadline until) override;
  bool flush(deadline until) override;
  void stop(deadline until) override { static_cast<void>(flush(until)); }
  void hurry(deadline until) noexcept override;

  [[nodiscard]] aws_quota const& quota() const noexcept { return quota_; }

 private:
  using moment = cloudwatch_moment;
  /// Nothing: go on. An outcome: for now that was all.
  using stopped = std::optional<outcome>;
  [[nodiscard]] moment now() const { return service_.around().steady(); }

  // ---- records come in
  [[nodiscard]] outcome take(entry_type type, deadline until);
  template <class Record>
  [[nodiscard]] outcome take_all(deadline until);
  template <class Record>
  [[nodiscard]] stopped take_one(Record const& record, deadline until);
  [[nodiscard]] stopped find_stream(cloudwatch_place const& where, cloudwatch_pending*& to, deadline until);
  void refuse_line(cloudwatch_line_kind why);

  // ---- requests go out
  [[nodiscard]] cloudwatch_pending* next_due(bool all) const;
  [[nodiscard]] outcome send_due(bool all, deadline until);
  [[nodiscard]] stopped send(cloudwatch_pending& from, deadline until);
  [[nodiscard]] stopped judge(cloudwatch_pending& from, std::size_t count, cloudwatch_reply& reply, deadline until);
  void note_taken(cloudwatch_pending& from, std::size_t count, cloudwatch_reply const& reply);
  void note_rejected(cloudwatch_rejected const& what, std::size_t count);
  void lose(cloudwatch_pending& from, std::size_t count, std::string const& why);
  [[nodiscard]] stopped split(cloudwatch_pending& from, std::size_t count, std::string const& why);
  void begin_request() noexcept { id_.clear(), attempt_ = 0, legacy_ = false, was_sent_ = false; }

  // ---- what does not go well
  [[nodiscard]] stopped hold_off(deadline until);
  [[nodiscard]] stopped put_off(cloudwatch_reply& reply);
  [[nodiscard]] stopped pause_for(std::chrono::milliseconds asked, std::string why);
  [[nodiscard]] stopped wait_for_keys(cloudwatch_reply& reply);
  [[nodiscard]] bool wait(std::chrono::milliseconds time, deadline until);
  void give_up_old(std::string const& why);
  void note_denied(cloudwatch_reply const& reply);

  // ---- groups and streams
  [[nodiscard]] stopped make_place(cloudwatch_pending& of, std::size_t count, deadline until);
  [[nodiscard]] stopped judge_place(cloudwatch_pending& of, std::size_t count, cloudwatch_reply& reply);
  [[nodiscard]] cloudwatch_reply ask(std::string_view action, deadline until);
  void count_request(std::uint64_t bytes, bool was_sent, cloudwatch_reply const& reply) const;
  [[nodiscard]] cloudwatch_reply create_stream(std::string_view name, deadline until);
  [[nodiscard]] cloudwatch_reply create_group(deadline until);
  void keep_up(deadline until);
  void set_retention(deadline until);
  void tag_group(deadline until);
  void warn_of(cloudwatch_reply const& reply);

  void write_events(cloudwatch_pending const& from, std::size_t count);
  void write_entity(json_writer& json) const;
  void write_pairs(json_writer& json, std::vector<std::pair<std::string, std::string>> const& pairs) const;

  void settle(fate how, std::size_t records, std::string const& why = {}) const {
    if (records != 0 && setup_.settle) setup_.settle(how, records, why);
  }
  FANLIGHT_COLD void tell(problem_code code, std::string what) const {
    if (setup_.tell) setup_.tell(code, std::move(what));
  }

  cloudwatch_settings const how_;
  waiter const wait_;
  exporter_setup setup_;
  cloudwatch_lines lines_;
  cloudwatch_streams streams_;
  cloudwatch_service service_;
  std::unique_ptr<body_compressor> compressor_;
  send_buffer body_, packed_;

  batch_ref latest_;       // is to be handed over once more; of it,
  std::size_t taken_ = 0;  // so many records are here already

  // The request under way, of one stream.
  cloudwatch_pending* current_ = nullptr;  // null: any may be next
  std::string id_;
  unsigned attempt_ = 0;
  bool legacy_ = false, was_sent_ = false;
  // The destination.
  aws_quota quota_;
  moment not_before_ = (moment::min)();
  bool long_pause_ = false;
  unsigned pauses_ = 0;
  std::string why_;
  bool told_failure_ = false, told_keys_ = false, told_denied_ = false, told_upkeep_ = false, entity_off_ = false;
  bool group_is_ours_ = false, kept_up_ = false;
  bool patient_ = false;  // somebody waits for all of it

  mutable std::mutex lock_;
  std::condition_variable bell_;
  moment hurried_ = (moment::max)();
};

}  // namespace detail
FANLIGHT_END

// X-Ray's rules at work: what xray_rules() plans, and what a pipeline makes of it, once for each process. The chooser is asked on the threads
// that begin traces; with central rules it starts one thread at the first of them, which polls, and which it shares what it polls into.
#pragma once

#include <fanlight/impl/xray/rule_poller.hpp>
#include <fanlight/impl/xray/verdicts.hpp>
#include <fanlight/sampler.hpp>
#include <fanlight/xray_sampling_config.hpp>

#include <condition_variable>
#include <mutex>

FANLIGHT_BEGIN
namespace detail {

class environment;
using rule_caller_maker = std::function<std::unique_ptr<rule_caller>(xray_sampling const& how)>;

/// All that xray_rules() was given, and, when init() has completed it, all that it comes to.
class xray_plan final : public sampler_plan {
 public:
  xray_plan(xray_sampling how, rule_caller_maker caller) : how_{std::move(how)}, caller_{std::move(caller)} {}

  [[nodiscard]] FANLIGHT_INLINE std::shared_ptr<sampler_plan const> complete(environment const& from) const override;
  [[nodiscard]] FANLIGHT_INLINE std::unique_ptr<sampling_chooser> make(sampler_host const& host) const override;
  [[nodiscard]] xray_sampling const& how() const noexcept { return how_; }

 private:
  void settle_rules(environment const& from);
  void settle_endpoint(environment const& from);

  xray_sampling how_;
  rule_caller_maker caller_;
  local_rules local_ = {};
  bool given_ = false;  // local rules are in force, and not the built-in one
};

/// Through the daemon.
[[nodiscard]] std::unique_ptr<rule_caller> call_daemon(xray_sampling const& how);
/// By signed requests to the service.
[[nodiscard]] std::unique_ptr<rule_caller> call_service(xray_sampling const& how);

/// `host:port` or a URL of http as a URL without a slash at its end. Nothing, and `wrong` says why.
[[nodiscard]] std::optional<std::string> read_rules_endpoint(std::string_view text, std::string& wrong);
/// OTEL_TRACES_SAMPLER=xray, with `endpoint=…,polling_interval=…` in OTEL_TRACES_SAMPLER_ARG.
[[nodiscard]] sampler xray_sampler_from(environment const& from);

class xray_chooser final : public sampling_chooser {
 public:
  struct parts {
    std::shared_ptr<rule_book> book;
    std::unique_ptr<rule_poller> poller;  // null: no central rules
  };
  xray_chooser(xray_sampling_substitutes const& instead, sampler_host const& host, parts of);
  FANLIGHT_INLINE ~xray_chooser() override;

  [[nodiscard]] FANLIGHT_INLINE sampling_decision decide(start_facts const& of) noexcept override;
  [[nodiscard]] FANLIGHT_INLINE bool recall(fanlight::trace_id trace, sampling_reason& to) const override;
  FANLIGHT_INLINE void begin_end() noexcept override;
  [[nodiscard]] FANLIGHT_INLINE bool wait_for_end(std::chrono::steady_clock::time_point until) override;

 private:
  struct life;  // what the thread that polls uses, and may outlive us with
  void start() noexcept;
  [[nodiscard]] std::uint32_t now() const;
  [[nodiscard]] static double draw(void* of);

  xray_sampling_substitutes const instead_;
  sampler_host const host_;
  std::string const service_, service_type_;
  std::shared_ptr<life> const life_;
  verdict_table verdicts_;
  std::atomic<bool> started_;
};

}  // namespace detail
FANLIGHT_END

#ifndef FANLIGHT_COMPILED
#include <fanlight/impl/xray/sampling.ipp>
#endif

// Bodies of sampling.hpp and xray_sampling.hpp.
#pragma once

#include <fanlight/impl/span.ipp>  // time and chance
#include <fanlight/impl/worker.ipp>
#include <fanlight/impl/xray/rule_callers.ipp>
#include <fanlight/impl/xray/rule_poller.ipp>
#include <fanlight/impl/xray/rules.ipp>
#include <fanlight/impl/xray/sampling.hpp>
#include <fanlight/impl/xray/sampling_settings.ipp>
#include <fanlight/resource.hpp>
#include <fanlight/xray_sampling.hpp>

FANLIGHT_BEGIN
namespace detail {

[[nodiscard]] FANLIGHT_COLD FANLIGHT_INLINE double machine_chance() noexcept {
  auto& t = here();
  if (t.thread_id == 0) get_to_know(t);
  return static_cast<double>(next_random(t) >> 11) * 0x1p-53;
}

struct xray_chooser::life {
  std::shared_ptr<rule_book> book;
  std::unique_ptr<rule_poller> poller;
  worker thread{};
  std::mutex lock{};
  std::condition_variable bell{};
  bool ending = false;

  void run() {
    std::unique_lock held{lock};
    while (!ending) {
      held.unlock();
      auto next = std::chrono::steady_clock::now() + std::chrono::seconds{10};
      try {
        next = poller->step();
      } catch (...) {  // no memory: later, perhaps
      }
      held.lock();
      bell.wait_until(held, next, [this] { return ending; });
    }
  }
};

FANLIGHT_COLD FANLIGHT_INLINE xray_chooser::xray_chooser(xray_sampling_substitutes const& instead, sampler_host const& host, parts of)
    : instead_{instead}, host_{host}, service_{host.who != nullptr ? host.who->get("service.name") : std::string_view{}},
      service_type_{host.who != nullptr ? rule_service_type(*host.who) : std::string_view{}}, life_{std::make_shared<life>()},
      started_{of.poller == nullptr} {
  life_->book = std::move(of.book);
  life_->poller = std::move(of.poller);
}

FANLIGHT_COLD FANLIGHT_INLINE xray_chooser::~xray_chooser() { xray_chooser::begin_end(); }

/// By the first trace; of several at once, one does it.
FANLIGHT_COLD FANLIGHT_INLINE void xray_chooser::start() noexcept {
  if (started_.exchange(true)) return;
  try {
    std::lock_guard const held{life_->lock};
    if (life_->ending) return;
    if (!life_->thread.start("fl:sampler", [shared = life_] { shared->run(); }) && host_.tell)
      host_.tell(problem_code::thread_failed, "the thread that fetches X-Ray's sampling rules could not be started: the local rules decide");
  } catch (...) {  // no memory, and so no thread
  }
}

FANLIGHT_COLD FANLIGHT_INLINE void xray_chooser::begin_end() noexcept {
  {
    std::lock_guard const held{life_->lock};
    life_->ending = true;
  }
  if (life_->poller != nullptr) life_->poller->end();
  life_->bell.notify_all();
}

FANLIGHT_COLD FANLIGHT_INLINE bool xray_chooser::wait_for_end(std::chrono::steady_clock::time_point until) { return life_->thread.wait_until(until); }

FANLIGHT_INLINE std::uint32_t xray_chooser::now() const {
  if (instead_.now) return static_cast<std::uint32_t>(instead_.now());
  return host_.core != nullptr ? seconds_now(*host_.core) : static_cast<std::uint32_t>(::time(nullptr));
}

FANLIGHT_INLINE double xray_chooser::draw(void* of) {
  auto const& self = *static_cast<xray_chooser const*>(of);
  return self.instead_.random ? self.instead_.random() : machine_chance();
}

FANLIGHT_INLINE sampling_decision xray_chooser::decide(start_facts const& of) noexcept {
  rule_verdict verdict;
  if (!verdicts_.find(of.trace, verdict)) {
    if (of.force != forced_sampling::none) {
      verdict = {life_->book->forced(), of.force == forced_sampling::sampled};
    } else {
      auto request = read_request(of.attributes, of.attribute_count);
      request.service = service_;
      request.service_type = service_type_;
      verdict = life_->book->decide(request, now(), &xray_chooser::draw, this);
    }
    verdict = verdicts_.remember(of.trace, verdict);
  }
  if (__builtin_expect(!started_.load(std::memory_order_relaxed), 0)) start();  // the first decision is the local rules' in any case
  if (of.rule != nullptr && verdict.rule->origin == rule_origin::central) *of.rule = verdict.rule->name;
  return verdict.sampled ? sampling_decision::sample : sampling_decision::drop;
}

FANLIGHT_COLD FANLIGHT_INLINE bool xray_chooser::recall(fanlight::trace_id trace, sampling_reason& to) const {
  rule_verdict found;
  if (!verdicts_.find(trace, found)) return false;
  auto const source = [&] {
    switch (found.rule->origin) {
      case rule_origin::built_in: return sampling_source::built_in;
      case rule_origin::local: return sampling_source::local;
      case rule_origin::central: return sampling_source::central;
      case rule_origin::forced: break;
    }
    return sampling_source::forced;
  };
  to = {found.sampled, source(), found.by, found.rule->name};
  return true;
}

// ---- plans ----------------------------------------------------------------------------------------------------------------------------

FANLIGHT_COLD FANLIGHT_INLINE std::unique_ptr<sampling_chooser> xray_plan::make(sampler_host const& host) const {
  xray_chooser::parts parts;
  parts.book = std::make_shared<rule_book>(local_.rules, local_.otherwise, given_);
  if (how_.central) {
    poller_how how;
    how.rules_every = std::max(how_.central->rules_every, std::chrono::seconds{1});
    how.targets_every = std::max(how_.central->targets_every, std::chrono::milliseconds{100});
    how.timeout = how_.central->timeout;
    how.now = how_.instead.now ? how_.instead.now : [core = host.core] { return static_cast<std::int64_t>(core != nullptr ? seconds_now(*core) : ::time(nullptr)); };
    how.steady = how_.instead.steady ? how_.instead.steady : [] { return std::chrono::steady_clock::now(); };
    how.random = how_.instead.random ? how_.instead.random : std::function<double()>{machine_chance};
    how.tell = host.tell;
    // The thread may outlive the chooser, and holds the book with it.
    parts.poller = std::make_unique<rule_poller>(*parts.book, caller_(how_), std::move(how));
  }
  return std::make_unique<xray_chooser>(how_.instead, host, std::move(parts));
}

/// Before main(), and before any object of a file that includes this.
__attribute__((used)) inline bool const xray_sampler_has_a_name = (xray_sampler_by_name = &xray_sampler_from, true);

}  // namespace detail

FANLIGHT_COLD FANLIGHT_INLINE sampler xray_rules(xray_sampling how) {
  bool const central = how.central.has_value(), direct = central && how.central->direct;
  auto plan = std::make_shared<detail::xray_plan>(std::move(how), direct ? detail::call_service : detail::call_daemon);
  return detail::planned_sampler(std::move(plan), central ? "AwsXrayRemoteSampler" : "XrayLocalRules", true);
}

FANLIGHT_COLD FANLIGHT_INLINE sampler xray_rules(std::initializer_list<xray_rule> rules, xray_default otherwise) {
  xray_sampling how;
  how.rules = rules;
  how.otherwise = otherwise;
  return xray_rules(std::move(how));
}

FANLIGHT_END

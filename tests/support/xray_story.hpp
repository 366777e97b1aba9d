// A story told with instruments under a clock and ids of the test's own, and the X-Ray documents that come of it.
#pragma once

#include <fanlight/pipeline.hpp>
#include <fanlight/subsegment.hpp>

#include "support/xray_kit.hpp"

#include <atomic>
#include <mutex>

namespace support {

/// What a pipeline hands to an exporter.
struct batch_keeper {
  std::mutex lock;
  std::vector<fl::detail::batch_ref> kept;
  void consume(fl::batch<fl::span_record> batch) { add(batch.data()); }
  void consume(fl::batch<fl::start_record> batch) { add(batch.data()); }
  void add(fl::detail::batch_ref const& batch) {
    std::lock_guard const held{lock};
    if (kept.empty() || kept.back().get() != batch.get()) kept.push_back(batch);
  }
};

/// Time begins at 1700000000 and stands still; ids count from 1 in order of opening, trace ids too. Service name `svc`.
class story {
 public:
  explicit story(fl::detail::xray_form form = {}, fl::detail::xray_limits limits = {}, fl::config how = {})
      : assembler{std::move(form), limits}, pipeline_{setup(std::move(how))}, here_{pipeline_} {}

  void advance_us(std::int64_t by) { *ticks_ += by * 1000; }
  /// What leaves because of all that has ended by now.
  [[nodiscard]] std::vector<std::string> send() {
    REQUIRE(pipeline_.flush(std::chrono::seconds{30}));
    std::vector<fl::detail::batch_ref> batches;
    {
      std::lock_guard const held{keeper_->lock};
      batches.swap(keeper_->kept);
    }
    for (auto const& each : batches) assembler.take(each, std::chrono::steady_clock::now());
    return bodies_of(assembler.outbox());
  }
  [[nodiscard]] json_value send_one() {
    auto const all = send();
    REQUIRE(all.size() == 1);
    return json_value{all.front()};
  }
  [[nodiscard]] std::uint64_t told(fl::problem_code code) const { return times_of(const_cast<story*>(this)->assembler.notices(), code); }
  /// What the instruments said.
  [[nodiscard]] std::uint64_t heard(fl::problem_code code) const {
    auto const all = pipeline_.stats().problems;
    auto const found = all.find(code);
    return found == all.end() ? 0 : found->second;
  }

  fl::detail::xray_assembler assembler;

 private:
  [[nodiscard]] fl::config setup(fl::config how) {
    how.service = "svc";
    fl::exporter_spec spec{keeper_};
    spec.wants_open = true;
    how.exporters = {spec};
    how.on_problem = [](fl::problem const&) {};
    how.read_environment = false;
    how.detect_resource = false;
    how.batching.span_delay = std::chrono::hours{1};
    how.instead.ticks = [ticks = ticks_] { return ticks->load(); };
    how.instead.wall = [ticks = ticks_] { return std::int64_t{1'700'000'000'000'000'000} + ticks->load(); };
    // A root draws the low and the high part of its trace id, then its own: the first trace is 1 and its spans are 1, 2, …
    how.instead.random = [drawn = std::make_shared<std::uint64_t>(0)] {
      auto const draw = ++*drawn;
      return draw == 2 ? 0 : draw > 2 ? draw - 2 : draw;
    };
    return how;
  }
  std::shared_ptr<std::atomic<std::int64_t>> const ticks_ = std::make_shared<std::atomic<std::int64_t>>(0);
  std::shared_ptr<batch_keeper> const keeper_ = std::make_shared<batch_keeper>();
  fl::pipeline pipeline_;
  fl::with_default here_;
};

}  // namespace support

// opentelemetry-cpp on the same machine in the same run: the same span through its batch processor into an exporter that drops. Built
// where CMake finds an installed opentelemetry-cpp; elsewhere this adds nothing.
#include "latency.hpp"

#ifndef FANLIGHT_BENCH_PEER

void bench::add_peer() {}

#else

#include "peer_span.hpp"

#include <opentelemetry/sdk/trace/batch_span_processor.h>
#include <opentelemetry/sdk/trace/batch_span_processor_options.h>
#include <opentelemetry/sdk/trace/exporter.h>
#include <opentelemetry/sdk/trace/samplers/always_off.h>
#include <opentelemetry/sdk/trace/samplers/always_on.h>
#include <opentelemetry/sdk/trace/span_data.h>
#include <opentelemetry/sdk/trace/tracer_provider.h>
#include <opentelemetry/trace/provider.h>

#include <chrono>
#include <memory>

namespace {

namespace api = opentelemetry::trace;
namespace sdk = opentelemetry::sdk::trace;
namespace nostd = opentelemetry::nostd;
using result = opentelemetry::sdk::common::ExportResult;

struct dropping final : sdk::SpanExporter {
  std::unique_ptr<sdk::Recordable> MakeRecordable() noexcept override { return std::make_unique<sdk::SpanData>(); }
  result Export(nostd::span<std::unique_ptr<sdk::Recordable>> const&) noexcept override { return result::kSuccess; }
  bool ForceFlush(std::chrono::microseconds) noexcept override { return true; }
  bool Shutdown(std::chrono::microseconds) noexcept override { return true; }
};

[[nodiscard]] std::unique_ptr<sdk::TracerProvider> provider(std::unique_ptr<sdk::Sampler> sampler) {
  auto processor = std::make_unique<sdk::BatchSpanProcessor>(std::make_unique<dropping>(), sdk::BatchSpanProcessorOptions{});
  return std::make_unique<sdk::TracerProvider>(std::move(processor), opentelemetry::sdk::resource::Resource::Create({}),
                                               std::move(sampler));
}

/// Its queue holds 2,048 spans, two blocks; each is flushed off the clock, so that it loses none either.
void five(benchmark::State& state) {
  auto const owner = provider(std::make_unique<sdk::AlwaysOnSampler>());
  auto const tracer = owner->GetTracer("bench");
  bench::in_turns(
      state, bench::neighbour_span, [&] { owner->ForceFlush(); }, [&](std::int64_t count) { bench::one_peer_span(*tracer, count); });
}

void unsampled_root(benchmark::State& state) {
  auto const owner = provider(std::make_unique<sdk::AlwaysOffSampler>());
  auto const tracer = owner->GetTracer("bench");
  bench::in_turns(
      state, bench::neighbour_span, [] {}, [&](std::int64_t count) { bench::one_peer_span(*tracer, count); });
}

void off(benchmark::State& state) {
  auto const tracer = api::Provider::GetTracerProvider()->GetTracer("bench");
  bench::in_turns(
      state, bench::neighbour_span, [] {}, [&](std::int64_t count) { bench::one_peer_span(*tracer, count); });
}

}  // namespace

void bench::add_peer() {
  benchmark::RegisterBenchmark("opentelemetry-cpp/sampled/five", five)->UseManualTime();
  benchmark::RegisterBenchmark("opentelemetry-cpp/unsampled/root", unsampled_root)->UseManualTime();
  benchmark::RegisterBenchmark("opentelemetry-cpp/off", off)->UseManualTime();
}

#endif

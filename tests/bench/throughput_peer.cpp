// opentelemetry-cpp on the same way: a million spans by its batch processor and its exporter for OTLP over HTTP, both as they come, to the
// same sink, nothing lost. Built where CMake finds an installed opentelemetry-cpp with that exporter; tells one line of JSON, as throughput
// does.
//
//   throughput_peer http://HOST:PORT [--cores N] [--spans N]
#include "peer_span.hpp"
#include "stopwatch.hpp"

#include <opentelemetry/exporters/otlp/otlp_http_exporter.h>
#include <opentelemetry/exporters/otlp/otlp_http_exporter_options.h>
#include <opentelemetry/sdk/resource/resource.h>
#include <opentelemetry/sdk/trace/batch_span_processor.h>
#include <opentelemetry/sdk/trace/batch_span_processor_options.h>
#include <opentelemetry/sdk/trace/exporter.h>
#include <opentelemetry/sdk/trace/tracer_provider.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

#include <time.h>

namespace {

namespace api = opentelemetry::trace;
namespace otlp = opentelemetry::exporter::otlp;
namespace sdk = opentelemetry::sdk::trace;
namespace nostd = opentelemetry::nostd;
using result = opentelemetry::sdk::common::ExportResult;

struct score {
  std::atomic<std::uint64_t> delivered{0}, failed{0};
};

/// Its exporter, counted: the processor tells nobody how full its queue is, and drops without a word.
class counted final : public sdk::SpanExporter {
 public:
  counted(std::unique_ptr<sdk::SpanExporter> inner, score& into) : inner_{std::move(inner)}, into_{into} {}
  std::unique_ptr<sdk::Recordable> MakeRecordable() noexcept override { return inner_->MakeRecordable(); }
  result Export(nostd::span<std::unique_ptr<sdk::Recordable>> const& spans) noexcept override {
    auto const count = spans.size();
    auto const out = inner_->Export(spans);
    (out == result::kSuccess ? into_.delivered : into_.failed).fetch_add(count);
    return out;
  }
  bool ForceFlush(std::chrono::microseconds patience) noexcept override { return inner_->ForceFlush(patience); }
  bool Shutdown(std::chrono::microseconds patience) noexcept override { return inner_->Shutdown(patience); }

 private:
  std::unique_ptr<sdk::SpanExporter> inner_;
  score& into_;
};

[[nodiscard]] std::unique_ptr<sdk::TracerProvider> provider(std::string const& endpoint, score& into) {
  otlp::OtlpHttpExporterOptions how;
  how.url = endpoint + "/v1/traces";
  how.content_type = otlp::HttpRequestContentType::kBinary;
  auto exporter = std::make_unique<counted>(std::make_unique<otlp::OtlpHttpExporter>(how), into);
  auto processor = std::make_unique<sdk::BatchSpanProcessor>(std::move(exporter), sdk::BatchSpanProcessorOptions{});
  return std::make_unique<sdk::TracerProvider>(std::move(processor), opentelemetry::sdk::resource::Resource::Create({}));
}

/// Its queue holds 2,048 spans; the producer stays a little below. It sends them in some ten milliseconds, so the naps are long enough to
/// cost next to nothing.
void produce(api::Tracer& tracer, std::uint64_t count, std::uint64_t before, score const& so_far) {
  constexpr std::uint64_t most_outstanding = 1'984;
  timespec const nap{0, 1'000'000};
  for (std::uint64_t i = 0; i < count; ++i) {
    if ((i & 31) == 0)
      while (before + i > so_far.delivered.load() + so_far.failed.load() + most_outstanding) ::nanosleep(&nap, nullptr);
    bench::one_peer_span(tracer, static_cast<std::int64_t>(i));
  }
}

}  // namespace

int main(int count, char** words) {
  std::string endpoint;
  std::uint64_t spans = 1'000'000;
  for (int i = 1; i < count; ++i) {
    std::string_view const word = words[i];
    if (word == "--cores" && i + 1 < count) bench::keep_to(std::atoi(words[++i]));
    else if (word == "--spans" && i + 1 < count) spans = std::strtoull(words[++i], nullptr, 10);
    else endpoint = word;
  }
  if (endpoint.empty() || spans == 0) return 2;
  constexpr std::uint64_t warm = 10'000;
  score so_far;
  auto const owner = provider(endpoint, so_far);
  auto const tracer = owner->GetTracer("bench");
  produce(*tracer, warm, 0, so_far);
  owner->ForceFlush(std::chrono::minutes{2});
  if (so_far.delivered != warm) return 1;

  bench::figures out;
  bench::stopwatch const watch;
  produce(*tracer, spans, warm, so_far);
  owner->ForceFlush(std::chrono::minutes{2});
  watch.tell(out);
  out.delivered = so_far.delivered - warm;
  out.lost = spans - out.delivered;
  bench::print(spans, out);
  return out.lost == 0 ? 0 : 1;
}

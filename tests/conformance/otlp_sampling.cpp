// The sampler cases of OpenTelemetry's specification, decided by a running pipeline. Names start with page and number.
#include <fanlight/pipeline.hpp>
#include <fanlight/trace.hpp>

#include <cstdio>
#include <random>
#include <string>
#include <vector>

#include "catch.hpp"

using namespace fanlight;

namespace {

/// Whether a pipeline with this sampler keeps a trace of that id, which somebody else began and did not sample.
class decisions {
 public:
  explicit decisions(sampler by) : pipeline_{settings(std::move(by))} {}
  [[nodiscard]] bool keeps(std::string const& id) const {
    with_default const here{pipeline_};
    span_id const caller{{1, 2, 3, 4, 5, 6, 7, 8}};
    scoped_span const span{"asked", {.parent = context{trace_id::from_hex(id), caller, 0, true}}};
    return span.context().is_sampled();
  }

 private:
  [[nodiscard]] static config settings(sampler by) {
    config out;
    out.sampler = std::move(by);
    out.exporters = std::vector<exporter_spec>{};
    out.read_environment = false;
    out.detect_resource = false;
    return out;
  }
  pipeline pipeline_;
};

[[nodiscard]] std::vector<std::string> random_ids(unsigned count) {
  std::mt19937_64 draw{20261121};
  std::vector<std::string> out;
  for (unsigned i = 0; i < count; ++i) {
    char text[33];
    std::snprintf(text, sizeof text, "%016llx%016llx", static_cast<unsigned long long>(draw() | 1),
                  static_cast<unsigned long long>(draw()));
    out.emplace_back(text);
  }
  return out;
}

}  // namespace

TEST_CASE("otlp SM1: a ratio of 0.25 keeps ...c0000000000000 and drops ...bfffffffffffff") {
  decisions const quarter{ratio(0.25)};
  CHECK(quarter.keeps("0af7651916cd43dd84c0000000000000"));
  CHECK_FALSE(quarter.keeps("0af7651916cd43dd84bfffffffffffff"));
  CHECK_FALSE(quarter.keeps("ffffffffffffffffffbfffffffffffff"));
  CHECK(quarter.keeps("000000000000000000ffffffffffffff"));
}

TEST_CASE("otlp SM2: what is kept at 0.1 is kept at 0.25 and at 0.5") {
  decisions const tenth{ratio(0.1)}, quarter{ratio(0.25)}, half{ratio(0.5)};
  unsigned kept[3] = {};
  auto const ids = random_ids(4000);
  for (auto const& id : ids) {
    bool const a = tenth.keeps(id), b = quarter.keeps(id), c = half.keeps(id);
    kept[0] += a, kept[1] += b, kept[2] += c;
    if ((a && !b) || (b && !c)) FAIL_CHECK("not monotone: " << id);
  }
  CHECK(kept[0] == Approx(400).margin(100));  // five standard deviations
  CHECK(kept[1] == Approx(1000).margin(140));
  CHECK(kept[2] == Approx(2000).margin(160));
}

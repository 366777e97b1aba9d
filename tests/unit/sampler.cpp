// Samplers as values: names, thresholds, and the thresholds that can be written.
#include <fanlight/sampler.hpp>

#include <clocale>
#include <cmath>
#include <limits>

#include "catch.hpp"

using namespace fanlight;
using detail::threshold_text;

TEST_CASE("samplers describe themselves as in OpenTelemetry") {
  CHECK(sampler{}.description() == "AlwaysOnSampler");
  CHECK(always_on().description() == "AlwaysOnSampler");
  CHECK(always_off().description() == "AlwaysOffSampler");
  CHECK(ratio(0.25).description() == "TraceIdRatioBased{0.25}");
  CHECK(ratio(1).description() == "TraceIdRatioBased{1}");
  CHECK(ratio(0.000125).description() == "TraceIdRatioBased{0.000125}");
  CHECK(parent_based(always_on()).description() == "ParentBased{root:AlwaysOnSampler}");
  CHECK(parent_based(ratio(0.5)).description() == "ParentBased{root:TraceIdRatioBased{0.5}}");
  auto const own = [](sampling_question const&) { return sampling_decision::drop; };
  CHECK(sampler{own}.description() == "CustomSampler");
  CHECK(parent_based(sampler{own, "OnlyMine"}).description() == "ParentBased{root:OnlyMine}");
}

TEST_CASE("the description does not follow the locale") {
  std::string const before = std::setlocale(LC_ALL, nullptr);
  bool found = false;
  for (auto const* name : {"de_DE.UTF-8", "de_DE.utf8", "fr_FR.UTF-8", "pt_BR.UTF-8"})
    found = found || std::setlocale(LC_ALL, name) != nullptr;
  auto const text = ratio(0.25).description();
  std::setlocale(LC_ALL, before.c_str());
  if (!found) WARN("no locale with a decimal comma is installed; the C locale was used");
  CHECK(text == "TraceIdRatioBased{0.25}");
}

TEST_CASE("a ratio is a threshold on 56 bits") {
  CHECK(ratio(0).threshold() == std::uint64_t{1} << 56);
  CHECK(ratio(1).threshold() == 0);
  CHECK(ratio(0.25).threshold() == 0xC0000000000000);
  CHECK(ratio(0.5).threshold() == 0x80000000000000);
  CHECK(ratio(std::ldexp(1.0, -56)).threshold() == 0xFFFFFFFFFFFFFF);
}

TEST_CASE("a share outside of 0..1 is brought inside") {
  CHECK(ratio(-1).threshold() == std::uint64_t{1} << 56);
  CHECK(ratio(7).threshold() == 0);
  CHECK(ratio(7).probability() == 1.0);
  CHECK(ratio(std::numeric_limits<double>::quiet_NaN()).threshold() == std::uint64_t{1} << 56);
}

TEST_CASE("thresholds are written with four digits and more near the ends") {
  CHECK(threshold_text(1) == "0");
  CHECK(threshold_text(0.5) == "8");
  CHECK(threshold_text(0.25) == "c");
  CHECK(threshold_text(0.1) == "e666");
  CHECK(threshold_text(0.01) == "fd70a");
  CHECK(threshold_text(0.001) == "ffbe77");
  CHECK(threshold_text(1.0 / 3) == "aaab");
  CHECK(threshold_text(2.0 / 3) == "5555");
  CHECK(threshold_text(0.99) == "028f6");
  CHECK(threshold_text(std::ldexp(1.0, -56)) == "ffffffffffffff");
}

TEST_CASE("a threshold that is written reads back as the one that decides") {
  for (double share = 1; share > 1e-12; share *= 0.37) {
    INFO(share);
    auto const decides = detail::with_written_threshold(ratio(share)).threshold();
    std::string digits{threshold_text(share).view()};
    CHECK(digits.size() <= 14);
    digits.resize(14, '0');
    CHECK(std::stoull(digits, nullptr, 16) == decides);
    auto const kept = static_cast<double>((std::uint64_t{1} << 56) - decides) / std::ldexp(1.0, 56);
    CHECK(kept == Approx(share).epsilon(0.0005));
  }
}

TEST_CASE("only ratios are rounded, and 0 stays nothing") {
  CHECK(detail::with_written_threshold(ratio(0)).threshold() == std::uint64_t{1} << 56);
  CHECK(detail::with_written_threshold(always_on()).threshold() == 0);
  CHECK(detail::with_written_threshold(always_off()).mode() == detail::sampling_mode::always_off);
  auto const both = detail::with_written_threshold(parent_based(ratio(0.1)));
  CHECK(both.is_parent_based());
  CHECK(both.threshold() == 0xE6660000000000);
  CHECK(ratio(0.1).threshold() == 0xE6666666666666);
}

// impl/waterfall.hpp: the pictures, approved by eye, and what must hold for all of them.
#include <fanlight/detail/display_width.hpp>
#include <fanlight/impl/terminal_text.hpp>
#include <fanlight/impl/waterfall.hpp>

#include "catch.hpp"
#include "support/golden.hpp"
#include "support/sample_trace.hpp"

#include <sstream>
#include <string>

using namespace support;
namespace fl = fanlight;
using Catch::Matchers::ContainsSubstring;

namespace {
fl::detail::trace_block block_of(fl::detail::batch_ref const& batch) {
  fl::detail::trace_block out;
  for (auto const each : fl::batch<fl::span_record>{batch}) out.spans.push_back(each);
  for (auto const each : fl::batch<fl::log_record>{batch})
    if (each.trace_id.is_valid()) out.logs.push_back(each);
  for (auto const each : fl::batch<fl::error_record>{batch}) out.reports.push_back(each);
  return out;
}
std::string drawn(fl::detail::batch_ref const& batch, unsigned width = 100, bool colour = false) {
  return fl::detail::draw_waterfall(block_of(batch), {width, colour});
}
}  // namespace

TEST_CASE("waterfall: the sample trace at several widths") {
  auto const batch = sample_trace();
  for (unsigned const width : {30u, 40u, 80u, 120u}) approved("waterfall_" + std::to_string(width) + ".txt", drawn(batch, width));
  approved("waterfall_colour.txt", drawn(batch, 100, true));
}

TEST_CASE("waterfall: no line is wider than the terminal, and colour changes no letter") {
  auto const batch = sample_trace();
  for (unsigned width = 20; width < 200; width += 7) {
    std::istringstream lines{drawn(batch, width)};
    for (std::string line; std::getline(lines, line);) {
      INFO(width << ": " << line);
      CHECK(fl::detail::display_width(line) <= width);
    }
    std::string bare;
    std::string const coloured = drawn(batch, width, true);
    for (std::size_t at = 0; at < coloured.size(); ++at) {
      if (coloured[at] == '\x1b') at = coloured.find('m', at);
      else bare += coloured[at];
    }
    CHECK(bare == drawn(batch, width));
  }
}

TEST_CASE("waterfall: nothing that steers a terminal gets through") {
  std::string nasty;
  for (int byte = 0; byte < 256; ++byte) nasty += static_cast<char>(byte);
  nasty +=
      "\xC2\x9B"
      "31m\xE2\x80\xAE\xE2\x81\xA6\xE2\x80\xA8";
  auto const made =
      drawn(batch_of({span(nasty, span_p).set(nasty, nasty).set("nested", fl::object{{nasty, nasty}}).event(nasty, 0, {{nasty, nasty}}),
                      log(nasty, span_p).set(nasty, nasty), error(nasty, span_p)}));
  for (char const byte : made) CHECK((byte == '\n' || static_cast<unsigned char>(byte) >= 0x20));
  CHECK(fl::detail::is_utf8(made));
  for (auto const* bad : {"\x7F", "\xC2\x9B", "\xE2\x80\xAE", "\xE2\x81\xA6", "\xE2\x80\xA8"}) CHECK_THAT(made, !ContainsSubstring(bad));
}

TEST_CASE("waterfall: bars stand where their time is") {
  auto const made = drawn(
      batch_of({span("root", "0000000000000001").from(0, 100 * ms), span("first", "0000000000000002", "0000000000000001").from(0, 50 * ms),
                span("then", "0000000000000003", "0000000000000001").from(50 * ms, 100 * ms),
                span("tick", "0000000000000004", "0000000000000001").from(100 * ms, 100 * ms)}),
      41);
  CHECK(made ==
        "trace 0af7651916cd43dd8448eb211c80319c\n"
        "backend-flask  2018-12-13 14:51:00.000Z\n"
        "root      ━━━━━━━━━━━━━━━━━━━━━━   100 ms\n"
        "├─ first  ━━━━━━━━━━━             50.0 ms\n"
        "├─ then              ━━━━━━━━━━━  50.0 ms\n"
        "└─ tick                        ╺     0 ns\n"
        "\n");
}

TEST_CASE("waterfall: children by start, a missing parent, and parents of each other") {
  auto const made = drawn(batch_of({span("late", "0000000000000003", "0000000000000001").from(5 * ms, 6 * ms),
                                    span("early", "0000000000000002", "0000000000000001").from(1 * ms, 2 * ms),
                                    span("root", "0000000000000001").from(0, 10 * ms),
                                    span("lost", "0000000000000004", "00000000000000ff").from(7 * ms, 8 * ms),
                                    span("chicken", "0000000000000005", "0000000000000006").from(8 * ms, 9 * ms),
                                    span("egg", "0000000000000006", "0000000000000005").from(8 * ms, 9 * ms)}));
  std::size_t last = 0;
  for (auto const* name : {"\nroot ", "├─ early ", "└─ late ", "\nlost ", "\nchicken ", "└─ egg "}) {
    INFO(name << "\n" << made);
    auto const at = made.find(name);
    REQUIRE(at != std::string::npos);
    CHECK(at > last);
    last = at;
  }
}

TEST_CASE("waterfall: a very deep trace") {
  batch_builder deep;
  for (int i = 1; i <= 3000; ++i) {
    char id[17], parent[17];
    std::snprintf(id, sizeof id, "%016x", i);
    std::snprintf(parent, sizeof parent, "%016x", i - 1);
    deep.add(span("level " + std::to_string(i), id, i == 1 ? "" : parent).from(i, 10'000));
  }
  auto const made = drawn(deep.take(), 80);
  CHECK_THAT(made, ContainsSubstring("level 999") && ContainsSubstring("… 2000 more spans"));
  std::istringstream lines{made};
  for (std::string line; std::getline(lines, line);)
    if (fl::detail::display_width(line) > 80) FAIL(line);
}

TEST_CASE("waterfall: an error is told once") {
  auto const both = span("s", span_p)
                        .status(fl::status_code::error, "boom")
                        .event("exception", 0, {{"exception.type", "std::runtime_error"}, {"exception.message", "boom"}});
  CHECK_THAT(drawn(batch_of({both})), ContainsSubstring("✗ std::runtime_error: boom\n") && !ContainsSubstring("✗ boom"));
  CHECK_THAT(drawn(batch_of({span("s", span_p).status(fl::status_code::error, "gone wrong")})), ContainsSubstring("✗ gone wrong\n"));
}

TEST_CASE("waterfall: ids that join records elsewhere stay out of the picture") {
  auto const made = drawn(
      batch_of({span("s", span_p)
                    .set("fanlight.error.id", "6f1d0f6e-5d1c-4a0e-9c57-0a1b2c3d4e5f")
                    .event("exception", 0, {{"exception.type", "T"}, {"fanlight.error.id", "6f1d"}, {"exception.stacktrace", "#0"}})}));
  CHECK_THAT(made, ContainsSubstring("✗ T\n") && !ContainsSubstring("6f1d") && !ContainsSubstring("#0"));
}

TEST_CASE("waterfall: lines outside of a picture") {
  auto const batch = sample_trace();
  std::string made;
  for (auto const each : fl::batch<fl::log_record>{batch})
    if (!each.trace_id.is_valid()) made += fl::detail::draw_line(each, {40, false});
  CHECK(made == "2018-12-13 14:51:00.000Z  INFO   access  [2026-Nov-21 09:58] 192.0.2.7 GET http /api/activities/home 200  status=200\n");
  auto const report = batch_of({error("a\nb", span_p).fact(fl::detail::fact_key::error_type, "std::logic_error")});
  for (auto const each : fl::batch<fl::error_record>{report})
    CHECK(fl::detail::draw_line(each, {}) ==
          "2018-12-13 14:51:00.000Z  ERROR  std::logic_error: a␊b  trace=0af7651916cd43dd8448eb211c80319c\n");
}

TEST_CASE("waterfall: a line of the access log says its fields itself") {
  batch_builder made;
  made.add(log("[2026-Nov-21 09:58] ::1 GET http /a 200", span_p)
               .set("client.address", "::1")
               .set("http.request.method", "GET")
               .set("url.path", "/a")
               .set("http.response.status_code", 200)
               .set("duration_ms", 1.5));
  made.add(log("no access line", span_p).set("url.path", "/a"));
  std::string lines;
  auto const batch = made.take();
  for (auto const each : fl::batch<fl::log_record>{batch}) lines += fl::detail::draw_line(each, {});
  CHECK_THAT(lines, ContainsSubstring("[2026-Nov-21 09:58] ::1 GET http /a 200  duration_ms=1.5") && !ContainsSubstring("client.address") &&
                        ContainsSubstring("no access line  url.path=/a"));
}

TEST_CASE("waterfall: durations for people") {
  std::pair<std::int64_t, char const*> const cases[] = {{0, "0 ns"},
                                                        {999, "999 ns"},
                                                        {1000, "1.00 µs"},
                                                        {12'345, "12.3 µs"},
                                                        {999'499, "999 µs"},
                                                        {999'500, "1.00 ms"},
                                                        {214'300'000, "214 ms"},
                                                        {1'234'000'000, "1.23 s"},
                                                        {59'900'000'000, "59.9 s"},
                                                        {65'000'000'000, "1m 05s"},
                                                        {3'720'000'000'000, "1h 02m"},
                                                        {273'600'000'000'000, "3d 04h"}};
  for (auto const& [nanoseconds, text] : cases) CHECK(fl::detail::human_duration(nanoseconds) == text);
}

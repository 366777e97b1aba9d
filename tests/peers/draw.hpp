// Random things to record, from a seed: texts of every kind, numbers at the edges, nested values. One owner, one thread.
#pragma once

#include "datum.hpp"

#include <array>
#include <limits>
#include <random>

namespace peers {

class draws {
 public:
  explicit draws(std::uint64_t seed) : engine_{seed} {}

  [[nodiscard]] std::uint64_t word() { return engine_(); }
  [[nodiscard]] std::size_t below(std::size_t most) { return static_cast<std::size_t>(engine_() % most); }
  [[nodiscard]] bool once_in(std::size_t times) { return below(times) == 0; }

  /// What no collector may refuse: well-formed UTF-8.
  [[nodiscard]] std::string good_text() {
    static constexpr std::array<std::string_view, 16> pieces{"home-activities",
                                                             "GET /api/activities/@:handle",
                                                             "\xC3\xA9",
                                                             "\xE6\x97\xA5\xE6\x9C\xAC\xE8\xAA\x9E",
                                                             "\xF0\x9F\x98\x80",
                                                             "\xE2\x80\xA8",
                                                             "\xEF\xBB\xBF",
                                                             "\xF4\x8F\xBF\xBF",
                                                             "\xD7\xA9\xD7\x9C\xD7\x95\xD7\x9D",
                                                             "e\xCC\x81",
                                                             "\"quoted\\\"",
                                                             "\t\r\n\b\f",
                                                             "</script>",
                                                             "\x01\x1F\x7F",
                                                             "0",
                                                             " "};
    std::string out;
    for (auto count = below(6); count > 0; --count) out += pieces[below(pieces.size())];
    if (once_in(40)) out += '\0', out += "behind a NUL";
    if (once_in(50)) out.append(below(3000), static_cast<char>('a' + below(26)));
    return out;
  }
  /// Anything at all.
  [[nodiscard]] std::string any_text() {
    std::string out = good_text();
    if (!once_in(6)) return out;
    static constexpr std::array<std::string_view, 8> broken{"\xFF", "\xC0\xAF",     "\xE2\x82", "\xED\xA0\x80", "\xF4\x90\x80\x80",
                                                            "\x80", "\xF0\x9F\x98", "\xC3"};
    out.insert(below(out.size() + 1), broken[below(broken.size())]);
    return out;
  }
  [[nodiscard]] std::string name() {
    auto out = any_text();
    return out.empty() ? "a" : out;
  }
  [[nodiscard]] std::string key(std::size_t ordinal) {
    static constexpr std::array<std::string_view, 8> fronts{"app.",        "http.request.", "k",     "\xD0\xBA\xD0\xBB\xD1\x8E\xD1\x87.",
                                                            "with space ", "quote\"",       "a/b\\", "x\n"};
    return std::string{fronts[below(fronts.size())]} + std::to_string(ordinal);
  }
  [[nodiscard]] std::int64_t whole_number() {
    static constexpr std::array<std::int64_t, 12> edges{
        0, 1, -1, 127, 128, -128, 9'007'199'254'740'993, -9'007'199'254'740'993, INT32_MAX, INT32_MIN, INT64_MAX, INT64_MIN};
    return once_in(2) ? edges[below(edges.size())] : static_cast<std::int64_t>(word() >> below(64));
  }
  [[nodiscard]] double real_number() {
    using bounds = std::numeric_limits<double>;
    static constexpr std::array<double, 14> edges{0.0,
                                                  -0.0,
                                                  0.1,
                                                  1.0,
                                                  3.0,
                                                  1e21,
                                                  1e-7,
                                                  1e300,
                                                  bounds::max(),
                                                  bounds::min(),
                                                  bounds::denorm_min(),
                                                  bounds::infinity(),
                                                  -bounds::infinity(),
                                                  bounds::quiet_NaN()};
    if (once_in(2)) return edges[below(edges.size())];
    std::uint64_t const bits = word();
    double out;
    std::memcpy(&out, &bits, sizeof out);
    return out;
  }
  [[nodiscard]] datum value(int depth = 0) {
    switch (below(depth < 4 ? 12 : 9)) {
      case 0: return nothing();
      case 1: return yes_or_no(once_in(2));
      case 2:
      case 3: return whole(whole_number());
      case 4: return natural(once_in(2) ? word() | std::uint64_t{1} << 63 : word() >> 1);
      case 5: return real(real_number());
      case 6: return raw(bytes());
      case 7:
      case 8: return text(any_text());
      case 9: return list(values(depth));
      default: return map(members(below(4), depth + 1));
    }
  }
  /// Pairs with keys that differ.
  [[nodiscard]] pairs members(std::size_t count, int depth = 0) {
    pairs out;
    for (std::size_t i = 0; i < count; ++i) out.emplace_back(key(i), value(depth));
    return out;
  }
  /// More than any limit lets through, and short.
  [[nodiscard]] pairs too_many() {
    pairs out;
    for (std::size_t i = 0; i < attribute_list::many; ++i) out.emplace_back("many." + std::to_string(i), whole(whole_number()));
    return out;
  }
  [[nodiscard]] std::string bytes() {
    std::string out(below(20), '\0');
    for (auto& letter : out) letter = static_cast<char>(word());
    return out;
  }

 private:
  [[nodiscard]] std::vector<datum> values(int depth) {
    std::vector<datum> out;
    for (auto count = below(4); count > 0; --count) out.push_back(value(depth + 1));
    return out;
  }
  std::mt19937_64 engine_;
};

}  // namespace peers

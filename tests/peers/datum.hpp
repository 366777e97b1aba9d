// Values as a program has them, before fanlight sees them: what the peer tests record, and what they write down as asked for. Nothing here
// comes from fanlight's encoders. Plain values, owned by whoever makes them.
#pragma once

#include <fanlight/value.hpp>

#include <cstdint>
#include <cstring>
#include <deque>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace peers {

namespace fl = fanlight;

struct datum {
  enum class form { empty, boolean, whole, natural, real, text, raw, list, map };
  using member = std::pair<std::string, datum>;

  form what = form::empty;
  bool flag = false;
  std::int64_t whole = 0;
  std::uint64_t natural = 0;
  double real = 0;
  std::string bytes = {};            // of a text or of raw bytes
  std::vector<member> members = {};  // of a map; of a list with empty keys
};
using pairs = std::vector<datum::member>;

[[nodiscard]] inline datum nothing() { return {}; }
[[nodiscard]] inline datum yes_or_no(bool flag) {
  datum out;
  out.what = datum::form::boolean, out.flag = flag;
  return out;
}
[[nodiscard]] inline datum whole(std::int64_t number) {
  datum out;
  out.what = datum::form::whole, out.whole = number;
  return out;
}
[[nodiscard]] inline datum natural(std::uint64_t number) {
  datum out;
  out.what = datum::form::natural, out.natural = number;
  return out;
}
[[nodiscard]] inline datum real(double number) {
  datum out;
  out.what = datum::form::real, out.real = number;
  return out;
}
[[nodiscard]] inline datum text(std::string_view content) {
  datum out;
  out.what = datum::form::text, out.bytes = content;
  return out;
}
[[nodiscard]] inline datum raw(std::string_view content) {
  datum out;
  out.what = datum::form::raw, out.bytes = content;
  return out;
}
[[nodiscard]] inline datum map(pairs members) {
  datum out;
  out.what = datum::form::map, out.members = std::move(members);
  return out;
}
[[nodiscard]] inline datum list(std::vector<datum> elements) {
  datum out;
  out.what = datum::form::list;
  for (auto& each : elements) out.members.emplace_back(std::string{}, std::move(each));
  return out;
}

/// A datum as user code would hand it over. Keeps what a nested value borrows from.
class handed_over {
 public:
  explicit handed_over(datum const& from) : value_{make(from)} {}
  handed_over(handed_over const&) = delete;
  handed_over& operator=(handed_over const&) = delete;
  [[nodiscard]] fl::value const& get() const { return value_; }

 private:
  fl::value make(datum const& from) {
    switch (from.what) {
      case datum::form::empty: return {};
      case datum::form::boolean: return from.flag;
      case datum::form::whole: return from.whole;
      case datum::form::natural: return from.natural;
      case datum::form::real: return from.real;
      case datum::form::text: return std::string_view{from.bytes};
      case datum::form::raw: return fl::bytes{from.bytes.data(), from.bytes.size()};
      case datum::form::list:
        for (auto const& each : from.members) list_.push(handed_over{each.second}.get());
        return list_;
      case datum::form::map:
        for (auto const& each : from.members) map_.set(each.first, handed_over{each.second}.get());
        return map_;
    }
    return {};
  }
  fl::array list_;
  fl::object map_;
  fl::value value_;
};

/// Pairs as a list of attributes; fanlight takes such lists in braces only, so their lengths are those that spread() knows.
class attribute_list {
 public:
  static constexpr std::size_t many = 140;  // more than any limit allows

  explicit attribute_list(pairs const& from) {
    for (auto const& each : from) {
      values_.emplace_back(each.second);
      list_.push_back({each.first, values_.back().get()});
    }
  }
  /// Calls `use` with the attributes in braces: up to 8 of them, or `many`.
  template <class Use>
  void spread(Use use) const {
    switch (list_.size()) {
      case 0: return pass<0>(use);
      case 1: return pass<1>(use);
      case 2: return pass<2>(use);
      case 3: return pass<3>(use);
      case 4: return pass<4>(use);
      case 5: return pass<5>(use);
      case 6: return pass<6>(use);
      case 7: return pass<7>(use);
      case 8: return pass<8>(use);
      case many: return pass<many>(use);
      default: std::abort();
    }
  }

 private:
  template <std::size_t Count, class Use>
  void pass(Use& use) const {
    [&]<std::size_t... I>(std::index_sequence<I...>) {
      use(std::initializer_list<fl::attribute>{list_[I]...});
    }(std::make_index_sequence<Count>{});
  }
  std::deque<handed_over> values_;  // do not move: the list borrows from them
  std::vector<fl::attribute> list_;
};

/// JSON of what was asked for. Texts may hold any bytes: `=` stands before plain ones, `#` before hexadecimal digits.
class asked_json {
 public:
  static void put(std::string& out, std::string_view content) {
    bool plain = true;
    for (char const letter : content) plain = plain && letter >= 0x20 && letter < 0x7F && letter != '"' && letter != '\\';
    out += plain ? "\"=" : "\"#";
    out += plain ? std::string{content} : hex(content);
    out += '"';
  }
  [[nodiscard]] static std::string hex(std::string_view content) {
    std::string out;
    for (char const letter : content) {
      auto const byte = static_cast<unsigned char>(letter);
      out += "0123456789abcdef"[byte >> 4];
      out += "0123456789abcdef"[byte & 15];
    }
    return out;
  }
  /// A pair of the kind's letter and the value; numbers of 64 bits as texts, doubles as their bits.
  static void put(std::string& out, datum const& what) {
    switch (what.what) {
      case datum::form::empty: out += "[\"e\"]"; return;
      case datum::form::boolean: out += what.flag ? "[\"b\",true]" : "[\"b\",false]"; return;
      case datum::form::whole: out += "[\"i\",\"" + std::to_string(what.whole) + "\"]"; return;
      case datum::form::natural: out += "[\"u\",\"" + std::to_string(what.natural) + "\"]"; return;
      case datum::form::real: out += "[\"d\",\"" + bits(what.real) + "\"]"; return;
      case datum::form::text:
        out += "[\"s\",";
        put(out, std::string_view{what.bytes});
        out += ']';
        return;
      case datum::form::raw: out += "[\"x\",\"" + hex(what.bytes) + "\"]"; return;
      case datum::form::list:
        out += "[\"a\",[";
        for (auto const& each : what.members) put(out, each.second), out += ',';
        if (!what.members.empty()) out.pop_back();
        out += "]]";
        return;
      case datum::form::map:
        out += "[\"m\",";
        put(out, what.members);
        out += ']';
        return;
    }
  }
  static void put(std::string& out, pairs const& all) {
    out += '[';
    for (auto const& each : all) {
      out += '[';
      put(out, std::string_view{each.first});
      out += ',';
      put(out, each.second);
      out += "],";
    }
    if (!all.empty()) out.pop_back();
    out += ']';
  }

 private:
  static std::string bits(double number) {
    std::uint64_t word;
    std::memcpy(&word, &number, sizeof word);
    std::string out;
    for (int i = 60; i >= 0; i -= 4) out += "0123456789abcdef"[word >> i & 15];
    return out;
  }
};

}  // namespace peers

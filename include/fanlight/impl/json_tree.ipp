// Bodies of json_tree.hpp.
#pragma once

#include <fanlight/detail/environment.hpp>
#include <fanlight/impl/joined.hpp>
#include <fanlight/impl/json_tree.hpp>

#include <algorithm>
#include <charconv>

FANLIGHT_BEGIN
namespace detail {

FANLIGHT_COLD FANLIGHT_INLINE bool json_tree::add(json_kind kind, std::string_view text) {
  if (values_.size() >= most_values) return false;
  auto const place = static_cast<std::uint32_t>(values_.size());
  json_value made;
  made.kind = kind;
  made.text = text;
  if (!open_.empty()) {
    auto& parent = values_[open_.back()];
    made.parent = open_.back();
    if (parent.kind == json_kind::object) made.key = key_;
    (parent.first == 0 ? parent.first : values_[parent.last].next) = place;
    parent.last = place;
  }
  values_.push_back(std::move(made));
  return true;
}

FANLIGHT_COLD FANLIGHT_INLINE bool json_tree::open(bool object) {
  auto const place = static_cast<std::uint32_t>(values_.size());
  if (open_.size() >= deepest || !add(object ? json_kind::object : json_kind::array, {})) return false;
  open_.push_back(place);
  return true;
}

FANLIGHT_COLD FANLIGHT_INLINE bool json_tree::read(std::string_view document, std::string& wrong) {
  values_.clear(), open_.clear();
  if (document.size() > largest) return wrong = "it is larger than 4 MiB", false;
  std::size_t where = 0;
  bool const good = json_read(document, *this, &where);
  auto const rest = good ? document.substr(std::min(where, document.size())) : std::string_view{};
  auto const more = rest.find_first_not_of(" \t\r\n");
  if (good && more == std::string_view::npos) return true;
  if (good) where += more;
  std::size_t line = 1;
  for (char const letter : document.substr(0, where)) line += letter == '\n' ? 1 : 0;
  bool const limit = !good && (values_.size() >= most_values || open_.size() >= deepest);
  wrong = limit ? "it is too large or too deep, in line " + std::to_string(line)
                : joined({"it is no JSON from line ", std::to_string(line), " on"});
  values_.assign(1, {});
  return false;
}

FANLIGHT_COLD FANLIGHT_INLINE json_at json_at::find(std::string_view key) const noexcept {
  json_at out;
  if (is(json_kind::object))
    for (auto each = first(); each; each = each.next())
      if (each.key() == key) out = each;
  return out;
}

FANLIGHT_COLD FANLIGHT_INLINE std::string json_at::path() const {
  if (place_ == 0 || tree_ == nullptr) return "$";
  json_at const parent{tree_, self().parent};
  if (parent.is(json_kind::object)) {
    auto const quoted = detail::shown({}, self().key);  // whatever stands in a key fits into one line
    return joined({parent.path(), ".", quoted.substr(1, quoted.size() - 2)});
  }
  std::size_t number = 0;
  for (auto each = parent.first(); each && each.place_ != place_; each = each.next()) ++number;
  return joined({parent.path(), "[", std::to_string(number), "]"});
}

FANLIGHT_COLD FANLIGHT_INLINE std::string json_at::shown() const {
  switch (kind()) {
    case json_kind::missing: return "missing";
    case json_kind::array: return "an array";
    case json_kind::object: return "an object";
    case json_kind::text: return detail::shown({}, text());
    case json_kind::literal:
    case json_kind::number: break;
  }
  auto const out = detail::shown({}, text());
  return out.substr(1, out.size() - 2);
}

FANLIGHT_COLD FANLIGHT_INLINE bool json_at::real(double& to) const noexcept {
  if (!is(json_kind::number)) return false;
  auto const digits = text();
  auto const [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), to);
  return error == std::errc{} && end == digits.data() + digits.size();
}

FANLIGHT_COLD FANLIGHT_INLINE bool json_at::natural(std::uint64_t& to) const noexcept {
  if (!is(json_kind::number)) return false;
  auto const digits = text();
  auto const [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), to);
  return error == std::errc{} && end == digits.data() + digits.size();
}

}  // namespace detail
FANLIGHT_END

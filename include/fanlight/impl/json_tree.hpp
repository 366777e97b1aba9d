// A small JSON document in memory, for what people write by hand and for answers with some depth: values know where they stand, so that what
// is wrong with one can be told by its path. Bounded in size, depth and number of values. A tree belongs to the function that reads; json_at
// borrows it. RapidJSON's reader itself is in json.hpp.
#pragma once

#include <fanlight/impl/json.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

FANLIGHT_BEGIN
namespace detail {

enum class json_kind : std::uint8_t { missing, literal, number, text, array, object };

struct json_value {
  json_kind kind = json_kind::missing;
  std::uint32_t parent = 0, next = 0, first = 0, last = 0;  // 0: none; the root is 0, and nobody's child
  std::string key = {}, text = {};
};

class json_tree {
 public:
  /// False: it is no JSON, or too large; `wrong` says what, and where.
  [[nodiscard]] bool read(std::string_view document, std::string& wrong);
  [[nodiscard]] json_value const& at(std::uint32_t place) const noexcept { return values_[place]; }

  // The events of json_read().
  bool key(std::string_view name) { return key_ = name, true; }
  bool scalar(std::string_view text) { return add(json_kind::number, text); }
  bool text(std::string_view text) { return add(json_kind::text, text); }
  bool literal(std::string_view text) { return add(json_kind::literal, text); }
  bool open(bool object);
  bool close(bool) { return open_.pop_back(), true; }

 private:
  static constexpr std::size_t largest = std::size_t{4} << 20, most_values = 100'000, deepest = 32;
  bool add(json_kind kind, std::string_view text);

  std::vector<json_value> values_;
  std::vector<std::uint32_t> open_;
  std::string key_;
};

/// A value of a tree, or none.
class json_at {
 public:
  json_at() = default;
  explicit json_at(json_tree const& in) noexcept : tree_{&in} {}
  [[nodiscard]] json_kind kind() const noexcept { return tree_ != nullptr ? self().kind : json_kind::missing; }
  [[nodiscard]] explicit operator bool() const noexcept { return tree_ != nullptr; }
  [[nodiscard]] bool is(json_kind what) const noexcept { return kind() == what; }
  [[nodiscard]] std::string_view key() const noexcept { return tree_ != nullptr ? std::string_view{self().key} : std::string_view{}; }
  [[nodiscard]] std::string_view text() const noexcept { return tree_ != nullptr ? std::string_view{self().text} : std::string_view{}; }
  /// Of an object; the last one of that name.
  [[nodiscard]] json_at find(std::string_view key) const noexcept;
  [[nodiscard]] json_at first() const noexcept { return at(tree_ != nullptr ? self().first : 0); }
  [[nodiscard]] json_at next() const noexcept { return at(tree_ != nullptr ? self().next : 0); }
  /// `$.rules[2].rate`
  [[nodiscard]] std::string path() const;
  /// As it may stand in a message: cut, in one line.
  [[nodiscard]] std::string shown() const;

  [[nodiscard]] bool real(double& to) const noexcept;
  [[nodiscard]] bool natural(std::uint64_t& to) const noexcept;

 private:
  json_at(json_tree const* in, std::uint32_t place) noexcept : tree_{in}, place_{place} {}
  [[nodiscard]] json_at at(std::uint32_t place) const noexcept { return place == 0 ? json_at{} : json_at{tree_, place}; }
  [[nodiscard]] json_value const& self() const noexcept { return tree_->at(place_); }

  json_tree const* tree_ = nullptr;
  std::uint32_t place_ = 0;
};

}  // namespace detail
FANLIGHT_END

#ifndef FANLIGHT_COMPILED
#include <fanlight/impl/json_tree.ipp>
#endif

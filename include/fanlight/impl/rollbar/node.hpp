// An item in the making: JSON that can still be changed. Built of a report, scrubbed, shown to hooks, cut down until it fits, then written.
// A tree belongs to the function that makes it; its lane's thread alone. Texts in it are UTF-8 whatever was put in.
#pragma once

#include <fanlight/impl/send_buffer.hpp>
#include <fanlight/value.hpp>

#include <string>
#include <string_view>
#include <vector>

FANLIGHT_BEGIN
namespace detail {

class json_writer;

struct rollbar_node {
  enum class type : std::uint8_t { null, boolean, integer, natural, real, text, array, object };
  type what = type::null;
  union {
    bool yes;
    std::int64_t whole = 0;
    std::uint64_t natural;
    double decimal;
  };
  std::string key, words;             // words: of a text
  std::vector<rollbar_node> members;  // of an object or array

  rollbar_node() = default;
  [[nodiscard]] static rollbar_node object() { return of(type::object); }
  [[nodiscard]] static rollbar_node array() { return of(type::array); }
  [[nodiscard]] static rollbar_node text(std::string_view any);
  [[nodiscard]] static rollbar_node number(std::int64_t any);
  [[nodiscard]] static rollbar_node from(value const& any);

  [[nodiscard]] bool is_object() const noexcept { return what == type::object; }
  [[nodiscard]] bool is_array() const noexcept { return what == type::array; }
  [[nodiscard]] bool is_text() const noexcept { return what == type::text; }

  /// Null: there is no such member.
  [[nodiscard]] rollbar_node* find(std::string_view name) noexcept;
  [[nodiscard]] rollbar_node const* find(std::string_view name) const noexcept { return const_cast<rollbar_node*>(this)->find(name); }
  /// By a path as in rollbar_item. Null: not there.
  [[nodiscard]] rollbar_node* at(std::string_view path) noexcept;
  /// Replaces a member of that name.
  rollbar_node& put(std::string_view name, rollbar_node node);
  rollbar_node& put(std::string_view name, std::string_view any) { return put(name, text(any)); }
  rollbar_node& put(std::string_view name, char const* any) { return put(name, text(any)); }
  /// Only where there is none of that name yet.
  FANLIGHT_COLD void offer(std::string_view name, rollbar_node node) {
    if (find(name) == nullptr) put(name, std::move(node));
  }
  /// A text that is not empty.
  FANLIGHT_COLD void put_some(std::string_view name, std::string_view any) {
    if (!any.empty()) put(name, text(any));
  }
  /// The object of that name, made when it is not there.
  [[nodiscard]] rollbar_node& within(std::string_view name);
  bool erase(std::string_view name);
  void push(rollbar_node node) { members.push_back(std::move(node)); }

  void write(json_writer& to) const;
  /// As JSON.
  [[nodiscard]] std::string json() const;

 private:
  [[nodiscard]] FANLIGHT_COLD static rollbar_node of(type which) {
    rollbar_node out;
    out.what = which;
    return out;
  }
};

}  // namespace detail
FANLIGHT_END

#ifndef FANLIGHT_COMPILED
#include <fanlight/impl/rollbar/node.ipp>
#endif

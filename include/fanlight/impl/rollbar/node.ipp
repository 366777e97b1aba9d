// Bodies of node.hpp, and of rollbar_item.
#pragma once

#include <fanlight/exporters/rollbar_config.hpp>
#include <fanlight/impl/json.hpp>
#include <fanlight/impl/rollbar/node.hpp>

#include <algorithm>

FANLIGHT_BEGIN
namespace detail {

FANLIGHT_COLD FANLIGHT_INLINE rollbar_node rollbar_node::text(std::string_view any) {
  auto out = of(type::text);
  if (is_utf8(any)) out.words = any;
  else utf8_repair(any, [&](std::string_view piece) { out.words += piece; });
  return out;
}

FANLIGHT_COLD FANLIGHT_INLINE rollbar_node rollbar_node::number(std::int64_t any) {
  auto out = of(type::integer);
  out.whole = any;
  return out;
}

FANLIGHT_COLD FANLIGHT_INLINE rollbar_node rollbar_node::from(value const& any) {
  rollbar_node out;
  switch (any.kind()) {
    case value_kind::empty: return out;
    case value_kind::boolean: return out.what = type::boolean, out.yes = any.as_bool(), out;
    case value_kind::int64: return number(any.as_int64());
    case value_kind::uint64: return out.what = type::natural, out.natural = any.as_uint64(), out;
    case value_kind::float64: return out.what = type::real, out.decimal = any.as_double(), out;
    case value_kind::text: return text(any.as_text());
    case value_kind::bytes: {
      send_buffer base64;
      json_writer{base64}.base64(any.data(), any.size());
      return text(base64.view().substr(1, base64.size() - 2));
    }
    case value_kind::array:
      out.what = type::array;
      for (auto const each : any.members()) out.push(from(each.value));
      return out;
    case value_kind::object:
      out.what = type::object;
      for (auto const each : any.members()) {
        out.push(from(each.value));  // each key is there once
        out.members.back().key = text(each.key).words;
      }
      return out;
  }
  return out;
}

FANLIGHT_COLD FANLIGHT_INLINE rollbar_node* rollbar_node::find(std::string_view name) noexcept {
  if (is_object())
    for (auto& each : members)
      if (each.key == name) return &each;
  return nullptr;
}

FANLIGHT_COLD FANLIGHT_INLINE rollbar_node* rollbar_node::at(std::string_view path) noexcept {
  auto* here = this;
  while (here != nullptr && !path.empty()) {
    auto const end = std::min(path.find('/'), path.size());
    auto const name = path.substr(0, end);
    path.remove_prefix(std::min(end + 1, path.size()));
    if (!here->is_array()) {
      here = here->find(name);
      continue;
    }
    std::size_t index = name.empty() || name.size() > 9 ? here->members.size() : 0;
    if (name == "-1") index = here->members.size() - 1;
    else
      for (char const digit : name) index = digit < '0' || digit > '9' ? here->members.size() : index * 10 + static_cast<std::size_t>(digit - '0');
    here = index < here->members.size() ? &here->members[index] : nullptr;
  }
  return here;
}

FANLIGHT_COLD FANLIGHT_INLINE rollbar_node& rollbar_node::put(std::string_view name, rollbar_node node) {
  if (what == type::null) what = type::object;
  auto* at = find(name);
  if (at == nullptr) at = &members.emplace_back();
  node.key = text(name).words;
  *at = std::move(node);
  return *at;
}

FANLIGHT_COLD FANLIGHT_INLINE rollbar_node& rollbar_node::within(std::string_view name) {
  auto* const at = find(name);
  return at != nullptr && at->is_object() ? *at : put(name, object());
}

FANLIGHT_COLD FANLIGHT_INLINE bool rollbar_node::erase(std::string_view name) {
  for (std::size_t i = 0; i < members.size(); ++i)
    if (members[i].key == name) return members.erase(members.begin() + static_cast<std::ptrdiff_t>(i)), true;
  return false;
}

FANLIGHT_COLD FANLIGHT_INLINE void rollbar_node::write(json_writer& to) const {
  switch (what) {
    case type::null: return to.null();
    case type::boolean: return to.boolean(yes);
    case type::integer: return to.integer(whole);
    case type::natural: return to.natural(natural);
    case type::real: return to.real(decimal);
    case type::text: return to.text(words);
    case type::array:
      to.open_array();
      for (auto const& each : members) each.write(to);
      return to.close_array();
    case type::object:
      to.open_object();
      for (auto const& each : members) to.key(each.key), each.write(to);
      return to.close_object();
  }
}

FANLIGHT_COLD FANLIGHT_INLINE std::string rollbar_node::json() const {
  send_buffer to;
  json_writer writer{to};
  write(writer);
  return std::string{to.view()};
}

}  // namespace detail

FANLIGHT_COLD FANLIGHT_INLINE std::string rollbar_item::text(std::string_view path) const {
  auto const* const at = data_->at(path);
  if (at == nullptr || at->is_object() || at->is_array()) return {};
  return at->is_text() ? at->words : at->json();
}
FANLIGHT_COLD FANLIGHT_INLINE bool rollbar_item::has(std::string_view path) const { return data_->at(path) != nullptr; }
FANLIGHT_COLD FANLIGHT_INLINE std::string rollbar_item::json() const { return data_->json(); }

FANLIGHT_COLD FANLIGHT_INLINE rollbar_item& rollbar_item::set(std::string_view path, value const& what) {
  auto* here = data_;
  for (auto end = path.find('/'); end != std::string_view::npos; end = path.find('/')) {
    auto const name = path.substr(0, end);
    path.remove_prefix(end + 1);
    auto* const next = here->at(name);
    here = next != nullptr ? next : here->is_object() ? &here->within(name) : nullptr;
    if (here == nullptr) return *this;
  }
  if (here->is_object()) here->put(path, detail::rollbar_node::from(what));
  else if (auto* const element = here->is_array() ? here->at(path) : nullptr; element != nullptr) *element = detail::rollbar_node::from(what);
  return *this;
}

FANLIGHT_COLD FANLIGHT_INLINE rollbar_item& rollbar_item::remove(std::string_view path) {
  auto const cut = path.rfind('/');
  auto* const parent = cut == std::string_view::npos ? data_ : data_->at(path.substr(0, cut));
  auto const name = cut == std::string_view::npos ? path : path.substr(cut + 1);
  if (parent == nullptr) return *this;
  if (parent->is_object()) parent->erase(name);
  else if (auto* const element = parent->is_array() ? parent->at(name) : nullptr; element != nullptr)
    parent->members.erase(parent->members.begin() + (element - parent->members.data()));
  return *this;
}

FANLIGHT_END

// The small pieces of OTLP in JSON: values, attributes, ids and times, written as ready fragments with texts and numbers put between.
// Part of the writer in otlp_json.ipp, which owns it for one document.
#pragma once

#include <fanlight/impl/json.hpp>
#include <fanlight/impl/otlp_common.hpp>

FANLIGHT_BEGIN
namespace detail {

class otlp_json_values {
 public:
  explicit otlp_json_values(send_buffer& to) : to_{to}, json_{to} {}

  /// `{"stringValue":"…"}` and its like; an empty value is `{}`.
  void any_value(value const& what);
  void attribute(std::string_view key, value const& what);

 protected:
  void text(std::string_view any) {
    to_.push('"');
    json_.inside(any);
    to_.push('"');
  }
  /// An id, its quotation mark at the end included.
  void id(unsigned char const* bytes, unsigned size) {
    char* const at = to_.reserve(2 * size + 1);
    write_hex(at, bytes, size);
    at[2 * size] = '"';
    to_.use(2 * size + 1);
  }
  /// Nanoseconds of the epoch, the quotation mark at the end included.
  void time(std::int64_t wall) {
    json_.digits(wall < 0 ? std::int64_t{0} : wall);
    to_.push('"');
  }
  template <std::size_t Size>
  void count_if_any(char const (&key)[Size], std::uint32_t number) {
    if (number == 0) return;
    to_.literal(key);
    json_.digits(std::uint64_t{number});
  }
  /// A list of attributes as a further member of the object that is being written; when nothing is put in, nothing is written.
  void open_attributes() noexcept { list_ = list_state::awaited; }
  void close_attributes() {
    if (list_ != list_state::awaited) to_.push(']');
  }
  void attribute_items(unsigned char const* items, unsigned char const* end);

  enum class list_state : unsigned char { awaited, open, begun };
  send_buffer& to_;
  json_writer json_;
  list_state list_ = list_state::open;  // the list of attributes that is being written: `open` and empty, `begun` when not empty

 private:
  void next_attribute() {
    if (list_ == list_state::begun) to_.push(',');
    else if (list_ == list_state::awaited) to_.literal(",\"attributes\":[");
    list_ = list_state::begun;
  }
  void any_text(std::string_view content);
  void members(value const& what);
  void open_attribute(std::string_view key);
};

inline void otlp_json_values::any_text(std::string_view content) {
  std::size_t const before = to_.size();
  to_.literal("\"stringValue\":\"");
  char* const at = to_.reserve(content.size() * 6 + 8);
  if (json_copy_plain(at, content.data(), content.size())) {
    to_.use(content.size());
  } else if (is_utf8(content)) {
    to_.use(static_cast<std::size_t>(json_put_text(at, content) - at));
  } else {
    to_.cut(before);
    to_.literal("\"bytesValue\":");
    json_.after_fragment(false);
    return json_.base64(content.data(), content.size());
  }
  to_.push('"');
}

inline void otlp_json_values::members(value const& what) {
  bool const keyed = what.kind() == value_kind::object;
  if (keyed) to_.literal("\"kvlistValue\":{\"values\":[");
  else to_.literal("\"arrayValue\":{\"values\":[");
  bool first = true;
  for (auto const member : what.members()) {
    if (!first) to_.push(',');
    first = false;
    if (keyed) open_attribute(member.key);
    any_value(member.value);
    if (keyed) to_.push('}');
  }
  to_.literal("]}");
}

inline void otlp_json_values::any_value(value const& what) {
  to_.push('{');
  switch (what.kind()) {
    case value_kind::empty: break;
    case value_kind::boolean:
      if (what.as_bool()) to_.literal("\"boolValue\":true");
      else to_.literal("\"boolValue\":false");
      break;
    case value_kind::int64:
      to_.literal("\"intValue\":\"");
      json_.digits(what.as_int64());
      to_.push('"');
      break;
    case value_kind::uint64:  // the wire has no unsigned 64-bit numbers
      if (what.as_uint64() > static_cast<std::uint64_t>(INT64_MAX)) to_.literal("\"stringValue\":\"");
      else to_.literal("\"intValue\":\"");
      json_.digits(what.as_uint64());
      to_.push('"');
      break;
    case value_kind::float64:
      to_.literal("\"doubleValue\":");
      json_.after_fragment(false);
      json_.real(what.as_double());
      break;
    case value_kind::text: any_text(what.as_text()); break;
    case value_kind::bytes:
      if (is_packed_stack(what)) {
        any_text(packed_stack_text(what));
        break;
      }
      to_.literal("\"bytesValue\":");
      json_.after_fragment(false);
      json_.base64(what.data(), what.size());
      break;
    case value_kind::array:
    case value_kind::object: members(what); break;
  }
  to_.push('}');
}

inline void otlp_json_values::open_attribute(std::string_view key) {
  to_.literal("{\"key\":\"");
  json_.inside(key);
  to_.literal("\",\"value\":");
}

inline void otlp_json_values::attribute(std::string_view key, value const& what) {
  next_attribute();
  open_attribute(key);
  any_value(what);
  to_.push('}');
}

/// Attributes, annotations and metadata among the items, each as an attribute.
inline void otlp_json_values::attribute_items(unsigned char const* items, unsigned char const* end) {
  for (auto const* at = items; at != end; at += item_view{at}.size()) {
    item_view const item{at};
    auto const role = item.head().role;
    if (role == item_role::attribute || role == item_role::annotation) {
      attribute(item.key(), read_value(item));
    } else if (role == item_role::metadata) {
      metadata_name const name{item};
      next_attribute();
      to_.literal("{\"key\":\"metadata.");
      json_.inside(name.space);
      to_.push('.');
      json_.inside(name.key);
      to_.literal("\",\"value\":");
      any_value(read_value(item));
      to_.push('}');
    }
  }
}

}  // namespace detail
FANLIGHT_END

// The small pieces of OTLP in protobuf: values and attributes. Like pb.hpp they write by a cursor, at a place with enough room: four times
// the packed size of what they read is always enough. The straight path is for what almost every attribute is: short, of one word or text.
#pragma once

#include <fanlight/impl/otlp_common.hpp>
#include <fanlight/impl/pb.hpp>

#include <string>

FANLIGHT_BEGIN
namespace detail {

/// A value whose length is known takes the fewest bytes of all; this is for the rest. Writes the inside of an AnyValue.
char* proto_any(char* to, value const& what);
/// A KeyValue of any kind, as the field of the message around it that `tag` says.
char* proto_any_attribute(char* to, char tag, std::string_view key, value const& what);

/// Text as the inside of an AnyValue: bytes when it is not UTF-8. The length is the same in both.
[[nodiscard]] FANLIGHT_HOT char* proto_text_value(char* to, char const* at, std::size_t size) noexcept {
  char* const body = pb_varint(to + 1, size);
  *to = static_cast<char>(pb_tag(1, pb_wire::bytes));
  if (__builtin_expect((pb_copy_text(body, at, size) & pb_not_ascii) != 0, 0) && !is_utf8({at, size}))
    *to = static_cast<char>(pb_tag(7, pb_wire::bytes));
  return body + size;
}

/// What stands before a key and before a text is four bytes each: two tags and two lengths. `Fixed` has the tags, and what the lengths have
/// on top of the sizes.
template <std::uint32_t Fixed>
[[nodiscard]] FANLIGHT_HOT char* proto_prefix(char* to, std::size_t outer, std::size_t inner) noexcept {
  return pb_little<4>(to, Fixed + (static_cast<std::uint32_t>(outer) << 8) + (static_cast<std::uint32_t>(inner) << 24));
}
template <char Tag, unsigned Extra>
inline constexpr std::uint32_t proto_key_prefix = static_cast<unsigned char>(Tag) | Extra << 8 | pb_tag(1, pb_wire::bytes) << 16;
inline constexpr std::uint32_t proto_text_prefix = pb_tag(2, pb_wire::bytes) | 2u << 8 | pb_tag(1, pb_wire::bytes) << 16;

/// A number or a flag as the inside of an AnyValue.
[[nodiscard]] FANLIGHT_HOT char* proto_word(char* to, value_kind kind, std::uint64_t word) noexcept {
  if (kind == value_kind::float64) return pb_little<8>(pb_key<4, pb_wire::fixed64>(to), word);
  return pb_varint(kind == value_kind::boolean ? pb_key<2, pb_wire::varint>(to) : pb_key<3, pb_wire::varint>(to), word);
}

/// An attribute's packed item as a KeyValue, field `Tag` of the message around it.
template <char Tag>
[[nodiscard]] FANLIGHT_HOT char* proto_attribute(char* to, value_kind kind, unsigned char const* at, std::size_t size, char const* key,
                                                 std::size_t key_size) noexcept {
  // All lengths fit into one byte each.
  if (kind == value_kind::text && key_size + size < 120) {
    auto const* const text = reinterpret_cast<char const*>(at);
    char* const to_key = proto_prefix<proto_key_prefix<Tag, 6>>(to, key_size + size, key_size);
    char* const to_text = proto_prefix<proto_text_prefix>(to_key + key_size, size, size);
    std::uint64_t const seen = pb_copy_text(to_key, key, key_size) | pb_copy_text(to_text, text, size);
    if (__builtin_expect((seen & pb_not_ascii) == 0, 1)) return to_text + size;
  } else if (is_scalar(kind) && key_size < 100) {
    std::uint64_t word;
    std::memcpy(&word, at, 8);
    char* const to_key = to + 4;
    bool const too_large = kind == value_kind::uint64 && word >> 63 != 0;
    if (__builtin_expect((pb_copy_text(to_key, key, key_size) & pb_not_ascii) == 0 && !too_large, 1)) {
      char* const any = to_key + key_size;
      char* const end = proto_word(any + 2, kind, word);
      auto const number_size = static_cast<std::size_t>(end - any) - 2;
      any[0] = static_cast<char>(pb_tag(2, pb_wire::bytes)), any[1] = static_cast<char>(number_size);
      static_cast<void>(proto_prefix<proto_key_prefix<Tag, 4>>(to, key_size + number_size, key_size));
      return end;
    }
  }
  return proto_any_attribute(to, Tag, {key, key_size}, read_value({at - sizeof(item_head)}));
}

FANLIGHT_COLD inline char* proto_metadata(char* to, char tag, item_view item) {
  metadata_name const name{item};
  std::string key{"metadata."};
  key.append(name.space).append(1, '.').append(name.key);
  return proto_any_attribute(to, tag, key, read_value(item));
}

/// Attributes, annotations and metadata among the items, each as an attribute. `others` gets a bit for each other role that was met.
template <char Tag>
[[nodiscard]] FANLIGHT_HOT char* proto_attributes(char* to, unsigned char const* items, unsigned char const* end, unsigned& others) {
  for (auto const* at = items; at != end;) {
    auto const& head = entry_survey::head_at(at);
    auto const* const value = at + sizeof head;
    auto const* const key = value + entry_survey::value_room(head);
    std::size_t const key_size = head.key_size;
    auto const* const next = value + padded(static_cast<std::size_t>(key - value) + key_size + 1);
    if (__builtin_expect(attribute_view::is(head.role), 1))
      to = proto_attribute<Tag>(to, head.kind, value, head.value_size, reinterpret_cast<char const*>(key), key_size);
    else if (head.role == item_role::metadata) to = proto_metadata(to, Tag, {at});
    else if (head.role != item_role::dead) others |= 1u << static_cast<unsigned>(head.role);
    at = next;
  }
  return to;
}
/// The same for what is not a span's or a log record's own, as fields that `tag` says: each begins with its tag.
FANLIGHT_COLD inline char* proto_attributes_as(char tag, char* to, unsigned char const* items, unsigned char const* end) {
  for (auto const* at = items; at != end;) {
    auto const* const next = at + item_view{at}.size();
    unsigned others = 0;
    char* const begun = to;
    to = proto_attributes<0x0A>(to, at, next, others);
    if (to != begun) *begun = tag;
    at = next;
  }
  return to;
}

FANLIGHT_COLD inline char* proto_members(char* to, value const& what) {
  for (auto const member : what.members()) {
    if (what.kind() == value_kind::object) {
      to = proto_any_attribute(to, 0x0A, member.key, member.value);
    } else {
      auto const element = pb_message::open<1>(to, member.value.size() + 4);
      to = element.close(proto_any(element.body, member.value));
    }
  }
  return to;
}

/// A number that the wire has no type for, as text.
FANLIGHT_COLD inline char* proto_large(char* to, std::uint64_t number) noexcept {
  char digits[20];
  char* at = digits + sizeof digits;
  for (; number != 0; number /= 10) *--at = static_cast<char>('0' + number % 10);
  return pb_text<1>(to, {at, static_cast<std::size_t>(digits + sizeof digits - at)});
}

FANLIGHT_COLD inline char* proto_any(char* to, value const& what) {
  switch (what.kind()) {
    case value_kind::empty: return to;
    case value_kind::boolean: return pb_number<2>(to, what.as_bool() ? 1 : 0);
    case value_kind::int64: return pb_number<3>(to, what.as_uint64());
    case value_kind::uint64: return what.as_uint64() >> 63 != 0 ? proto_large(to, what.as_uint64()) : pb_number<3>(to, what.as_uint64());
    case value_kind::float64: return pb_fixed64<4>(to, static_cast<std::uint64_t>(what.word()));
    case value_kind::text: return proto_text_value(to, static_cast<char const*>(what.data()), what.size());
    case value_kind::bytes:
      to = pb_varint(pb_key<7, pb_wire::bytes>(to), what.size());
      if (what.size() != 0) std::memcpy(to, what.data(), what.size());
      return to + what.size();
    case value_kind::array: {
      auto const list = pb_message::open<5>(to, what.size() / 2);
      return list.close(proto_members(list.body, what));
    }
    case value_kind::object: {
      auto const list = pb_message::open<6>(to, what.size());
      return list.close(proto_members(list.body, what));
    }
  }
  return to;
}

FANLIGHT_COLD inline char* proto_any_attribute(char* to, char tag, std::string_view key, value const& what) {
  auto const pair = pb_message::open_as(to, tag, key.size() + what.size() + 8);
  to = pb_text<1>(pair.body, key);
  auto const any = pb_message::open<2>(to, what.size() + 4);
  return pair.close(any.close(proto_any(any.body, what)));
}

}  // namespace detail
FANLIGHT_END

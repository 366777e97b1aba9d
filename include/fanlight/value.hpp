// Attribute values. `value` borrows: it is made at the call site, read at once and never kept. `object` and `array` own their bytes, in
// the packed layout of detail/entry.hpp, so that a nested value is written once and copied as it stands. Nothing here throws; when
// memory runs out a nested value is empty. Values are read by any thread that holds what they borrow from.
#pragma once

#include <fanlight/detail/entry.hpp>

#include <cstdint>
#include <cstdlib>
#include <initializer_list>
#include <string_view>

FANLIGHT_BEGIN

using detail::value_kind;
class object;
class array;

/// Text that ends in a NUL and belongs to somebody else: a record's batch, usually.
class text : public std::string_view {
 public:
  constexpr text() noexcept : std::string_view{"", 0} {}
  /// `at[size]` must be NUL.
  constexpr text(char const* at, std::size_t size) noexcept : std::string_view{at, size} {}
  [[nodiscard]] constexpr char const* c_str() const noexcept { return data(); }
};

/// Bytes that are not text: base64 in JSON, bytes in protobuf. Borrows.
struct bytes {
  void const* data = nullptr;
  std::size_t size = 0;
};

namespace detail {
template <class T, class... Us>
inline constexpr bool is_one_of = (__is_same(T, Us) || ...);
template <class T>
concept character = is_one_of<T, char, wchar_t, char8_t, char16_t, char32_t>;
template <class T>
concept integer = __is_same(decltype(T{} | T{}), decltype(+T{})) && !character<T> && !__is_same(T, bool) && !__is_enum(T);
template <class T>
concept floating = is_one_of<T, float, double, long double>;
template <class T>
concept textual = requires(T const& text, void (*take)(std::string_view)) { take(text); };
class item_range;
}  // namespace detail

/// One attribute value: empty, bool, integer, double, text, bytes, array or object. Borrows text and bytes.
class value {
 public:
  constexpr value() noexcept : word_{}, size_{0}, kind_{value_kind::empty} {}
  constexpr value(std::nullptr_t) noexcept : value{} {}
  template <class T>
    requires(__is_same(T, bool))
  constexpr value(T flag) noexcept : word_{.whole = flag}, size_{8}, kind_{value_kind::boolean} {}
  template <detail::integer T>
  constexpr value(T number) noexcept : word_{.whole = static_cast<std::int64_t>(number)}, size_{8}, kind_{integer_kind(number)} {}
  template <detail::floating T>
  constexpr value(T number) noexcept : word_{.real = static_cast<double>(number)}, size_{8}, kind_{value_kind::float64} {}
  constexpr value(char const* text) noexcept : value{text == nullptr ? value{} : value{std::string_view{text}}} {}
  template <detail::textual T>
    requires(!__is_same(T, std::nullptr_t))
  constexpr value(T const& text) noexcept : value{std::string_view{text}, 0} {}
  constexpr value(bytes raw) noexcept : word_{.data = raw.data}, size_{cap(raw.size)}, kind_{value_kind::bytes} {}
  value(object const& members) noexcept;
  value(array const& elements) noexcept;

  /// A view over packed bytes: what records hand out.
  constexpr value(value_kind kind, void const* data, std::uint32_t size) noexcept : word_{.data = data}, size_{size}, kind_{kind} {}
  constexpr value(value_kind kind, std::int64_t word) noexcept : word_{.whole = word}, size_{8}, kind_{kind} {}

  [[nodiscard]] constexpr value_kind kind() const noexcept { return kind_; }
  /// What follows gives a zero, an empty text or an empty range when the value is of another kind.
  [[nodiscard]] constexpr bool as_bool() const noexcept { return kind_ == value_kind::boolean && word_.whole != 0; }
  [[nodiscard]] constexpr std::int64_t as_int64() const noexcept { return is_integer() ? word_.whole : 0; }
  [[nodiscard]] constexpr std::uint64_t as_uint64() const noexcept { return static_cast<std::uint64_t>(as_int64()); }
  [[nodiscard]] double as_double() const noexcept {
    double out = 0;
    if (kind_ == value_kind::float64) std::memcpy(&out, &word_, sizeof out);
    return out;
  }
  [[nodiscard]] std::string_view as_text() const noexcept {
    return kind_ == value_kind::text ? std::string_view{static_cast<char const*>(word_.data), size_} : std::string_view{};
  }
  [[nodiscard]] bytes as_bytes() const noexcept {
    return kind_ == value_kind::bytes ? bytes{word_.data, size_} : bytes{};
  }
  /// The elements of an array (their keys are empty) or the members of an object, as attributes.
  [[nodiscard]] detail::item_range members() const noexcept;

  [[nodiscard]] constexpr bool is_integer() const noexcept { return kind_ == value_kind::int64 || kind_ == value_kind::uint64; }
  [[nodiscard]] constexpr bool is_nested() const noexcept { return kind_ >= value_kind::array; }
  [[nodiscard]] constexpr std::uint32_t size() const noexcept { return size_; }
  [[nodiscard]] constexpr void const* data() const noexcept { return word_.data; }
  [[nodiscard]] std::int64_t word() const noexcept {
    std::int64_t out = 0;
    std::memcpy(&out, &word_, sizeof out);
    return out;
  }

 private:
  constexpr value(std::string_view text, int) noexcept : word_{.data = text.data()}, size_{cap(text.size())}, kind_{value_kind::text} {}
  [[nodiscard]] static constexpr std::uint32_t cap(std::size_t size) noexcept {
    return size < 0x7FFFFFFF ? static_cast<std::uint32_t>(size) : 0x7FFFFFFF;
  }
  template <class T>
  [[nodiscard]] static constexpr value_kind integer_kind(T number) noexcept {
    if constexpr (T(-1) < T(0)) return value_kind::int64;
    else return number > static_cast<std::uint64_t>(INT64_MAX) ? value_kind::uint64 : value_kind::int64;
  }

  union {
    std::int64_t whole;
    double real;
    void const* data;
  } word_;
  std::uint32_t size_;
  value_kind kind_;
};

/// A key and its value. Keys are text that is not empty; an attribute with an empty key is dropped and counted.
struct attribute {
  std::string_view key;
  fanlight::value value;
};

namespace detail {

/// Writes one item at `to`, which has item_space() bytes of room, and gives the byte behind it.
FANLIGHT_HOT unsigned char* write_item(unsigned char* to, item_role role, std::string_view key, value const& what) noexcept {
  auto const kind = what.kind();
  std::size_t const key_size = key.size(), size = what.size();
  item_head const head{kind, role, static_cast<std::uint16_t>(key_size), static_cast<std::uint32_t>(size)};
  unsigned char* const end = to + item_space(kind, size, key_size);
  std::uint64_t const zero = 0;
  std::memcpy(end - 8, &zero, 8);  // the NUL of the key and the padding, so that no byte is ever left as it was
  std::memcpy(to, &head, sizeof head);
  to += sizeof head;
  if (is_scalar(kind)) {
    std::int64_t const word = what.word();
    std::memcpy(to, &word, 8);
    to += 8;
  } else if (kind == value_kind::text) {
    copy_bytes(to, what.data(), size);
    to[size] = 0;
    to += size + 1;
  } else {
    copy_bytes(to, what.data(), size);
    to += padded(size);
  }
  copy_bytes(to, key.data(), key_size);
  to[key_size] = 0;
  return end;
}

/// The same, not inlined: for everything but the straight path.
unsigned char* place_item(unsigned char* to, item_role role, std::string_view key, value const& what) noexcept;

/// The value of a packed item.
[[nodiscard]] inline value read_value(item_view item) noexcept {
  auto const head = item.head();
  if (is_scalar(head.kind)) {
    std::int64_t word = 0;
    std::memcpy(&word, item.value(), 8);
    return {head.kind, word};
  }
  return {head.kind, item.value(), head.value_size};
}

/// Walks packed items: a forward range of attributes by value.
class item_range {
 public:
  class iterator {
   public:
    using value_type = attribute;
    using difference_type = std::ptrdiff_t;
    iterator() noexcept = default;
    explicit iterator(unsigned char const* at) noexcept : at_{at} {}
    [[nodiscard]] attribute operator*() const noexcept { return {item_view{at_}.key(), read_value({at_})}; }
    iterator& operator++() noexcept {
      at_ += item_view{at_}.size();
      return *this;
    }
    iterator operator++(int) noexcept {
      auto const old = *this;
      ++*this;
      return old;
    }
    [[nodiscard]] bool operator==(iterator const& other) const noexcept = default;

   private:
    unsigned char const* at_ = nullptr;
  };
  item_range() noexcept = default;
  item_range(void const* at, std::size_t size) noexcept
      : begin_{static_cast<unsigned char const*>(at)}, end_{begin_ + size} {}
  [[nodiscard]] iterator begin() const noexcept { return iterator{begin_}; }
  [[nodiscard]] iterator end() const noexcept { return iterator{end_}; }
  [[nodiscard]] bool empty() const noexcept { return begin_ == end_; }

 private:
  unsigned char const* begin_ = nullptr;
  unsigned char const* end_ = nullptr;
};

/// A growing run of packed items. Owned by whoever made it.
class item_buffer {
 public:
  item_buffer() noexcept = default;
  item_buffer(item_buffer const& other) noexcept;
  item_buffer(item_buffer&& other) noexcept;
  item_buffer& operator=(item_buffer other) noexcept;
  ~item_buffer() noexcept { std::free(data_); }

  /// False when there was no memory, or the value is nested deeper than 64.
  bool add(item_role role, std::string_view key, value const& what) noexcept;
  void assign(void const* items, std::size_t size) noexcept;
  void clear() noexcept { size_ = 0; }

  [[nodiscard]] unsigned char const* data() const noexcept { return data_; }
  [[nodiscard]] std::uint32_t size() const noexcept { return size_; }

 private:
  [[nodiscard]] bool reserve(std::size_t size) noexcept;
  unsigned char* data_ = nullptr;
  std::uint32_t size_ = 0;
  std::uint32_t room_ = 0;
};

inline constexpr int deepest_nesting = 64;  // OpenTelemetry's default depth limit
[[nodiscard]] int nesting_of(value const& what, int level = 0) noexcept;

}  // namespace detail

inline detail::item_range value::members() const noexcept {
  return is_nested() ? detail::item_range{word_.data, size_} : detail::item_range{};
}

/// A nested value with named members: `fl::object{{"now", "…"}, {"size", 3}}`. Owns its bytes; a key set again replaces the value.
class object {
 public:
  object() noexcept = default;
  object(std::initializer_list<attribute> members) noexcept {
    for (auto const& member : members) set(member.key, member.value);
  }
  object& set(std::string_view key, value const& what) noexcept;
  /// The value of `key`, or an empty one. Valid until the object changes.
  [[nodiscard]] value get(std::string_view key) const noexcept;
  [[nodiscard]] bool contains(std::string_view key) const noexcept;
  [[nodiscard]] detail::item_range members() const noexcept { return {items_.data(), items_.size()}; }
  [[nodiscard]] bool empty() const noexcept { return items_.size() == 0; }

 private:
  friend class value;
  detail::item_buffer items_;
};

/// A nested value with elements in order: `fl::array{"x", 2, true}` or made from a range. Owns its bytes.
class array {
 public:
  array() noexcept = default;
  array(std::initializer_list<value> elements) noexcept {
    for (auto const& element : elements) push(element);
  }
  template <class Range>
    requires(!detail::textual<Range> && !__is_same(Range, array) && requires(Range const& range) { range.begin() != range.end(); })
  explicit array(Range const& range) noexcept {
    for (auto const& element : range) push(value{element});
  }
  array& push(value const& what) noexcept {
    items_.add(detail::item_role::attribute, {}, what);
    return *this;
  }
  [[nodiscard]] detail::item_range elements() const noexcept { return {items_.data(), items_.size()}; }
  [[nodiscard]] bool empty() const noexcept { return items_.size() == 0; }

 private:
  friend class value;
  detail::item_buffer items_;
};

inline value::value(object const& members) noexcept : value{value_kind::object, members.items_.data(), members.items_.size()} {}
inline value::value(array const& elements) noexcept : value{value_kind::array, elements.items_.data(), elements.items_.size()} {}

FANLIGHT_END

#ifndef FANLIGHT_COMPILED
#include <fanlight/impl/value.ipp>
#endif

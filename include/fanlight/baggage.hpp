// Baggage: names with texts that go along with a trace, to every service that it reaches, in the header `baggage`. A `baggage` object holds
// one for its scope, a `no_baggage` keeps some back; both belong to one thread and one scope, like an annotation, and what is begun, carried
// or called beneath has what they say. Reading is free: a `baggage_view` borrows the context it looks at. What a context has never changes;
// set_baggage() and its kin give another one. Nothing here blocks or throws but for value(), which makes a std::string.
#pragma once

#include <fanlight/detail/baggage_text.hpp>
#include <fanlight/propagation.hpp>
#include <fanlight/span.hpp>

#include <iterator>
#include <optional>
#include <string>

FANLIGHT_BEGIN

/// What stands behind a member: `;ttl=60;secret`. Borrows the context it came from.
class baggage_property {
 public:
  explicit baggage_property(detail::baggage_parts const& of) noexcept : of_{of} {}
  [[nodiscard]] std::string_view key() const noexcept { return of_.key; }
  /// False: it is a key alone.
  [[nodiscard]] bool has_value() const noexcept { return of_.has_value; }
  /// Decoded, as a member's.
  [[nodiscard]] std::string value() const;

 private:
  detail::baggage_parts of_;
};

namespace detail {
/// What is cut off a text piece by piece, as a range.
template <class Piece, bool (*Next)(std::string_view& rest, baggage_parts& to) noexcept>
class baggage_range {
 public:
  class iterator {
   public:
    using value_type = Piece;
    using difference_type = std::ptrdiff_t;
    using pointer = void;
    using reference = Piece;
    using iterator_category = std::input_iterator_tag;
    iterator() noexcept = default;
    explicit iterator(std::string_view rest) noexcept : rest_{rest} { ++*this; }
    [[nodiscard]] Piece operator*() const noexcept { return Piece{now_}; }
    iterator& operator++() noexcept {
      if (!Next(rest_, now_)) *this = iterator{};
      return *this;
    }
    iterator operator++(int) noexcept {
      auto const before = *this;
      ++*this;
      return before;
    }
    [[nodiscard]] friend bool operator==(iterator const& a, iterator const& b) noexcept { return a.now_.key.data() == b.now_.key.data(); }

   private:
    std::string_view rest_{};
    baggage_parts now_{};
  };
  explicit baggage_range(std::string_view text) noexcept : text_{text} {}
  [[nodiscard]] iterator begin() const noexcept { return iterator{text_}; }
  [[nodiscard]] iterator end() const noexcept { return {}; }
  [[nodiscard]] bool empty() const noexcept { return begin() == end(); }

 private:
  std::string_view text_;
};
}  // namespace detail

/// A name and its text. Borrows the context it came from.
class baggage_member {
 public:
  using properties_range = detail::baggage_range<baggage_property, detail::next_baggage_property>;
  explicit baggage_member(detail::baggage_parts const& of) noexcept : of_{of} {}
  [[nodiscard]] std::string_view key() const noexcept { return of_.key; }
  /// As it is meant: percent-encoding undone, U+FFFD where that gave no UTF-8.
  [[nodiscard]] std::string value() const;
  /// As it stands in the header.
  [[nodiscard]] std::string_view encoded_value() const noexcept { return of_.value; }
  [[nodiscard]] properties_range properties() const noexcept { return properties_range{of_.properties}; }
  /// `ttl=60;secret`, as it stands in the header.
  [[nodiscard]] std::string_view encoded_properties() const noexcept { return of_.properties; }

 private:
  detail::baggage_parts of_;
};

/// The baggage of a context, member by member, in the header's order. Keeps the context.
class baggage_view : private context {
  using members = detail::baggage_range<baggage_member, detail::next_baggage_member>;

 public:
  /// Of this thread, here and now.
  baggage_view() noexcept : baggage_view{current()} {}
  explicit baggage_view(context of) noexcept : context{static_cast<context&&>(of)} {}
  [[nodiscard]] members::iterator begin() const noexcept { return members::iterator{text()}; }
  [[nodiscard]] members::iterator end() const noexcept { return {}; }
  [[nodiscard]] bool empty() const noexcept { return begin() == end(); }
  /// Of several members of one key the last counts.
  [[nodiscard]] std::optional<baggage_member> find(std::string_view key) const noexcept;
  [[nodiscard]] bool contains(std::string_view key) const noexcept { return find(key).has_value(); }
  /// As the header says it.
  [[nodiscard]] std::string_view text() const noexcept { return context::baggage(); }
};

/// The value of a key in this thread's baggage, decoded; nothing when it is not there.
[[nodiscard]] std::optional<std::string> baggage_value(std::string_view key);

/// The same context with a member more, in place of those of its key. A key is a token: letters, digits and !#$%&'*+-.^_`|~; a value is any
/// text; `properties` stand as in the header (`ttl=60;secret`). What cannot be (a bad key, more than 64 members or 8192 bytes) is told, and
/// gives the context as it was.
[[nodiscard]] context set_baggage(context const& of, std::string_view key, std::string_view value, std::string_view properties = {}) noexcept;
/// The same context without the members of a key.
[[nodiscard]] context remove_baggage(context const& of, std::string_view key) noexcept;
/// The same context without any.
[[nodiscard]] context clear_baggage(context const& of) noexcept;

namespace detail {
/// Baggage that differs from what holds around it, until the brace.
class baggage_scope {
 public:
  baggage_scope(baggage_scope const&) = delete;
  baggage_scope& operator=(baggage_scope const&) = delete;
  ~baggage_scope() noexcept;

 protected:
  baggage_scope() noexcept { place_.layout = 0; }
  void put(std::string_view key, std::string_view value, std::string_view properties) noexcept;
  void remove(std::string_view key) noexcept;  // empty: all

 private:
  void begin(std::string_view text) noexcept;
  frame place_;
  fact_window window_;  // in use when the pipeline copies baggage to spans
  bool has_window_ = false;
};
}  // namespace detail

/// A member of this thread's baggage while this lives, in place of those of its key. The rules are set_baggage()'s.
class baggage : private detail::baggage_scope {
 public:
  [[nodiscard]] baggage(std::string_view key, std::string_view value, std::string_view properties = {}) noexcept { put(key, value, properties); }
};

/// Keeps the members of a key, or all, back from what is begun or called while this lives: calls to those whom it does not concern.
class no_baggage : private detail::baggage_scope {
 public:
  [[nodiscard]] no_baggage() noexcept { remove({}); }
  [[nodiscard]] explicit no_baggage(std::string_view key) noexcept { remove(key); }
};

FANLIGHT_END

#ifndef FANLIGHT_COMPILED
#include <fanlight/impl/baggage.ipp>
#endif

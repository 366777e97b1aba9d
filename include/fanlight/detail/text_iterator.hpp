// A text_writer as an output iterator, for formatting libraries. A value that borrows the writer; used by the thread that owns that.
#pragma once

#include <fanlight/text_writer.hpp>

#include <iterator>

FANLIGHT_BEGIN
namespace detail {

/// Where a formatting library puts its letters.
class text_iterator {
 public:
  using iterator_category = std::output_iterator_tag;
  using value_type = void;
  using difference_type = std::ptrdiff_t;
  using pointer = void;
  using reference = void;
  text_iterator() noexcept = default;
  explicit text_iterator(text_writer& to) noexcept : to_{&to} {}
  text_iterator& operator=(char letter) noexcept { return to_->push(letter), *this; }
  text_iterator& operator*() noexcept { return *this; }
  text_iterator& operator++() noexcept { return *this; }
  text_iterator operator++(int) noexcept { return *this; }

 private:
  text_writer* to_ = nullptr;
};

}  // namespace detail

FANLIGHT_END

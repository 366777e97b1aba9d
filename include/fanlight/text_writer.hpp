// A text in the making: what log records that are written late, lines with `{}` in them and their like write into. On the stack of the
// thread that makes it, which alone uses it; beyond 512 bytes it takes a block that the thread keeps, so that a second long text costs
// no heap request. Nothing throws: without memory, or beyond 1 MiB, the text ends where it was, and is_cut() says so.
#pragma once

#include <fanlight/detail/draft.hpp>

FANLIGHT_BEGIN

class text_writer {
 public:
  text_writer() noexcept : data_{room_} {}
  text_writer(text_writer const&) = delete;
  text_writer& operator=(text_writer const&) = delete;
  ~text_writer() noexcept {
    if (data_ != room_) let_go();
  }

  text_writer& push(char letter) noexcept {
    if (size_ < most_ || grow(1)) data_[size_++] = letter;
    return *this;
  }
  text_writer& append(std::string_view more) noexcept {
    if (more.size() > most_ - size_ && !grow(more.size())) return *this;
    detail::copy_bytes(data_ + size_, more.data(), more.size());
    size_ += more.size();
    return *this;
  }
  text_writer& fill(char letter, std::size_t times) noexcept {
    while (times-- > 0) push(letter);
    return *this;
  }
  /// Room for that many bytes behind what there is, or null; use() then says how many were written.
  [[nodiscard]] char* reserve(std::size_t more) noexcept { return more <= most_ - size_ || grow(more) ? data_ + size_ : nullptr; }
  void use(std::size_t written) noexcept { size_ += written; }
  /// Back to an earlier size().
  void cut(std::size_t size) noexcept {
    if (size < size_) size_ = size;
  }

  [[nodiscard]] std::string_view view() const noexcept { return {data_, size_}; }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] bool is_cut() const noexcept { return cut_; }

 private:
  [[nodiscard]] bool grow(std::size_t more) noexcept;
  [[nodiscard]] bool end_here() noexcept { return most_ = size_, cut_ = true, false; }
  void let_go() noexcept;

  char* data_;
  std::size_t size_ = 0;
  std::size_t most_ = sizeof room_;
  std::size_t block_ = 0;  // bytes at data_, when it is not room_
  bool cut_ = false;
  alignas(8) char room_[512];
};

/// A text that is written when it is wanted: what has `void write_to(fl::text_writer&) const`, as fl::line() gives it.
template <class T>
concept writes_text = requires(T const& from, text_writer& to) { from.write_to(to); };

FANLIGHT_END

#ifndef FANLIGHT_COMPILED
#include <fanlight/impl/text_writer.ipp>
#endif

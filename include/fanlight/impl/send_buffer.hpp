// Bytes on their way out: a buffer that encoders write into and that is sent as it stands. It keeps its memory from one batch to the
// next. Owned by an exporter, used by its lane's thread alone. Without memory it throws std::bad_alloc, which the lane catches.
#pragma once

#include <fanlight/detail/config.hpp>

#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <new>
#include <string_view>
#include <utility>

FANLIGHT_BEGIN
namespace detail {

class send_buffer {
 public:
  send_buffer() noexcept = default;
  send_buffer(send_buffer const&) = delete;
  send_buffer& operator=(send_buffer const&) = delete;
  ~send_buffer() noexcept { std::free(data_); }

  /// Room for `more` bytes behind the end; they count once `use` has said how many were written.
  [[nodiscard]] char* reserve(std::size_t more) {
    if (__builtin_expect(room_ - size_ < more, 0)) grow(more);
    return data_ + size_;
  }
  void use(std::size_t written) noexcept { size_ += written; }
  void push(char letter) {
    *reserve(1) = letter;
    ++size_;
  }
  void append(std::string_view bytes) {
    if (bytes.empty()) return;
    std::memcpy(reserve(bytes.size()), bytes.data(), bytes.size());
    size_ += bytes.size();
  }
  /// For literals: the length is known, so the copy is a few moves.
  template <std::size_t Size>
  void literal(char const (&text)[Size]) {
    std::memcpy(reserve(Size - 1), text, Size - 1);
    size_ += Size - 1;
  }

  void clear() noexcept { size_ = 0; }
  /// Back to an earlier size.
  void cut(std::size_t size) noexcept { size_ = size; }
  /// Gives back memory that one large batch needed.
  void shrink_above(std::size_t room) noexcept {
    if (room_ <= room) return;
    std::free(data_);
    data_ = nullptr;
    size_ = room_ = 0;
  }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
  [[nodiscard]] char* data() noexcept { return data_; }
  [[nodiscard]] std::string_view view() const noexcept { return size_ == 0 ? std::string_view{} : std::string_view{data_, size_}; }

 private:
  FANLIGHT_COLD void grow(std::size_t more) {
    std::size_t const wanted = (size_ + more) * 2 < 4096 ? 4096 : (size_ + more) * 2;
    auto* const grown = static_cast<char*>(std::realloc(data_, wanted));
    if (grown == nullptr) throw std::bad_alloc{};
    data_ = grown;
    room_ = wanted;
  }
  char* data_ = nullptr;
  std::size_t size_ = 0;
  std::size_t room_ = 0;
};

}  // namespace detail
FANLIGHT_END

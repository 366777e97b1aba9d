// What comes in for one request: header lines and pieces of the body, bounded as they arrive. A transport makes one, lends it to the C
// library that calls back with it, and reads it afterwards; all of it on the thread that sends.
#pragma once

#include <fanlight/impl/http_answer.hpp>

#include <new>

FANLIGHT_BEGIN
namespace detail {

/// What one transfer brings. The two callbacks are called from C: nothing may be thrown through it.
struct http_arrival {
  static constexpr std::size_t header_cap = std::size_t{256} << 10;
  http_answer* to = nullptr;
  std::size_t body_cap = 0;
  std::size_t header_bytes = 0;
  bool headers_done = false, too_large = false, no_memory = false;

  void take_header(std::string_view line);
  static std::size_t on_header(char* data, std::size_t one, std::size_t count, void* self) noexcept;
  static std::size_t on_body(char* data, std::size_t one, std::size_t count, void* self) noexcept;
};

/// Lines come one at a time, those of 100 Continue before those of the answer.
FANLIGHT_COLD inline void http_arrival::take_header(std::string_view line) {
  constexpr std::string_view blanks = " \t\r\n";
  auto const end = line.find_last_not_of(blanks);
  line = line.substr(0, end == std::string_view::npos ? 0 : end + 1);
  if (line.empty()) {
    headers_done = true;
  } else if (line.substr(0, 5) == "HTTP/") {
    headers_done = false;
    to->headers.clear();
  } else if (auto const colon = line.find(':'); colon != std::string_view::npos && colon != 0) {
    auto const value = line.find_first_not_of(blanks, colon + 1);
    to->headers.push_back({std::string{line.substr(0, colon)}, std::string{value == std::string_view::npos ? "" : line.substr(value)}});
  }
}

FANLIGHT_COLD inline std::size_t http_arrival::on_header(char* data, std::size_t one, std::size_t count, void* self) noexcept {
  auto& me = *static_cast<http_arrival*>(self);
  std::size_t const size = one * count;
  me.header_bytes += size;
  me.too_large = me.header_bytes > header_cap;
  if (me.too_large) return 0;
  try {
    me.take_header({data, size});
  } catch (std::bad_alloc const&) {
    me.no_memory = true;
    return 0;
  }
  return size;
}

FANLIGHT_COLD inline std::size_t http_arrival::on_body(char* data, std::size_t one, std::size_t count, void* self) noexcept {
  auto& me = *static_cast<http_arrival*>(self);
  std::size_t const size = one * count;
  me.too_large = size > me.body_cap - me.to->body.size();
  if (me.too_large) return 0;
  try {
    me.to->body.append(data, size);
  } catch (std::bad_alloc const&) {
    me.no_memory = true;
    return 0;
  }
  return size;
}

}  // namespace detail
FANLIGHT_END

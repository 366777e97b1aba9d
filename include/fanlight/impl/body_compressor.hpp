// Whether bodies can be compressed is decided by the files of a program that were compiled with zlib, and asked when it runs: so no inline
// body has to be different where there is none. The function below is weak: without a file that defines it, its address is null. Made by
// an exporter, for itself.
#pragma once

#include <fanlight/impl/gzip.hpp>

#include <memory>
#include <string_view>

FANLIGHT_BEGIN
namespace detail {

class body_compressor {
 public:
  body_compressor() = default;
  body_compressor(body_compressor const&) = delete;
  body_compressor& operator=(body_compressor const&) = delete;
  virtual ~body_compressor() = default;
  /// Appends `from` in gzip. False: it could not be done, and `to` is as it was.
  [[nodiscard]] virtual bool compress(std::string_view from, send_buffer& to) = 0;
};

[[nodiscard]] __attribute__((weak)) body_compressor* new_gzip_compressor();

/// Null: no file of this program knows how.
[[nodiscard]] FANLIGHT_COLD inline std::unique_ptr<body_compressor> make_compressor() {
  return std::unique_ptr<body_compressor>{new_gzip_compressor != nullptr ? new_gzip_compressor() : nullptr};
}

#ifdef FANLIGHT_WITH_ZLIB
class gzip_compressor final : public body_compressor {
 public:
  [[nodiscard]] bool compress(std::string_view from, send_buffer& to) override { return writer_.compress(from, to); }

 private:
  basic_gzip_writer<true> writer_;
};
__attribute__((weak)) body_compressor* new_gzip_compressor() { return new gzip_compressor; }
#endif

}  // namespace detail
FANLIGHT_END

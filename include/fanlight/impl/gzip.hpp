// Request bodies in gzip, at level 1; the one file that knows zlib. The compressor's state (256 KiB) is made with the first body and kept
// for the next ones. Owned by an exporter, used by its lane's thread alone. Whether there is zlib is the build's decision and part of the
// type: what names `gzip_writer` in an inline body has to be a template over that type, so that no body differs between two files.
#pragma once

#include <fanlight/impl/send_buffer.hpp>

#include <cstdint>
#include <string_view>

#ifdef FANLIGHT_WITH_ZLIB  // set by the CMake targets and by fanlight.pc
#include <zlib.h>
#endif

FANLIGHT_BEGIN
namespace detail {

/// Without zlib: nothing is compressed, and the body goes out as it is.
template <bool WithZlib>
class basic_gzip_writer {
 public:
  [[nodiscard]] static constexpr bool available() noexcept { return false; }
  [[nodiscard]] bool compress(std::string_view, send_buffer&) noexcept { return false; }
};

#ifdef FANLIGHT_WITH_ZLIB

template <>
class basic_gzip_writer<true> {
 public:
  basic_gzip_writer() noexcept = default;
  basic_gzip_writer(basic_gzip_writer const&) = delete;  // the state points back to its stream
  basic_gzip_writer& operator=(basic_gzip_writer const&) = delete;
  FANLIGHT_COLD ~basic_gzip_writer() noexcept {
    if (ready_) ::deflateEnd(&stream_);
  }

  [[nodiscard]] static constexpr bool available() noexcept { return true; }

  /// Appends the compressed text. False: it could not be done (no memory for the state, or 2 GiB and more), and `to` is as it was.
  [[nodiscard]] FANLIGHT_COLD bool compress(std::string_view from, send_buffer& to) {
    if (from.size() > UINT32_MAX / 2 || !prepare()) return false;
    auto const most = ::deflateBound(&stream_, static_cast<uLong>(from.size()));
    // zlib 1.2 takes its input as a pointer to what is not const, and only reads it.
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(from.data()));
    stream_.avail_in = static_cast<uInt>(from.size());
    stream_.next_out = reinterpret_cast<Bytef*>(to.reserve(most));
    stream_.avail_out = static_cast<uInt>(most);
    if (::deflate(&stream_, Z_FINISH) != Z_STREAM_END) return false;
    to.use(most - stream_.avail_out);
    return true;
  }

 private:
  static constexpr int level = 1;               // a batch in 0.75 ms; level 6 takes 1.7 for 6 % less
  static constexpr int gzip_bits = 16 + MAX_WBITS;
  static constexpr int memory_level = 8;        // zlib's default

  [[nodiscard]] FANLIGHT_COLD bool prepare() noexcept {
    if (ready_) return ::deflateReset(&stream_) == Z_OK;
    stream_ = z_stream{};
    ready_ = ::deflateInit2(&stream_, level, Z_DEFLATED, gzip_bits, memory_level, Z_DEFAULT_STRATEGY) == Z_OK;
    return ready_;
  }

  z_stream stream_{};
  bool ready_ = false;
};

using gzip_writer = basic_gzip_writer<true>;

#else

using gzip_writer = basic_gzip_writer<false>;

#endif

}  // namespace detail
FANLIGHT_END

// A file that lines are appended to, each by one write so that readers see whole lines: rotated by size, found again when somebody moved
// it away, shared with other processes that append to it. A line that the kernel took in part is owed and finished before the next one.
// Owned and used by one exporter's thread.
#pragma once

#include <fanlight/exporter.hpp>

#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

FANLIGHT_BEGIN
namespace detail {

/// What went wrong, in words with a cure; empty: nothing. `forever`: trying again is of no use.
struct io_failure {
  std::string what;
  bool forever = false;
  [[nodiscard]] explicit operator bool() const noexcept { return !what.empty(); }
};

/// Writes all of `bytes`, waiting for a descriptor that does not block until `until`. Gives how much went; errno says why no more.
std::size_t write_until(int fd, std::string_view bytes, deadline until) noexcept;
[[nodiscard]] std::string error_text(int number);

class line_file {
 public:
  /// An empty path: standard output.
  line_file(std::string path, std::uint64_t max_bytes, unsigned max_files)
      : path_{std::move(path)}, max_bytes_{max_bytes}, max_files_{max_files} {}
  line_file(line_file const&) = delete;
  line_file& operator=(line_file const&) = delete;
  ~line_file() noexcept { close(); }

  /// Makes sure that the file is there and is the one of that name.
  io_failure open();
  /// `line` ends in a newline. After a failure either nothing was written or the rest is owed.
  io_failure write(std::string_view line, deadline until);
  [[nodiscard]] bool owes() const noexcept { return !owed_.empty(); }
  io_failure pay(deadline until);

 private:
  [[nodiscard]] bool is_stream() const noexcept { return path_.empty(); }
  [[nodiscard]] int descriptor() const noexcept { return is_stream() ? STDOUT_FILENO : fd_; }
  void close() noexcept;
  [[nodiscard]] bool still_ours(struct stat& seen) const noexcept;
  io_failure rotate();
  [[nodiscard]] io_failure failure_to(char const* what, int number) const;
  [[nodiscard]] bool ends_in_newline(std::int64_t size) const noexcept;

  std::string path_;
  std::uint64_t max_bytes_;
  unsigned max_files_;
  int fd_ = -1;
  dev_t device_{};
  ino_t inode_{};
  std::string owed_;
};

}  // namespace detail
FANLIGHT_END

#ifndef FANLIGHT_COMPILED
#include <fanlight/impl/line_file.ipp>
#endif

// Bodies of line_file.hpp.
#pragma once

#include <fanlight/impl/joined.hpp>
#include <fanlight/impl/line_file.hpp>

FANLIGHT_BEGIN
namespace detail {

// strerror_r comes in two shapes; these tell them apart.
inline char const* error_words(int, char const* buffer) noexcept { return buffer; }
inline char const* error_words(char const* words, char const*) noexcept { return words; }

FANLIGHT_COLD FANLIGHT_INLINE std::string error_text(int number) {
  char buffer[128] = "unknown error";
  return error_words(::strerror_r(number, buffer, sizeof buffer), buffer);
}

FANLIGHT_COLD FANLIGHT_INLINE std::size_t write_until(int fd, std::string_view bytes, deadline until) noexcept {
  std::size_t done = 0;
  while (done < bytes.size()) {
    auto const wrote = ::write(fd, bytes.data() + done, bytes.size() - done);
    if (wrote > 0) {
      done += static_cast<std::size_t>(wrote);
      continue;
    }
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote == 0 || (errno != EAGAIN && errno != EWOULDBLOCK)) break;
    auto const left = std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now()).count();
    if (left <= 0) break;
    pollfd ready{fd, POLLOUT, 0};
    ::poll(&ready, 1, left < 60'000 ? static_cast<int>(left) : 60'000);
    errno = EAGAIN;
  }
  return done;
}

FANLIGHT_COLD FANLIGHT_INLINE void line_file::close() noexcept {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

FANLIGHT_COLD FANLIGHT_INLINE io_failure line_file::failure_to(char const* what, int number) const {
  if (is_stream()) {
    bool const gone = number == EPIPE || number == EBADF;
    return {"cannot write to standard output: " + (gone ? std::string{"nobody reads it any more"} : error_text(number)), gone};
  }
  std::string out = std::string{"cannot "} + what + " \"" + path_ + "\": ";
  auto const slash = path_.rfind('/');
  if (number == ENOENT || number == ENOTDIR)
    out += joined({"the folder \"", (slash == std::string::npos ? std::string{"."} : path_.substr(0, slash)),
                   "\" is not there; create it or choose another path"});
  else if (number == EISDIR) out += "it is a folder; choose the name of a file";
  else if (number == EACCES || number == EPERM || number == EROFS) out += error_text(number) + "; allow it or choose another path";
  else if (number == ENOSPC || number == EDQUOT) out += error_text(number) + "; free some space or lower max_bytes and max_files";
  else if (number == EAGAIN) out += "the reader does not keep up";
  else out += error_text(number);
  return {out, number == EISDIR};
}

FANLIGHT_COLD FANLIGHT_INLINE bool line_file::still_ours(struct stat& seen) const noexcept {
  return ::stat(path_.c_str(), &seen) == 0 && seen.st_dev == device_ && seen.st_ino == inode_;
}

/// False: a line was left half-written there, by us before a crash or by somebody else.
FANLIGHT_COLD FANLIGHT_INLINE bool line_file::ends_in_newline(std::int64_t size) const noexcept {
  char last = '\n';
  int const reader = ::open(path_.c_str(), O_RDONLY | O_CLOEXEC);
  if (reader < 0) return true;
  if (::pread(reader, &last, 1, static_cast<off_t>(size - 1)) != 1) last = '\n';
  ::close(reader);
  return last == '\n';
}

FANLIGHT_COLD FANLIGHT_INLINE io_failure line_file::open() {
  struct stat seen {};
  if (is_stream() || (fd_ >= 0 && still_ours(seen))) return {};
  close();
  fd_ = ::open(path_.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
  if (fd_ < 0) return failure_to("open", errno);
  if (::fstat(fd_, &seen) != 0) return failure_to("open", errno);
  device_ = seen.st_dev;
  inode_ = seen.st_ino;
  if (S_ISREG(seen.st_mode) && seen.st_size > 0 && !ends_in_newline(seen.st_size)) owed_ = "\n";
  return {};
}

/// `path` becomes `path.1`, that one `path.2`, and so on; the oldest goes. The lock lets one of several processes do it.
FANLIGHT_COLD FANLIGHT_INLINE io_failure line_file::rotate() {
  struct stat seen {};
  ::flock(fd_, LOCK_EX);
  int failed = 0;
  if (still_ours(seen)) {
    auto const numbered = [this](unsigned number) { return path_ + '.' + std::to_string(number); };
    for (unsigned number = max_files_; number > 1; --number) std::rename(numbered(number - 1).c_str(), numbered(number).c_str());
    int const done = max_files_ == 0 ? ::unlink(path_.c_str()) : std::rename(path_.c_str(), numbered(1).c_str());
    if (done != 0) failed = errno;
  }
  ::flock(fd_, LOCK_UN);
  return failed != 0 ? failure_to("rotate", failed) : open();
}

FANLIGHT_COLD FANLIGHT_INLINE io_failure line_file::pay(deadline until) {
  if (owed_.empty()) return {};
  errno = 0;
  std::size_t const went = write_until(descriptor(), owed_, until);
  int const why = errno;
  owed_.erase(0, went);
  return owed_.empty() ? io_failure{} : failure_to("write", why);
}

FANLIGHT_COLD FANLIGHT_INLINE io_failure line_file::write(std::string_view line, deadline until) {
  if (auto failed = open()) return failed;
  if (auto failed = pay(until)) return failed;
  struct stat seen {};
  if (!is_stream() && max_bytes_ != 0 && ::fstat(fd_, &seen) == 0 && S_ISREG(seen.st_mode) && seen.st_size > 0 &&
      static_cast<std::uint64_t>(seen.st_size) + line.size() > max_bytes_) {
    if (auto failed = rotate()) return failed;
    if (auto failed = pay(until)) return failed;
  }
  errno = 0;
  std::size_t const went = write_until(descriptor(), line, until);
  if (went == line.size()) return {};
  int const why = errno;
  if (went != 0) owed_ = line.substr(went);
  return failure_to("write", why);
}

}  // namespace detail
FANLIGHT_END

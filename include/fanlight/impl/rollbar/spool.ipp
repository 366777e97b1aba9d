// Bodies of spool.hpp.
#pragma once

#include <fanlight/impl/joined.hpp>
#include <fanlight/impl/places.hpp>
#include <fanlight/impl/rollbar/spool.hpp>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <utility>

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

FANLIGHT_BEGIN
namespace detail {

/// No item is larger: Rollbar takes 1 MiB.
inline constexpr std::size_t largest_spooled = std::size_t{2} << 20;

/// A name is digits of the time, `-`, the uuid, and a suffix with the client's name.
inline constexpr std::size_t spool_time_digits = 14, spool_name_size = spool_time_digits + 1 + 36;

[[nodiscard]] FANLIGHT_COLD FANLIGHT_INLINE std::string spool_suffix(std::string const& client) {
  std::string out{"."};
  for (char const letter : client) {
    bool const plain = (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') || (letter >= '0' && letter <= '9') || letter == '-' || letter == '_';
    out += plain ? letter : '_';
  }
  return out + ".rollbar-item";
}

FANLIGHT_COLD FANLIGHT_INLINE rollbar_spool::rollbar_spool(std::string folder, std::string const& client, bounds most)
    : folder_{std::move(folder)}, suffix_{spool_suffix(client)}, most_{most} {
  if (folder_.back() != '/') folder_ += '/';
}

FANLIGHT_COLD FANLIGHT_INLINE rollbar_spool::~rollbar_spool() {
  if (lock_ >= 0) ::close(lock_);
}

FANLIGHT_COLD FANLIGHT_INLINE bool rollbar_spool::take_lock() {
  if (lock_ >= 0) return true;
  lock_ = ::open((joined({folder_, "lock", suffix_})).c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (lock_ >= 0 && ::flock(lock_, LOCK_EX | LOCK_NB) == 0) return true;
  if (lock_ >= 0) ::close(lock_);
  lock_ = -1;
  return false;
}

FANLIGHT_COLD FANLIGHT_INLINE std::string rollbar_spool::open() {
  if (::mkdir(folder_.c_str(), 0700) != 0 && errno != EEXIST) return std::strerror(errno);
  if (::access(folder_.c_str(), R_OK | W_OK | X_OK) != 0) return std::strerror(errno);
  static_cast<void>(take_lock());
  return {};
}

/// Under another name until it is whole: whoever looks sees all of it or nothing. It is there whatever becomes of this process; so that many can be
/// written when a program ends, no disk is waited for.
FANLIGHT_COLD FANLIGHT_INLINE std::string rollbar_spool::keep(std::string_view uuid, std::int64_t time, std::string_view body, item& to) {
  if (uuid.size() != 36) return "it has no uuid";
  last_ = time = std::max({time, last_ + 1, std::int64_t{0}});  // in the order in which they came
  char digits[32];
  std::snprintf(digits, sizeof digits, "%0*lld-", static_cast<int>(spool_time_digits), static_cast<long long>(time));
  auto const path = folder_ + digits + std::string{uuid} + suffix_, draft = path + ".new";
  int const file = ::open(draft.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (file < 0) return std::strerror(errno);
  make_room(body.size());
  bool well = true;
  while (well && !body.empty()) {
    auto const wrote = ::write(file, body.data(), body.size());
    if (wrote >= 0) body.remove_prefix(static_cast<std::size_t>(wrote));
    else well = errno == EINTR;
  }
  int wrong = errno;
  ::close(file);
  if (well && ::rename(draft.c_str(), path.c_str()) != 0) well = false, wrong = errno;
  if (!well) ::unlink(draft.c_str());
  to.path = path, to.uuid = uuid;
  return well ? std::string{} : std::string{std::strerror(wrong)};
}

/// By time.
FANLIGHT_COLD FANLIGHT_INLINE std::vector<rollbar_spool::entry> rollbar_spool::entries() const {
  std::vector<entry> out;
  auto* const all = ::opendir(folder_.c_str());
  if (all == nullptr) return out;
  while (auto const* const one = ::readdir(all)) {
    std::string name{one->d_name};
    if (name.size() != spool_name_size + suffix_.size() || name.compare(spool_name_size, std::string::npos, suffix_) != 0) continue;
    struct ::stat seen {};
    if (::lstat((folder_ + name).c_str(), &seen) == 0 && S_ISREG(seen.st_mode)) out.push_back({std::move(name), static_cast<std::size_t>(seen.st_size)});
  }
  ::closedir(all);
  sort_list(out, [](entry const& one, entry const& other) { return one.name < other.name; });
  return out;
}

/// For one more of that size. The oldest give way.
FANLIGHT_COLD FANLIGHT_INLINE void rollbar_spool::make_room(std::size_t size) {
  auto const all = entries();
  std::size_t bytes = size;
  for (auto const& each : all) bytes += each.size;
  auto left = all.size() + 1;
  for (auto const& each : all) {
    if (left <= most_.items && bytes <= most_.bytes) return;
    if (::unlink((folder_ + each.name).c_str()) == 0) ++thrown_away_;
    --left, bytes -= each.size;
  }
}

FANLIGHT_COLD FANLIGHT_INLINE std::optional<rollbar_spool::item> rollbar_spool::oldest(std::int64_t now) {
  if (!take_lock()) return std::nullopt;
  auto const limit = now - std::chrono::duration_cast<std::chrono::milliseconds>(most_.age).count();
  for (auto const& each : entries()) {
    item out;
    out.path = folder_ + each.name;
    out.uuid = each.name.substr(spool_time_digits + 1, 36);
    bool const fresh = std::strtoll(each.name.c_str(), nullptr, 10) >= limit;
    if (int const file = fresh && each.size <= largest_spooled ? ::open(out.path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW) : -1; file >= 0) {
      out.body.resize(each.size);
      auto const got = ::read(file, out.body.data(), out.body.size());
      ::close(file);
      if (got == static_cast<::ssize_t>(each.size) && got > 2 && out.body.front() == '{' && out.body.back() == '}') return out;
    }
    if (::unlink(out.path.c_str()) == 0) ++thrown_away_;
  }
  return std::nullopt;
}

FANLIGHT_COLD FANLIGHT_INLINE bool rollbar_spool::remove(item const& one) { return ::unlink(one.path.c_str()) == 0 || errno == ENOENT; }

FANLIGHT_COLD FANLIGHT_INLINE std::uint64_t rollbar_spool::thrown_away() noexcept { return std::exchange(thrown_away_, 0); }

}  // namespace detail
FANLIGHT_END

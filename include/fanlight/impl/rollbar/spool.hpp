// Items that could not be sent, on disk until they can: a file for each, named by its time and uuid, without the token. Made and owned by an
// exporter; its lane's thread alone. Clients of many processes may share a folder: those of one name send each other's items, one of them
// at a time, the one that holds the folder's lock; the others only write.
#pragma once

#include <fanlight/detail/config.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

FANLIGHT_BEGIN
namespace detail {

class rollbar_spool {
 public:
  struct bounds {
    std::size_t items;
    std::size_t bytes;
    std::chrono::seconds age;
  };
  struct item {
    std::string path, uuid, body;
  };

  rollbar_spool(std::string folder, std::string const& client, bounds most);
  rollbar_spool(rollbar_spool const&) = delete;
  rollbar_spool& operator=(rollbar_spool const&) = delete;
  ~rollbar_spool();

  /// Makes the folder and takes the lock, where that is to be had. In words what is wrong; empty: nothing.
  [[nodiscard]] std::string open();
  /// `time`: milliseconds of the epoch. In words what went wrong; empty: it lies there, at the path that `to` says.
  [[nodiscard]] std::string keep(std::string_view uuid, std::int64_t time, std::string_view body, item& to);
  /// The oldest that is not too old; nothing when there is none, or when another process sends them.
  [[nodiscard]] std::optional<item> oldest(std::int64_t now);
  /// Whether we are the ones who send; asking for the oldest tries to become that.
  [[nodiscard]] bool is_held() const noexcept { return lock_ >= 0; }
  /// It has arrived, or nobody will ever take it. False: it cannot be removed, and would come again.
  [[nodiscard]] bool remove(item const& one);
  /// How many were thrown away, since this was asked last, because there were too many or they were too old.
  [[nodiscard]] std::uint64_t thrown_away() noexcept;

 private:
  struct entry {
    std::string name;
    std::size_t size;
  };
  [[nodiscard]] std::vector<entry> entries() const;
  void make_room(std::size_t size);
  bool take_lock();

  std::string folder_, suffix_;
  bounds most_;
  int lock_ = -1;
  std::int64_t last_ = 0;
  std::uint64_t thrown_away_ = 0;
};

}  // namespace detail
FANLIGHT_END

#ifndef FANLIGHT_COMPILED
#include <fanlight/impl/rollbar/spool.ipp>
#endif

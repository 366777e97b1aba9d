// Shared objects of this process that have a fanlight of their own and cannot join: found by asking each loaded object for its door. The
// dispatcher asks when something was gathered or flushed; unless objects have been loaded since it last asked, the answer costs nothing.
// dlopen and its kin live in this file alone.
#pragma once

#include <fanlight/detail/door.hpp>

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include <dlfcn.h>
#include <link.h>

FANLIGHT_BEGIN
namespace detail {

class object_watch {
 public:
  /// Paths of objects whose fanlight looks at another process block than ours, each once. One that was just loaded may be about to adopt
  /// ours, so it has a while, unless `now`. Nothing when there is no memory to look.
  [[nodiscard]] FANLIGHT_COLD std::vector<std::string> strangers(bool now) noexcept {
    try {
      return look(now);
    } catch (...) {
      return {};
    }
  }

 private:
  struct suspect {
    std::string path;
    std::chrono::steady_clock::time_point seen;
  };
  static constexpr std::chrono::seconds patience{2};

  [[nodiscard]] FANLIGHT_COLD std::vector<std::string> look(bool now) {
    if (any_news())
      for (auto& path : loaded())
        if (!is_known(path) && is_stranger(path)) suspects_.push_back({std::move(path), std::chrono::steady_clock::now()});
    std::vector<std::string> out;
    for (std::size_t i = 0; i < suspects_.size();) {
      auto const age = std::chrono::steady_clock::now() - suspects_[i].seen;
      if (!now && age < patience) {
        ++i;
        continue;
      }
      if (is_stranger(suspects_[i].path)) {
        out.push_back(suspects_[i].path);
        told_.push_back(suspects_[i].path);
      }
      suspects_.erase(suspects_.begin() + static_cast<std::ptrdiff_t>(i));
    }
    return out;
  }

  [[nodiscard]] FANLIGHT_COLD bool is_known(std::string const& path) const {
    return std::find(told_.begin(), told_.end(), path) != told_.end() ||
           std::any_of(suspects_.begin(), suspects_.end(), [&](suspect const& one) { return one.path == path; });
  }

  [[nodiscard]] FANLIGHT_COLD static std::vector<std::string> loaded() {
    std::vector<std::string> out;
    ::dl_iterate_phdr(
        [](dl_phdr_info* info, std::size_t, void* to) {
          if (info->dlpi_name == nullptr || *info->dlpi_name == 0) return 0;
          try {
            static_cast<std::vector<std::string>*>(to)->emplace_back(info->dlpi_name);
          } catch (...) {
            return 1;
          }
          return 0;
        },
        &out);
    return out;
  }

  [[nodiscard]] FANLIGHT_COLD bool any_news() noexcept {
    unsigned long long count = 0;
    ::dl_iterate_phdr(
        [](dl_phdr_info* info, std::size_t, void* to) {
          *static_cast<unsigned long long*>(to) = info->dlpi_adds;
          return 1;
        },
        &count);
    return std::exchange(seen_, count) != count;
  }

  /// The object's own door function, called, says what its code sees: its own block, or ours where the symbols were bound to ours.
  [[nodiscard]] FANLIGHT_COLD static bool is_stranger(std::string const& path) noexcept {
    void* const object = ::dlopen(path.c_str(), RTLD_LAZY | RTLD_NOLOAD);
    if (object == nullptr) return false;
    bool out = false;
    if (void* const found = ::dlsym(object, "fanlight_door_1"); found != nullptr) {
      auto* const block = reinterpret_cast<process_block* (*)()>(found)();
      out = block != &home() && __atomic_load_n(&block->adopted, __ATOMIC_ACQUIRE) != &home();
    }
    ::dlclose(object);
    return out;
  }

  unsigned long long seen_ = 0;
  std::vector<suspect> suspects_;
  std::vector<std::string> told_;
};

}  // namespace detail
FANLIGHT_END

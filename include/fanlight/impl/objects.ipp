// Shared objects of this process that have a fanlight of their own and cannot join: found by asking each loaded object for its door. The
// dispatcher asks when objects have been loaded since it last looked. dlopen and its kin live in this file alone.
#pragma once

#include <fanlight/detail/door.hpp>

#include <string>
#include <vector>

#include <dlfcn.h>
#include <link.h>

FANLIGHT_BEGIN
namespace detail {

class object_watch {
 public:
  /// Paths of objects, loaded since the last call, whose fanlight looks at another process block than ours.
  [[nodiscard]] std::vector<std::string> strangers() {
    std::vector<std::string> out;
    if (!any_news()) return out;
    std::vector<std::string> paths;
    ::dl_iterate_phdr(
        [](dl_phdr_info* info, std::size_t, void* to) {
          if (info->dlpi_name != nullptr && *info->dlpi_name != 0) static_cast<std::vector<std::string>*>(to)->emplace_back(info->dlpi_name);
          return 0;
        },
        &paths);
    for (auto const& path : paths)
      if (is_stranger(path)) out.push_back(path);
    return out;
  }

 private:
  [[nodiscard]] bool any_news() noexcept {
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
  [[nodiscard]] static bool is_stranger(std::string const& path) noexcept {
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
};

}  // namespace detail
FANLIGHT_END

// Regular expressions, of the C library: POSIX extended ones, compiled once. The one file that includes <regex.h>. Owned by an exporter; its
// lane's thread.
#pragma once

#include <fanlight/detail/config.hpp>

#include <regex.h>

#include <memory>
#include <string>
#include <vector>

FANLIGHT_BEGIN
namespace detail {

class text_patterns {
 public:
  /// Those that cannot be understood are left out, and named in `wrong`.
  FANLIGHT_COLD explicit text_patterns(std::vector<std::string> const& patterns, std::vector<std::string>* wrong = nullptr) {
    for (auto const& each : patterns) {
      auto made = std::make_unique<compiled>();
      made->good = ::regcomp(&made->as, each.c_str(), REG_EXTENDED | REG_NOSUB) == 0;
      if (made->good) all_.push_back(std::move(made));
      else if (wrong != nullptr) wrong->push_back(each);
    }
  }
  /// Whether one of them finds anything there. Of a long text, the beginning counts.
  [[nodiscard]] FANLIGHT_COLD bool match(std::string text) const {
    if (text.size() > 4096) text.resize(4096);
    for (auto const& each : all_)
      if (::regexec(&each->as, text.c_str(), 0, nullptr, 0) == 0) return true;
    return false;
  }

 private:
  struct compiled {
    regex_t as;
    bool good = false;
    compiled() = default;
    compiled(compiled const&) = delete;
    compiled& operator=(compiled const&) = delete;
    FANLIGHT_COLD ~compiled() {
      if (good) ::regfree(&as);
    }
  };
  std::vector<std::unique_ptr<compiled>> all_;
};

}  // namespace detail
FANLIGHT_END

// Reads the little that is of interest in JSON answers: texts and numbers of the first two levels. What comes from outside may be anything,
// so that size and depth are bounded and nothing is kept. Pure; any thread. RapidJSON's reader itself is in json.hpp.
#pragma once

#include <fanlight/impl/json.hpp>

#include <string>
#include <string_view>

FANLIGHT_BEGIN
namespace detail {

/// Takes the events of json_read(). Ends the reading at a depth that no honest answer has. Not a template: one reader serves all.
class json_fact_finder {
 public:
  using taker = void (*)(void* to, std::string_view parent, std::string_view key, std::string_view text);
  json_fact_finder(taker take, void* to) : take_{take}, to_{to} {}

  FANLIGHT_COLD bool key(std::string_view name) {
    if (depth_ == 1) outer_ = name;
    if (depth_ == 2) inner_ = name;
    return true;
  }
  /// A text or a number as it stands there.
  FANLIGHT_COLD bool scalar(std::string_view text) {
    if (in_object_ && depth_ == 1) take_(to_, {}, outer_, text);
    if (in_object_ && depth_ == 2 && arrays_ == 0) take_(to_, outer_, inner_, text);
    return true;
  }
  FANLIGHT_COLD bool open(bool object) {
    ++depth_;
    if (depth_ == 1) in_object_ = object;
    if (!object) ++arrays_;
    return depth_ <= deepest;
  }
  FANLIGHT_COLD bool close(bool object) {
    --depth_;
    if (!object) --arrays_;
    return true;
  }

 private:
  static constexpr unsigned deepest = 32;
  taker take_;
  void* to_;
  std::string outer_, inner_;
  unsigned depth_ = 0, arrays_ = 0;
  bool in_object_ = false;
};

/// Calls `take(parent, key, text)` for texts and numbers in the outermost object (`parent` is empty) and in objects that are its members.
/// Stops where the document ends or goes wrong.
template <class Take>
FANLIGHT_COLD void each_json_fact(std::string_view document, Take take) {
  constexpr std::size_t largest = std::size_t{1} << 20;
  json_fact_finder finder{
      [](void* to, std::string_view parent, std::string_view key, std::string_view text) { (*static_cast<Take*>(to))(parent, key, text); },
      &take};
  json_read(document.substr(0, largest), finder);
}

}  // namespace detail
FANLIGHT_END

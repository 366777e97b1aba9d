// An environment for one test: a configuration that reads these variables and no others, what it settles to, and what was said.
#pragma once

#include <fanlight/detail/environment.hpp>
#include <fanlight/detail/settings.hpp>
#include <fanlight/pipeline.hpp>

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace test {

using variables = std::map<std::string, std::string>;

[[nodiscard]] inline fanlight::detail::environment::function reading(variables given) {
  return [given = std::move(given)](std::string const& name) -> std::optional<std::string> {
    auto const at = given.find(name);
    return at == given.end() ? std::nullopt : std::optional<std::string>{at->second};
  };
}

struct settled {
  fanlight::detail::settings as;
  std::vector<fanlight::problem> said;

  [[nodiscard]] std::string text() const {
    std::string out;
    for (auto const& one : said) out += std::string{fanlight::to_text(one.code)} + ": " + one.what + "\n";
    return out;
  }
  [[nodiscard]] bool says(fanlight::problem_code code, std::string const& part) const {
    return std::any_of(said.begin(), said.end(),
                       [&](fanlight::problem const& one) { return one.code == code && one.what.find(part) != std::string::npos; });
  }
  /// `console`, or `console:traces` and `console:logs` where it takes only those.
  [[nodiscard]] std::vector<std::string> exporters() const {
    using namespace fanlight;
    std::vector<std::string> out;
    for (auto const& one : as.exporters) {
      bool const traces = (one.only & takes<span_record>) != 0, logs = (one.only & takes<log_record>) != 0;
      out.push_back(one.name + (traces && logs ? "" : traces ? ":traces" : logs ? ":logs" : ":nothing"));
    }
    return out;
  }
};

/// No detectors unless asked for: tests are not about this machine.
[[nodiscard]] inline settled settle(variables given, fanlight::config code = {}, bool detect = false) {
  code.instead.environment = reading(std::move(given));
  code.detect_resource = detect;
  settled out;
  out.as = fanlight::detail::resolve(code, out.said);
  return out;
}

}  // namespace test

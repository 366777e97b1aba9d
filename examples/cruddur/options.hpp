// The command line of cruddur.
#pragma once

#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

namespace cruddur {

struct options {
  std::uint16_t port = 4567;
  std::string otlp_file;  // none when empty
  bool otlp = false;
  bool xray = false;
  std::string log_group;  // none when empty
  std::string web;  // a folder, none when empty
  std::string web_origin;  // none when empty
  bool harness = false;
  bool json = false;
  std::uint64_t seed = 1;
  bool fast = false;
};

constexpr auto usage =
    "usage: cruddur [--port N] [--otlp-file PATH] [--otlp] [--xray] [--log-group NAME] [--web PATH] [--web-origin ORIGIN]\n"
    "               [--harness] [--json] [--seed N] [--fast]\n"
    "  --port N          listen on 127.0.0.1:N; 0 takes any free port (default 4567)\n"
    "  --otlp-file PATH  also write spans to PATH, logs beside it, as OTLP JSON Lines\n"
    "  --otlp            also send spans and logs to the collector that OTEL_EXPORTER_OTLP_ENDPOINT names\n"
    "  --xray            also send spans to the X-Ray daemon that AWS_XRAY_DAEMON_ADDRESS names\n"
    "  --log-group NAME  also send logs and errors to this group of CloudWatch Logs\n"
    "  --web PATH        serve the page in this folder; examples/cruddur/web makes it\n"
    "  --web-origin ORIGIN  let pages from there use this server: http://127.0.0.1:3000\n"
    "  --harness         add POST /test for the W3C's trace-context suite, which calls any URL that it is told: never where others can ask\n"
    "  --json            one JSON object a span on the console, in place of the waterfall\n"
    "  --seed N          for the delays of the mock database\n"
    "  --fast            those delays, divided by 50\n";

template <class Number>
bool read(std::string_view word, Number& into) {
  auto const [rest, error] = std::from_chars(word.data(), word.data() + word.size(), into);
  return error == std::errc{} && rest == word.data() + word.size();
}

// Nothing when a word is not understood.
inline std::optional<options> parse(int count, char** words) {
  options chosen;
  for (int i = 1; i < count; ++i) {
    std::string_view const word{words[i]}, next{i + 1 < count ? words[i + 1] : ""};
    if (word == "--json") chosen.json = true;
    else if (word == "--fast") chosen.fast = true;
    else if (word == "--harness") chosen.harness = true;
    else if (word == "--otlp") chosen.otlp = true;
    else if (word == "--xray") chosen.xray = true;
    else if (word == "--port" && read(next, chosen.port)) ++i;
    else if (word == "--seed" && read(next, chosen.seed)) ++i;
    else if (word == "--otlp-file" && !next.empty()) chosen.otlp_file = words[++i];
    else if (word == "--log-group" && !next.empty()) chosen.log_group = words[++i];
    else if (word == "--web" && !next.empty()) chosen.web = words[++i];
    else if (word == "--web-origin" && !next.empty()) chosen.web_origin = words[++i];
    else return std::nullopt;
  }
  return chosen;
}

}  // namespace cruddur

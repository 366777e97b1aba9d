// exporters/otlp_file.hpp: whole lines in files, whatever happens to the files.
#include <fanlight/exporters/otlp_file.hpp>
#include <fanlight/impl/otlp_json.hpp>

#include "catch.hpp"
#include "support/sample_trace.hpp"

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

using namespace support;
namespace fl = fanlight;
namespace fs = std::filesystem;
using Catch::Matchers::ContainsSubstring;
using fl::detail::batch_ref;
using fl::detail::entry_type;

namespace {

/// A folder of the test's own, gone with it.
struct folder {
  fs::path at;
  folder() {
    std::string name = (fs::temp_directory_path() / "fanlight-otlp-file-XXXXXX").string();
    at = ::mkdtemp(name.data());
  }
  ~folder() { fs::remove_all(at); }
  [[nodiscard]] std::string operator/(char const* name) const { return (at / name).string(); }
};

std::string content(std::string const& path) {
  std::ifstream file{path, std::ios::binary};
  std::ostringstream out;
  out << file.rdbuf();
  return out.str();
}
std::vector<std::string> lines(std::string const& path) {
  std::vector<std::string> out;
  std::ifstream file{path, std::ios::binary};
  for (std::string line; std::getline(file, line);) out.push_back(line);
  return out;
}
std::string line_of(batch_ref const& batch) {
  fl::detail::send_buffer out;
  fl::detail::write_traces_json(out, *batch);
  out.push('\n');
  return std::string{out.view()};
}
batch_ref numbered(int number) { return batch_of({span("span " + std::to_string(number), "0000000000000001")}); }

/// An exporter as its lane would drive it.
struct lane {
  std::unique_ptr<fl::exporter> exporter;
  std::vector<std::string> told;
  explicit lane(fl::otlp_file_config given) : exporter{fl::otlp_file(std::move(given)).make()} {
    exporter->start({nullptr, [this](fl::problem_code code, std::string what) {
                       CHECK(code == fl::problem_code::file_failed);
                       told.push_back(std::move(what));
                     }});
  }
  fl::outcome take(batch_ref const& batch, entry_type type = entry_type::span,
                   std::chrono::milliseconds patience = std::chrono::seconds{5}) {
    return exporter->consume(type, batch, std::chrono::steady_clock::now() + patience);
  }
};
using kind = decltype(fl::outcome::delivered().kind());

/// Puts another descriptor in the place of standard output while it lives.
struct output_to {
  int before;
  explicit output_to(int fd) : before{::dup(STDOUT_FILENO)} {
    std::fflush(stdout);
    ::dup2(fd, STDOUT_FILENO);
  }
  ~output_to() { restore(); }
  void restore() {
    if (before >= 0) ::dup2(before, STDOUT_FILENO), ::close(before);
    before = -1;
  }
};
std::string drain(int fd) {
  std::string out;
  char some[65536];
  for (ssize_t got; (got = ::read(fd, some, sizeof some)) > 0;) out.append(some, static_cast<std::size_t>(got));
  return out;
}

}  // namespace

TEST_CASE("otlp_file: spans to the path, logs and reports beside it") {
  folder const dir;
  lane to{{.path = dir / "traces.jsonl"}};
  auto const batch = sample_trace();
  for (auto const type : {entry_type::span, entry_type::log, entry_type::error}) CHECK(to.take(batch, type).kind() == kind::delivered);
  CHECK(content(dir / "traces.jsonl") == line_of(batch));
  auto const logs = lines(dir / "traces.logs.jsonl");
  REQUIRE(logs.size() == 2);
  CHECK_THAT(logs[0], ContainsSubstring("HomeActivities"));
  CHECK_THAT(logs[1], ContainsSubstring("order rejected"));
  CHECK(to.told.empty());
}

TEST_CASE("otlp_file: the name of the file for logs") {
  std::map<std::string, std::string> const names{{"traces.jsonl", "traces.logs.jsonl"}, {"a.b/c", "a.b/c.logs"},
                                                 {"a.b/c.d.json", "a.b/c.d.logs.json"}, {"noext", "noext.logs"},
                                                 {".hidden", ".hidden.logs"},           {"a.b/.hidden", "a.b/.hidden.logs"}};
  folder const dir;
  fs::create_directory(dir.at / "a.b");
  for (auto const& [path, logs] : names) {
    lane to{{.path = dir / path.c_str()}};
    CHECK(to.take(batch_of({loose_log("x")}), entry_type::log).kind() == kind::delivered);
    CHECK(lines(dir / logs.c_str()).size() == 1);
  }
}

TEST_CASE("otlp_file: what is there stays, and a half line is ended first") {
  folder const dir;
  auto const path = dir / "traces.jsonl";
  std::ofstream{path} << "{\"whole\":1}\n{\"half\":";
  lane to{{.path = path}};
  CHECK(to.take(numbered(1)).kind() == kind::delivered);
  CHECK(content(path) == "{\"whole\":1}\n{\"half\":\n" + line_of(numbered(1)));
}

TEST_CASE("otlp_file: rotation keeps so many files, and lines whole") {
  folder const dir;
  auto const path = dir / "t.jsonl";
  auto const line = line_of(numbered(1));
  unsigned const kept = GENERATE(0u, 1u, 3u);
  lane to{{.path = path, .max_bytes = 2 * line.size() + 1, .max_files = kept}};
  for (int i = 0; i < 9; ++i) CHECK(to.take(numbered(i)).kind() == kind::delivered);
  CHECK(content(path) == line_of(numbered(8)));
  for (unsigned i = 1; i <= kept; ++i) {
    int const first = 8 - 2 * static_cast<int>(i);
    CHECK(content(path + '.' + std::to_string(i)) == line_of(numbered(first)) + line_of(numbered(first + 1)));
  }
  CHECK_FALSE(fs::exists(path + '.' + std::to_string(kept + 1)));
}

TEST_CASE("otlp_file: a line larger than the limit gets a file of its own") {
  folder const dir;
  auto const path = dir / "t.jsonl";
  lane to{{.path = path, .max_bytes = 10}};
  for (int i = 0; i < 2; ++i) CHECK(to.take(numbered(i)).kind() == kind::delivered);
  CHECK(content(path) == line_of(numbered(1)));
  CHECK(content(path + ".1") == line_of(numbered(0)));
}

TEST_CASE("otlp_file: two that share a file lose nothing when they rotate it") {
  folder const dir;
  auto const path = dir / "t.jsonl";
  lane one{{.path = path, .max_bytes = 1000, .max_files = 100}}, two{{.path = path, .max_bytes = 1000, .max_files = 100}};
  for (int i = 0; i < 40; ++i) CHECK((i % 3 == 0 ? one : two).take(numbered(i)).kind() == kind::delivered);
  std::map<std::string, int> seen;
  for (auto const& file : fs::directory_iterator{dir.at})
    for (auto const& line : lines(file.path().string())) ++seen[line + '\n'];
  for (int i = 0; i < 40; ++i) CHECK(seen[line_of(numbered(i))] == 1);
}

TEST_CASE("otlp_file: a file that was moved away is made anew") {
  folder const dir;
  auto const path = dir / "t.jsonl";
  lane to{{.path = path}};
  CHECK(to.take(numbered(1)).kind() == kind::delivered);
  fs::rename(path, path + ".old");
  CHECK(to.take(numbered(2)).kind() == kind::delivered);
  CHECK(content(path + ".old") == line_of(numbered(1)));
  CHECK(content(path) == line_of(numbered(2)));
}

TEST_CASE("otlp_file: a folder that is not there is told with the way out, and waited for") {
  folder const dir;
  auto const path = dir / "no/such/t.jsonl";
  lane to{{.path = path}};
  REQUIRE(to.told.size() == 1);
  CHECK_THAT(to.told[0], ContainsSubstring(path) && ContainsSubstring(dir / "no/such") && ContainsSubstring("create it"));
  auto const outcome = to.take(numbered(1));
  CHECK(outcome.kind() == kind::retry);
  CHECK_THAT(outcome.why(), ContainsSubstring("cannot open"));
  fs::create_directories(dir.at / "no/such");
  CHECK(to.take(numbered(1)).kind() == kind::delivered);
  CHECK(content(path) == line_of(numbered(1)));
}

TEST_CASE("otlp_file: a path that is a folder is of no use") {
  folder const dir;
  lane to{{.path = dir.at.string()}};
  CHECK(to.take(numbered(1)).kind() == kind::dropped);
  auto const spec = fl::otlp_file({.path = "logs/"});
  REQUIRE(spec.problems.size() == 1);
  CHECK(spec.problems[0].code == fl::problem_code::config_bad);
  CHECK_THAT(spec.problems[0].what, ContainsSubstring("logs/traces.jsonl"));
  CHECK(fl::otlp_file({.path = "ok.jsonl"}).problems.empty());
  CHECK(spec.name == "otlp_file");
}

TEST_CASE("otlp_file: a full disk is tried again, and said") {
  if (::access("/dev/full", W_OK) != 0) SKIP("this system has no /dev/full");
  lane to{{.path = "/dev/full"}};
  auto const outcome = to.take(numbered(1));
  CHECK(outcome.kind() == kind::retry);
  CHECK_THAT(outcome.why(), ContainsSubstring("No space left") && ContainsSubstring("/dev/full"));
  REQUIRE(to.told.size() == 1);
}

TEST_CASE("otlp_file: a line that was taken in part is finished before the next one") {
  bool const same = GENERATE(true, false);
  folder const dir;
  auto const path = dir / "t.jsonl";
  lane to{{.path = path}};
  auto const first = numbered(1);
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  ::getrlimit(RLIMIT_FSIZE, &before);
  rlimit const small{100, before.rlim_max};
  ::setrlimit(RLIMIT_FSIZE, &small);
  auto const outcome = to.take(first);
  auto const size = fs::file_size(path);
  auto const again = to.take(first);
  ::setrlimit(RLIMIT_FSIZE, &before);
  CHECK(outcome.kind() == kind::retry);
  CHECK(again.kind() == kind::retry);
  CHECK(size == 100);
  if (same) {
    CHECK(to.take(first).kind() == kind::delivered);
    CHECK(content(path) == line_of(first));
  } else {  // the lane gave the first batch up
    CHECK(to.take(numbered(2)).kind() == kind::delivered);
    CHECK(content(path) == line_of(first) + line_of(numbered(2)));
  }
}

TEST_CASE("otlp_file: the descriptor does not outlive exec") {
  folder const dir;
  auto const path = dir / "t.jsonl";
  lane const to{{.path = path}};
  int found = 0;
  for (auto const& each : fs::directory_iterator{"/proc/self/fd"}) {
    std::error_code gone;
    if (fs::read_symlink(each.path(), gone) != path) continue;
    ++found;
    CHECK((::fcntl(std::stoi(each.path().filename().string()), F_GETFD) & FD_CLOEXEC) != 0);
  }
  CHECK(found == 1);
}

TEST_CASE("otlp_file: standard output takes spans and logs") {
  std::string const path = GENERATE("", "-");
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  auto const batch = sample_trace();
  std::vector<kind> outcomes;
  {
    output_to const pipe{ends[1]};
    lane to{{.path = path}};
    for (auto const type : {entry_type::span, entry_type::log}) outcomes.push_back(to.take(batch, type).kind());
  }
  ::close(ends[1]);
  auto const got = drain(ends[0]);
  ::close(ends[0]);
  CHECK(outcomes == std::vector<kind>{kind::delivered, kind::delivered});
  CHECK_THAT(got, Catch::Matchers::StartsWith(line_of(batch)) && ContainsSubstring("\n{\"resourceLogs\""));
}

TEST_CASE("otlp_file: a reader that does not keep up is waited for, and one that has gone is not") {
  std::signal(SIGPIPE, SIG_IGN);
  int ends[2];
  REQUIRE(::pipe2(ends, O_NONBLOCK) == 0);
  std::string got;
  std::vector<kind> outcomes;
  int const many = 400;  // more than a pipe holds
  {
    output_to const pipe{ends[1]};
    ::close(ends[1]);
    lane to{{.path = "-"}};
    for (int i = 0; i < many; ++i) {
      auto outcome = to.take(numbered(i), entry_type::span, std::chrono::milliseconds{0});
      if (outcome.kind() == kind::retry) {
        got += drain(ends[0]);
        --i;
      }
      outcomes.push_back(outcome.kind());
    }
    got += drain(ends[0]);
    ::close(ends[0]);
    outcomes.push_back(to.take(numbered(0)).kind());
  }
  CHECK(outcomes.back() == kind::dropped);
  CHECK(std::count(outcomes.begin(), outcomes.end(), kind::retry) > 0);
  // A batch that is tried again is another object here, so its line may come twice; each is whole.
  std::istringstream all{got};
  int next = 0;
  for (std::string line; std::getline(all, line);) {
    line += '\n';
    if (next > 0 && line == line_of(numbered(next - 1))) continue;
    if (line != line_of(numbered(next))) FAIL(line);
    ++next;
  }
  CHECK(next == many);
}

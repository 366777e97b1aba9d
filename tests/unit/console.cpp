// exporters/console.hpp: when a picture is drawn, what it is drawn on, and the JSON layout.
#include <fanlight/exporters/console.hpp>
#include <fanlight/impl/trace_shelf.hpp>

#include "catch.hpp"
#include "support/golden.hpp"
#include "support/sample_trace.hpp"

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <random>
#include <string>
#include <vector>

#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

using namespace support;
namespace fl = fanlight;
using Catch::Matchers::ContainsSubstring;
using fl::detail::batch_ref;
using fl::detail::entry_type;

namespace {

using kind = decltype(fl::outcome::delivered().kind());
constexpr auto one = "0000000000000001", two = "0000000000000002", three = "0000000000000003";

/// A console as its lane would drive it, with what it wrote.
struct screen {
  std::vector<std::string> blocks;
  std::vector<std::string> told;
  std::unique_ptr<fl::exporter> exporter;
  explicit screen(fl::console_config given = {}, fl::record_types taken = ~fl::record_types{}) {
    given.write = [this](std::string_view text) { blocks.emplace_back(text); };
    if (!given.width) given.width = 80;
    exporter = fl::console(std::move(given)).make();
    exporter->start({nullptr, [this](fl::problem_code, std::string what) { told.push_back(std::move(what)); }, taken});
  }
  /// Hands a batch over as a lane does: type by type.
  void take(batch_ref const& batch) {
    for (auto const type : {entry_type::span, entry_type::log, entry_type::error})
      if (batch->count(type) != 0) CHECK(exporter->consume(type, batch, fl::deadline::max()).kind() == kind::delivered);
  }
  std::string all() const {
    std::string out;
    for (auto const& each : blocks) out += each;
    return out;
  }
};

fl::deadline soon() { return std::chrono::steady_clock::now() + std::chrono::milliseconds{1}; }

/// Puts another descriptor in the place of standard error while it lives.
struct errors_to {
  int before;
  explicit errors_to(int fd) : before{::dup(STDERR_FILENO)} { ::dup2(fd, STDERR_FILENO); }
  ~errors_to() { ::dup2(before, STDERR_FILENO), ::close(before); }
};

/// A terminal of so many columns: what is written to `inside` can be read from `outside`.
struct pseudo_terminal {
  int outside = ::posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK);
  int inside = -1;
  explicit pseudo_terminal(unsigned short columns) {
    REQUIRE(outside >= 0);
    REQUIRE(::grantpt(outside) == 0);
    REQUIRE(::unlockpt(outside) == 0);
    inside = ::open(::ptsname(outside), O_RDWR | O_NOCTTY);
    REQUIRE(inside >= 0);
    winsize size{};
    size.ws_col = columns;
    ::ioctl(outside, TIOCSWINSZ, &size);
  }
  ~pseudo_terminal() { ::close(inside), ::close(outside); }
  /// What was written, without the carriage returns that a terminal adds.
  std::string read() const {
    std::string out;
    char letter;
    while (::read(outside, &letter, 1) == 1)
      if (letter != '\r') out += letter;
    return out;
  }
};

std::string on_terminal(unsigned short columns, batch_ref const& batch) {
  pseudo_terminal const terminal{columns};
  errors_to const stream{terminal.inside};
  auto const console = fl::console().make();
  static_cast<void>(console->consume(entry_type::span, batch, fl::deadline::max()));
  return terminal.read();
}

}  // namespace

TEST_CASE("console: the JSON layout") {
  screen to{{.layout = fl::console_layout::json}};
  to.take(sample_trace());
  CHECK(to.blocks.size() == 3);
  approved("console.json", to.all());
}

TEST_CASE("console: a whole trace in one batch is one picture, with its log lines") {
  screen to;
  to.take(sample_trace());
  CHECK(to.all() ==
        golden("waterfall_80.txt") +
            "2018-12-13 14:51:00.000Z  INFO   access  [2026-Nov-21 09:58] 192.0.2.7 GET http /api/activities/home 200  status=200\n");
  CHECK(to.blocks.size() == 1);
  CHECK(to.exporter->flush(soon()));
  CHECK(to.blocks.size() == 1);
}

TEST_CASE("console: children wait for their local root") {
  screen to;
  to.take(batch_of({span("child", two, one).from(1 * ms, 2 * ms), log("said", three)}));
  to.take(batch_of({span("other", three, one).from(3 * ms, 4 * ms)}));
  CHECK(to.blocks.empty());
  to.take(batch_of({span("root", one).from(0, 5 * ms)}));
  REQUIRE(to.blocks.size() == 1);
  for (auto const* part : {"\nroot ", "├─ child ", "└─ other ", "INFO  said"}) CHECK_THAT(to.blocks[0], ContainsSubstring(part));
}

TEST_CASE("console: a remote parent is not waited for, and is a border") {
  screen to;
  to.take(batch_of({span("GET /", two, one).flag(fl::detail::entry_flag::remote_parent), span("inner", three, two)}));
  REQUIRE(to.blocks.size() == 1);
  CHECK_THAT(to.blocks[0], ContainsSubstring("\nGET / ") && ContainsSubstring("└─ inner"));
  to.take(batch_of({span("client", one)}));
  REQUIRE(to.blocks.size() == 2);
  CHECK_THAT(to.blocks[1], ContainsSubstring("\nclient ") && !ContainsSubstring("GET /"));
}

TEST_CASE("console: two traces at once do not mix") {
  screen to;
  to.take(batch_of({span("a child", two, one), span("b child", two, one).in("5759e988bd862e3fe1be46a994272793"), span("a root", one),
                    span("b root", one).in("5759e988bd862e3fe1be46a994272793")}));
  REQUIRE(to.blocks.size() == 1);
  auto const& text = to.blocks[0];
  CHECK(text.find("a root") < text.find("a child"));
  CHECK(text.find("b root") < text.find("b child"));
  CHECK(text.find("trace 0af7") != std::string::npos);
  CHECK(text.find("trace 5759") != std::string::npos);
}

TEST_CASE("console: a child that ends after its parent gets a picture of its own, with its own children") {
  screen to;
  to.take(batch_of({span("root", one), span("grandchild", three, two)}));
  REQUIRE(to.blocks.size() == 1);
  CHECK_THAT(to.blocks[0], !ContainsSubstring("grandchild"));
  to.take(batch_of({log("too late", one), span("child", two, one)}));
  REQUIRE(to.blocks.size() == 2);
  CHECK_THAT(to.blocks[1], ContainsSubstring("ended after its parent") && ContainsSubstring("\nchild ") &&
                               ContainsSubstring("└─ grandchild") &&
                               ContainsSubstring("\n\n2018-12-13 14:51:00.000Z  INFO   too late  trace="));
}

TEST_CASE("console: flush and stop show what is held") {
  screen to;
  to.take(batch_of({span("child", two, one), log("alone", three)}));
  CHECK(to.exporter->flush(soon()));
  CHECK_THAT(to.all(), ContainsSubstring("not over yet") && ContainsSubstring("\nchild ") && ContainsSubstring("INFO   alone"));
  to.take(batch_of({span("next", three, one)}));
  to.exporter->stop(soon());
  CHECK_THAT(to.all(), ContainsSubstring("\nnext "));
}

TEST_CASE("console: what belongs to no picture is a line at once") {
  screen to;
  to.take(batch_of({loose_log("no trace"), log("not sampled", one).flags(0), error("no trace either").in({}).flags(0)}));
  CHECK_THAT(to.all(), ContainsSubstring("INFO   no trace\n") && ContainsSubstring("INFO   not sampled  trace=") &&
                           ContainsSubstring("ERROR  no trace either\n"));
}

TEST_CASE("console: records that the lane keeps back are not shown") {
  screen to{{}, fl::takes<fl::span_record>};
  auto const batch = batch_of({span("root", one), log("secret", one)});
  CHECK(to.exporter->consume(entry_type::span, batch, soon()).kind() == kind::delivered);
  to.exporter->stop(soon());
  CHECK_THAT(to.all(), ContainsSubstring("root") && !ContainsSubstring("secret"));
}

TEST_CASE("console: every record is shown once, in whatever order and batches they come") {
  std::mt19937 random{3};
  for (int round = 0; round < 60; ++round) {
    std::vector<entry> all;
    int const spans = 1 + static_cast<int>(random() % 30);
    for (int i = 1; i <= spans; ++i) {
      char id[17], parent[17], name[32];
      std::snprintf(id, sizeof id, "%016x", i);
      std::snprintf(parent, sizeof parent, "%016x", i == 1 ? 0 : 1 + static_cast<int>(random() % static_cast<unsigned>(i - 1)));
      std::snprintf(name, sizeof name, "<s%d>", i);
      auto made = span(name, id, i == 1 ? "" : parent).from(i * ms, (spans + 1) * ms);
      if (random() % 8 == 0) made.flag(fl::detail::entry_flag::remote_parent);
      if (random() % 8 == 0) made.id(id, "00000000000000ff");  // its parent never comes
      all.push_back(made);
      std::snprintf(name, sizeof name, "<l%d>", i);
      all.push_back(log(name, id).at(i * ms));
    }
    std::shuffle(all.begin(), all.end(), random);
    screen to;
    for (std::size_t at = 0; at < all.size();) {
      batch_builder batch{cruddur()};
      for (std::size_t left = 1 + random() % 8; left > 0 && at < all.size(); --left) batch.add(all[at++]);
      to.take(batch.take());
    }
    to.exporter->stop(soon());
    std::string const text = to.all();
    for (int i = 1; i <= spans; ++i)
      for (auto const* const letter : {"<s", "<l"}) {
        std::string const name = letter + std::to_string(i) + '>';
        auto const first = text.find(name);
        if (first == std::string::npos || text.find(name, first + 1) != std::string::npos)
          FAIL(name << " in round " << round << "\n" << text);
      }
  }
  SUCCEED();
}

TEST_CASE("console: the shelf has bounds in time and bytes") {
  using clock = std::chrono::steady_clock;
  std::string text;
  fl::detail::trace_shelf shelf;
  auto const settle = [&](clock::time_point now) { shelf.settle(text, {}, now); };
  auto const begin = clock::time_point{} + std::chrono::hours{1};
  shelf.add(*batch_of({span("child", two, one), log("said", two)}), entry_type::span, begin);
  shelf.add(*batch_of({log("said", two)}), entry_type::log, begin);
  settle(begin + shelf.longest_log_wait);
  CHECK(text.empty());
  settle(begin + shelf.longest_log_wait + std::chrono::milliseconds{1});
  CHECK_THAT(text, ContainsSubstring("INFO   said") && !ContainsSubstring("child"));
  settle(begin + shelf.longest_span_wait + std::chrono::milliseconds{1});
  CHECK_THAT(text, ContainsSubstring("\nchild ") && ContainsSubstring("not over yet"));
  CHECK(shelf.bytes() == 0);
  std::string const big(100'000, 'x');
  for (int i = 1; i <= 400; ++i) {
    char trace[33];
    std::snprintf(trace, sizeof trace, "%032x", i);
    shelf.add(*batch_of({span("held", two, one).in(trace).set("big", big)}), entry_type::span, begin + std::chrono::milliseconds{i});
    settle(begin + std::chrono::milliseconds{i});
    CHECK(shelf.bytes() <= shelf.most_bytes);
  }
  CHECK_THAT(text,
             ContainsSubstring("trace 00000000000000000000000000000001") && !ContainsSubstring("trace 00000000000000000000000000000190"));
}

TEST_CASE("console: on a terminal of its width, in colour unless the user does not want it") {
  ::setenv("TERM", "xterm-256color", 1);
  ::unsetenv("NO_COLOR");
  ::unsetenv("COLUMNS");
  auto const batch = sample_trace();
  auto const coloured = on_terminal(40, batch);
  CHECK_THAT(coloured, ContainsSubstring("\x1b[31m"));
  ::setenv("NO_COLOR", "1", 1);
  auto const plain = on_terminal(80, batch);
  ::unsetenv("NO_COLOR");
  CHECK_THAT(plain, !ContainsSubstring("\x1b"));
  CHECK_THAT(plain, ContainsSubstring("GET /api/activities/home server       ━"));
  ::setenv("TERM", "dumb", 1);
  CHECK_THAT(on_terminal(80, batch), !ContainsSubstring("\x1b"));
}

TEST_CASE("console: plain and as wide as COLUMNS says when piped") {
  ::setenv("TERM", "xterm", 1);
  ::setenv("COLUMNS", "60", 1);
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  {
    errors_to const stream{ends[1]};
    ::close(ends[1]);
    auto const console = fl::console().make();
    CHECK(console->consume(entry_type::span, batch_of({span("x", one).from(0, ms)}), fl::deadline::max()).kind() == kind::delivered);
  }
  char text[4096];
  auto const got = ::read(ends[0], text, sizeof text);
  ::close(ends[0]);
  REQUIRE(got > 0);
  std::string bar;
  for (int i = 0; i < 60 - 8 - 2 - 1 - 8; ++i) bar += "━";
  CHECK_THAT((std::string{text, static_cast<std::size_t>(got)}),
             ContainsSubstring("\nx         " + bar + "  1.00 ms\n") && !ContainsSubstring("\x1b"));
}

TEST_CASE("console: a reader that does not keep up is waited for, and one that has gone is not") {
  std::signal(SIGPIPE, SIG_IGN);
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  ::fcntl(ends[0], F_SETFL, O_NONBLOCK);
  std::string got;
  auto const drain = [&] {
    char some[65536];
    for (ssize_t size; (size = ::read(ends[0], some, sizeof some)) > 0;) got.append(some, static_cast<std::size_t>(size));
  };
  auto const batch = batch_of({span("a line of the picture", one)});
  std::string told;
  int delivered = 0, retried = 0;
  kind last{};
  {
    errors_to const stream{ends[1]};
    ::close(ends[1]);
    auto const console = fl::console({.width = 100}).make();
    console->start({nullptr, [&](fl::problem_code, std::string what) { told = std::move(what); }});
    while (retried < 3) {
      auto const outcome = console->consume(entry_type::span, batch, soon());
      if (outcome.kind() == kind::delivered) ++delivered;
      else if (++retried == 3) drain();
    }
    CHECK(console->flush(soon()));
    drain();
    ::close(ends[0]);
    last = console->consume(entry_type::span, batch, soon()).kind();
  }
  CHECK(last == kind::dropped);
  CHECK_THAT(told, ContainsSubstring("standard error"));
  int shown = 0;
  for (std::size_t at = 0; (at = got.find("a line of the picture", at)) != std::string::npos; ++at) ++shown;
  CHECK(shown == delivered);
  CHECK(delivered > 10);
}

TEST_CASE("console: its configuration") {
  auto const spec = fl::console();
  CHECK(spec.prompt);
  CHECK(spec.name == "console");
  CHECK(spec.problems.empty());
  CHECK(fl::console({.width = 5}).problems.size() == 1);
}

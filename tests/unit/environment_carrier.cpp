// A trace in the environment: what this process was started with, and what its children get.
#include <fanlight/environment_carrier.hpp>
#include <fanlight/testing.hpp>
#include <fanlight/trace.hpp>

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <string>

#include "catch.hpp"

using namespace fanlight;

namespace {

constexpr char const* parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

/// What a shell, started with that environment, prints for `script`.
std::string printed_by_child(std::string const& script, char* const* environment) {
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, ends[1], 1);
  std::string shell = "sh", flag = "-c", words = script;
  char* const arguments[]{shell.data(), flag.data(), words.data(), nullptr};
  pid_t child = 0;
  REQUIRE(::posix_spawn(&child, "/bin/sh", &actions, nullptr, arguments, environment) == 0);
  ::posix_spawn_file_actions_destroy(&actions);
  ::close(ends[1]);
  std::string out;
  char room[256];
  for (ssize_t size = 0; (size = ::read(ends[0], room, sizeof room)) > 0;) out.append(room, static_cast<std::size_t>(size));
  ::close(ends[0]);
  REQUIRE(::waitpid(child, nullptr, 0) == child);
  return out;
}

}  // namespace

TEST_CASE("the context that a process was started with") {
  ::unsetenv("TRACEPARENT");
  CHECK_FALSE(environment_context().is_valid());
  ::setenv("TRACEPARENT", parent, 1);
  ::setenv("TRACESTATE", "a=1", 1);
  ::setenv("BAGGAGE", "k=v", 1);
  auto const found = environment_context();
  CHECK(found.trace_id().hex() == "0af7651916cd43dd8448eb211c80319c");
  CHECK(found.span_id().hex() == "b7ad6b7169203331");
  CHECK(found.is_sampled());
  CHECK(found.is_remote());
  CHECK(found.tracestate() == "a=1");
  CHECK(found.baggage() == "k=v");
  ::setenv("TRACEPARENT", "nonsense", 1);
  CHECK_FALSE(environment_context().is_valid());
}

TEST_CASE("a child gets the current span in place of what its parent came with") {
  testing::capture taken{{.propagators = {propagator::tracecontext, propagator::xray}}};
  ::setenv("TRACEPARENT", parent, 1);
  ::setenv("BAGGAGE", "old=1", 1);
  ::setenv("FANLIGHT_TEST_OTHER", "kept", 1);
  std::string printed;
  {
    scoped_span const span{"start a child"};
    child_environment const mine;
    printed = printed_by_child("echo \"$TRACEPARENT|$BAGGAGE|$X_AMZN_TRACE_ID|$FANLIGHT_TEST_OTHER\"", mine.data());
    CHECK(std::count_if(mine.texts().begin(), mine.texts().end(), [](auto const& text) { return text.find("TRACEPARENT=") == 0; }) == 1);
  }
  auto const span = taken.spans()[0];
  std::string const trace{span.trace_id.hex().view()}, id{span.span_id.hex().view()};
  CHECK(printed == "00-" + trace + "-" + id + "-03||Root=" + std::string{xray_trace_id(span.trace_id).view()} + ";Parent=" + id + ";Sampled=1|kept\n");
  CHECK(std::string_view{std::getenv("TRACEPARENT")} == parent);
}

TEST_CASE("where nothing is current a child gets nothing, and not its parent's parent") {
  ::setenv("TRACEPARENT", parent, 1);
  child_environment const none;
  CHECK(printed_by_child("echo \"[$TRACEPARENT]\"", none.data()) == "[]\n");
  child_environment const given{context{trace_id{{1}}, span_id{{2}}, trace_flag::sampled}};
  CHECK(printed_by_child("echo \"$TRACEPARENT\"", given.data()) == "00-01000000000000000000000000000000-0200000000000000-01\n");
}

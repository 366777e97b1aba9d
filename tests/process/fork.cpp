// Forks of a process that records. What a child makes arrives from the child, once, with the child's own process facts; what waited in the
// parent is sent by the parent alone. Names say which case: the first argument, or all.
#include "process.hpp"
#include "../support/tasks.hpp"

#include <atomic>
#include <thread>

using namespace process;

namespace {

/// The child records and flushes; the parent's queue is not sent twice.
void child_records() {
  channel to;
  auto session = fl::init(lazy({reporter{to.writer()}}));
  make_spans(3, "parent");
  int child = 0;
  record_on_both_sides(session);
  auto const all = parse(to.lines());
  for (auto const& one : all)
    if (one.name == "child") child = one.by;
  EXPECT(all.size() == 6);
  EXPECT(child != 0 && child != ::getpid());
  EXPECT(count(all, [&](arrived const& one) { return one.by == child && one.name == "child" && one.of == child; }) == 2);
  EXPECT(count(all, [&](arrived const& one) { return one.by == ::getpid() && one.name != "child" && one.of == ::getpid(); }) == 4);
}

/// A child that records nothing makes no thread and sends nothing, however it leaves.
void child_is_silent() {
  for (int how = 0; how < 3; ++how) {
    channel to;
    auto session = fl::init(lazy({reporter{to.writer()}}));
    make_spans(3, "parent");
    ::pid_t const child = ::fork();
    if (child == 0) {
      bool const alone = table("/proc/self/status")["Threads"] == "1";
      bool const flushed = session.flush(1ms);  // nothing to do
      int const code = alone && flushed && session.stats().accepted == 0 ? 7 : 1;
      if (how == 0) std::_Exit(code);
      if (how == 1) std::exit(code);
      session.shutdown(patience);
      std::_Exit(code);
    }
    int status = 0;
    EXPECT(::waitpid(child, &status, 0) == child);
    EXPECT(WIFEXITED(status) && WEXITSTATUS(status) == 7);
    EXPECT(session.shutdown(patience));
    auto const all = parse(to.lines());
    EXPECT(all.size() == 3 && named(all, "parent") == 3);
  }
}

/// A child that records and calls exit() is flushed by atexit; one that calls _exit loses its own and nothing else.
void child_exits() {
  for (bool const orderly : {true, false}) {
    channel to;
    auto session = fl::init(lazy({reporter{to.writer()}}));
    make_spans(3, "parent");
    ::pid_t const child = ::fork();
    if (child == 0) {
      make_spans(2, "child");
      if (orderly) std::exit(0);
      ::_exit(0);
    }
    int status = 0;
    EXPECT(::waitpid(child, &status, 0) == child);
    EXPECT(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    EXPECT(session.shutdown(patience));
    auto const all = parse(to.lines());
    EXPECT(named(all, "parent") == 3);
    EXPECT(named(all, "child") == (orderly ? 2 : 0));
  }
}

/// A span that is open at the fork is the parent's to end; in the child it is the parent of what is begun there.
void open_spans() {
  channel to;
  auto session = fl::init(lazy({reporter{to.writer()}}));
  std::string id;
  {
    fl::scoped_span outer{"outer"};
    id = outer.context().span_id().hex().c_str();
    fl::span held{"held"};
    fl::span given_up{"given_up"};
    EXPECT(in_child([&] {
             { fl::scoped_span const inner{"inner"}; }
             given_up.end();
             {
               auto const mine = std::move(held);
             }
             outer.set("written", "in the child");
             EXPECT(session.flush(patience));
             std::exit(failures());
           }) == 0);
  }
  EXPECT(session.shutdown(patience));
  auto const all = parse(to.lines());
  EXPECT(all.size() == 4);
  EXPECT(named(all, "outer") == 1 && named(all, "held") == 1 && named(all, "given_up") == 1 && named(all, "inner") == 1);
  EXPECT(count(all, [&](arrived const& one) { return one.name == "inner" && one.parent == id && one.by != ::getpid(); }) == 1);
  EXPECT(count(all, [&](arrived const& one) { return one.by == ::getpid(); }) == 3);
}

/// A coroutine that waits is inherited: what it has open is the parent's to send, what it begins later is each one's own.
void coroutine_waits() {
  channel to;
  auto session = fl::init(lazy({reporter{to.writer()}}));
  test::by_hand queue;
  auto const work = [&]() -> test::job {
    fl::scoped_span const whole{"whole"};
    co_await queue.turn();
    fl::scoped_span const rest{"rest"};
  };
  work();
  EXPECT(in_child([&] {
           queue.run_one();
           EXPECT(session.shutdown(patience));
         }) == 0);
  queue.run_one();
  EXPECT(session.shutdown(patience));
  auto const all = parse(to.lines());
  EXPECT(count(all, [](arrived const& one) { return one.name == "whole" && one.by == ::getpid(); }) == 1);
  EXPECT(named(all, "whole") == 1);
  EXPECT(named(all, "rest") == 2);
}

/// A child that unwinds its parent's scopes, as one that returns from main does.
void child_unwinds() {
  channel to;
  auto session = fl::init(lazy({reporter{to.writer()}}));
  ::pid_t child = 0;
  {
    fl::scoped_span const outer{"outer"};
    child = ::fork();
    fl::scoped_span const both{child == 0 ? "child" : "parent"};
  }
  if (child == 0) {
    bool const well = session.flush(patience) && session.stats().delivered == 1;
    std::_Exit(well ? 0 : 1);
  }
  int status = 0;
  EXPECT(::waitpid(child, &status, 0) == child);
  EXPECT(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  EXPECT(session.shutdown(patience));
  auto const all = parse(to.lines());
  EXPECT(all.size() == 3 && named(all, "outer") == 1 && named(all, "child") == 1 && named(all, "parent") == 1);
}

/// Forks while other threads record as fast as they can: each child records, delivers its own, and nothing else.
void under_load() {
  channel to;
  std::vector<std::thread> threads;
  {
    fl::config how = lazy({fl::exporter_spec{reporter{to.writer()}}});
    how.process = [](fl::record_editor& record) {
      if (record.name() == "noise") record.drop();
    };
    auto session = fl::init(std::move(how));
    std::atomic<bool> go_on{true};
    for (int t = 0; t < 3; ++t)
      threads.emplace_back([&] {
        while (go_on) make_spans(1, "noise");
      });
    for (int round = 0; round < 30; ++round) {
      EXPECT(in_child([&] {
               make_spans(5, "child");
               EXPECT(session.flush(patience));
               EXPECT(session.stats().accepted == 5);
             }) == 0);
      make_spans(1, "parent");
    }
    go_on = false;
    for (auto& each : threads) each.join();
    session.flush(patience);
  }
  auto const all = parse(to.lines());
  EXPECT(named(all, "noise") == 0);
  EXPECT(named(all, "child") == 30 * 5);
  EXPECT(named(all, "parent") <= 30);
  EXPECT(count(all, [](arrived const& one) { return one.name == "child" && (one.by == ::getpid() || one.of != one.by); }) == 0);
}

/// Forks while another thread initialises, flushes and ends sessions.
void under_set_up() {
  channel to;
  std::atomic<bool> go_on{true};
  std::thread busy{[&] {
    while (go_on) {
      auto session = fl::init(lazy({reporter{to.writer()}}));
      make_spans(1, "busy");
      session.flush(patience);
    }
  }};
  for (int round = 0; round < 50; ++round)
    EXPECT(in_child([] {
             make_spans(1, "child");  // into whatever there is
           }) == 0);
  go_on = false;
  busy.join();
  (void)to.lines();
}

/// fork and exec: nothing of ours is open in the new program, and none of its signals are blocked.
void fork_exec() {
  channel to;
  auto session = fl::init(lazy({reporter{to.writer()}, fl::otlp_file({.path = "fork_exec.jsonl"})}));
  make_spans(1, "parent");
  EXPECT(session.flush(patience));
  ::pid_t const child = ::fork();
  if (child == 0) {
    ::execl("/bin/sh", "sh", "-c", "for fd in /proc/$$/fd/*; do readlink $fd; done | grep -q fork_exec && exit 3; grep -q '^SigBlk:.*[1-9a-f]' /proc/self/status && exit 4; exit 0",
            static_cast<char*>(nullptr));
    std::_Exit(9);
  }
  int status = 0;
  EXPECT(::waitpid(child, &status, 0) == child);
  EXPECT(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  EXPECT(session.shutdown(patience));
  EXPECT(parse(to.lines()).size() == 1);
  ::unlink("fork_exec.jsonl");
}

/// A grandchild of a child that has recorded.
void generations() {
  channel to;
  auto session = fl::init(lazy({reporter{to.writer()}}));
  EXPECT(in_child([&] {
           make_spans(1, "child");
           EXPECT(in_child([&] {
                    make_spans(1, "grandchild");
                    EXPECT(session.flush(patience));
                  }) == 0);
           EXPECT(session.flush(patience));
         }) == 0);
  EXPECT(session.shutdown(patience));
  auto const all = parse(to.lines());
  EXPECT(all.size() == 2 && named(all, "child") == 1 && named(all, "grandchild") == 1);
  EXPECT(all.size() == 2 && all[0].by != all[1].by && all[0].of == all[0].by && all[1].of == all[1].by);
}

}  // namespace

int main(int count, char** words) {
  if (!fork_is_not_tried.empty()) return std::puts(fork_is_not_tried.data()), 77;
  std::map<std::string, void (*)()> const cases{
      {"child_records", child_records}, {"child_is_silent", child_is_silent}, {"child_exits", child_exits},   {"open_spans", open_spans},
      {"child_unwinds", child_unwinds}, {"under_load", under_load},           {"under_set_up", under_set_up}, {"fork_exec", fork_exec},
      {"generations", generations},     {"coroutine_waits", coroutine_waits}};
  for (auto const& [name, run] : cases)
    if (count < 2 || name == words[1]) run();
  return failures();
}

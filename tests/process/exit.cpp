// Ends of a process, in any order: whatever was recorded before the end arrives, whatever comes later is dropped, and nothing crashes or
// hangs. Each case runs in a child of its own, whose exporter writes to a pipe.
#include "process.hpp"

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>

using namespace process;

namespace {

fl::session* volatile never_deleted = nullptr;  // so that leak checkers find it

/// Says something when it is destroyed.
struct speaker {
  char const* name;
  ~speaker() {
    make_spans(1, name);
    fl::info("from a destructor");
  }
};

/// Runs `work` in a child, expects it to exit with 7, and gives what arrived.
[[nodiscard]] std::vector<arrived> ended(std::function<void(fl::config)> const& work) {
  channel to;
  EXPECT(in_child([&] {
           work(lazy({reporter{to.writer()}}));
           std::exit(failures() == 0 ? 7 : 1);
         }) == 7);
  return parse(to.lines());
}

void exit_with_a_live_session() {
  auto const all = ended([](fl::config how) {
    auto const session = fl::init(std::move(how));
    make_spans(3, "before");
    std::exit(7);
  });
  EXPECT(all.size() == 3);
}

void session_is_static() {
  auto const all = ended([](fl::config how) {
    static auto const session = fl::init(std::move(how));
    make_spans(3, "before");
  });
  EXPECT(all.size() == 3);
}

void session_is_leaked() {
  auto const all = ended([](fl::config how) {
    never_deleted = new fl::session{fl::init(std::move(how))};
    make_spans(3, "before");
  });
  EXPECT(all.size() == 3);
}

/// Statics that are younger than the session speak while it lives; older ones speak after it, to nobody.
void static_destructors() {
  for (bool const leaked : {true, false}) {
    auto const all = ended([=](fl::config how) {
      static speaker const older{"older"};
      static std::optional<fl::session> held;
      auto session = fl::init(std::move(how));
      if (leaked) never_deleted = new fl::session{std::move(session)};
      else held.emplace(std::move(session));
      static speaker const younger{"younger"};
      make_spans(1, "before");
    });
    EXPECT(named(all, "before") == 1);
    EXPECT(named(all, "younger") == 1);
    EXPECT(named(all, "older") == 0);
  }
}

/// A span that is open for the whole life of a static.
void span_is_static() {
  auto const all = ended([](fl::config how) {
    static auto const session = fl::init(std::move(how));
    static fl::span const whole{"whole"};
    make_spans(1, "before");
  });
  EXPECT(named(all, "whole") == 1 && named(all, "before") == 1);
}

/// thread_local objects older than the thread's first record are destroyed after fanlight has left the thread.
void thread_local_destructors() {
  auto const all = ended([](fl::config how) {
    auto session = fl::init(std::move(how));
    for (int i = 0; i < 4; ++i)
      std::thread{[] {
        thread_local speaker const older{"older"};
        (void)&older;
        make_spans(1, "thread");
        thread_local speaker const younger{"younger"};
        (void)&younger;
      }}.join();
    EXPECT(session.flush(patience));
    EXPECT(session.stats().delivered == 12);
  });
  EXPECT(named(all, "older") == 4 && named(all, "thread") == 4 && named(all, "younger") == 4);
}

/// The main thread's thread_locals go first of all at exit; spans of static destructors come after them.
void thread_local_of_main() {
  auto const all = ended([](fl::config how) {
    thread_local speaker const older{"older"};
    (void)&older;
    static auto const session = fl::init(std::move(how));
    make_spans(1, "before");
    static speaker const younger{"younger"};
  });
  EXPECT(named(all, "older") == 1 && named(all, "before") == 1 && named(all, "younger") == 1);
}

/// Threads that record before, during and after the session's end, with spans open across it.
void threads_outlive_the_session() {
  auto const all = ended([](fl::config how) {
    how.process = [](fl::record_editor& record) {
      if (record.name() == "noise") record.drop();
    };
    std::atomic<int> state{0};
    std::vector<std::thread> threads;
    {
      auto session = fl::init(std::move(how));
      make_spans(2, "before");
      for (int t = 0; t < 3; ++t)
        threads.emplace_back([&] {
          fl::scoped_span across{"across"};
          fl::span held{"held"};
          ++state;
          while (state < 100) {
            fl::scoped_span noise{"noise"};
            noise.set("i", 1);
            fl::error_report{"noise too"};
            across.set("still", true);
            held.event("here");
          }
        });
      while (state < 3) ::sched_yield();
    }
    make_spans(100, "nobody");
    state = 100;
    for (auto& each : threads) each.join();
    auto const again = fl::init(lazy({}));
    EXPECT(again.is_active());
  });
  EXPECT(named(all, "before") == 2);
  EXPECT(named(all, "across") == 0 && named(all, "nobody") == 0);
}

/// exit() while other threads are in the middle of recording, and go on to the very end.
void exit_under_load() {
  for (int round = 0; round < 10; ++round) {
    auto const all = ended([](fl::config how) {
      how.process = [](fl::record_editor& record) {
        if (record.name() == "noise") record.drop();
      };
      auto const session = fl::init(std::move(how));
      make_spans(2, "before");
      static std::atomic<int> running{0};
      for (int t = 0; t < 3; ++t)
        std::thread{[] {
          for (++running;;) make_spans(1, "noise");
        }}.detach();
      while (running < 3) ::sched_yield();
      std::exit(7);
    });
    EXPECT(named(all, "before") == 2);
  }
}

/// exit() on a thread that is not the main one.
void exit_on_another_thread() {
  auto const all = ended([](fl::config how) {
    auto const session = fl::init(std::move(how));
    make_spans(1, "main");
    std::thread{[] {
      make_spans(1, "other");
      std::exit(7);
    }}.join();
  });
  EXPECT(named(all, "main") == 1 && named(all, "other") == 1);
}

/// An exporter that never comes back delays the end by shutdown_within and no more, and the others have delivered.
void exit_beside_a_hung_exporter() {
  struct hangs {
    void consume(fl::batch<fl::span_record>) {
      std::mutex lock;
      std::unique_lock held{lock};
      std::condition_variable{}.wait(held, [] { return false; });
    }
  };
  auto const began = std::chrono::steady_clock::now();
  auto const all = ended([](fl::config how) {
    auto both = *how.exporters;
    both.push_back(hangs{});
    how.exporters = both;
    how.shutdown_within = 300ms;
    auto const session = fl::init(std::move(how));
    make_spans(3, "before");
    std::exit(7);
  });
  EXPECT(all.size() == 3);
  EXPECT(std::chrono::steady_clock::now() - began < 20s);
}

/// Sessions that come and go while threads record into whichever there is.
void quick_sessions() {
  auto const all = ended([](fl::config how) {
    std::atomic<bool> go_on{true};
    std::vector<std::thread> threads;
    for (int t = 0; t < 3; ++t)
      threads.emplace_back([&] {
        while (go_on) {
          fl::scoped_span const outer{"noise"};
          make_spans(3, "noise");
        }
      });
    how.process = [](fl::record_editor& record) {
      if (record.name() == "noise") record.drop();
    };
    for (int round = 0; round < 100; ++round) {
      auto session = fl::init(how);
      fl::scoped_span const mine{"mine", {.parent = {}}};
      if (round % 3 == 0) session.shutdown(patience);  // false where the noise has filled a ring
    }
    go_on = false;
    for (auto& each : threads) each.join();
  });
  EXPECT(named(all, "mine") == 66);  // the others' span ended after its session
}

}  // namespace

int main(int count, char** words) {
  std::map<std::string, void (*)()> const cases{
      {"exit_with_a_live_session", exit_with_a_live_session}, {"session_is_static", session_is_static},
      {"session_is_leaked", session_is_leaked},               {"static_destructors", static_destructors},
      {"span_is_static", span_is_static},                     {"thread_local_destructors", thread_local_destructors},
      {"thread_local_of_main", thread_local_of_main},         {"threads_outlive_the_session", threads_outlive_the_session},
      {"exit_under_load", exit_under_load},                   {"exit_on_another_thread", exit_on_another_thread},
      {"exit_beside_a_hung_exporter", exit_beside_a_hung_exporter}, {"quick_sessions", quick_sessions}};
  for (auto const& [name, run] : cases)
    if (count < 2 || name == words[1]) run();
  return failures();
}

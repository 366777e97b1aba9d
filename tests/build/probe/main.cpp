// How the probe behind guarded() behaves, as a table: a line for each row, `ok` or what was seen instead. Built with many compilers, levels
// and sanitizers, for it stands on what a runtime does inside a throw. With the argument `terminate` the program ends by an uncaught exception.
#include <fanlight/impl/library_text.ipp>
#include <fanlight/stack.hpp>
#include <fanlight/trace.hpp>

#include <cstdio>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include <pthread.h>

namespace fl = fanlight;

namespace {

int failures = 0;
void row(char const* name, bool good, std::string const& seen = {}) {
  std::printf("%-58s %s\n", name, good ? "ok" : ("NOT SO: " + seen).c_str());
  failures += good ? 0 : 1;
}

/// What a destructor sees of the exception that runs it.
struct sight {
  bool seen = false;
  std::string type, text;
  std::uint64_t number = 0;
  unsigned frames = 0;
  std::string thrower;  // the innermost function
};
struct watcher {
  sight& to;
  ~watcher() {
    to = {};
    auto const* const note = fl::detail::unwinding(fl::detail::here());
    if (note == nullptr) return;
    to.seen = true;
    auto const* const type = static_cast<std::type_info const*>(note->type);
    fl::detail::thrown_text text;
    fl::detail::read_text(text, {note->object, type});
    to.type = fl::detail::readable_type{type->name()}.view();
    to.text = text.view();
    to.number = note->number;
    to.frames = note->count;
    fl::detail::packed_stack packed;
    packed.take(note->frames, note->count, fl::detail::origin_thrown);
    auto const stack = fl::resolve_stack(packed.view());
    if (!stack.frames.empty()) to.thrower = stack.frames[0].function;
  }
};

template <class F>
sight watch(F throws) {
  sight out;
  try {
    fl::guarded([&] {
      watcher const here{out};
      throws();
    });
  } catch (...) {}
  return out;
}

[[gnu::noinline]] void thrower() { throw std::runtime_error{"boom"}; }
std::string const throwing = "(anonymous namespace)::thrower()";
[[gnu::noinline]] void at_end() { std::vector<int>{}.at(7) = 1; }
[[gnu::noinline]] void deep(int levels) {
  fl::guarded([levels] {
    if (levels == 0) thrower();
    deep(levels - 1);
  });
}

struct left {
  virtual ~left() = default;
  long pad = 0;
};
struct odd : left, virtual std::runtime_error {
  odd() : std::runtime_error{"odd"} {}
};
struct enough : std::exception {
  char const* what() const noexcept override { return nullptr; }
};

void see_plainly() {
  auto const one = watch(thrower);
  row("type and text of a std::exception", one.type == "std::runtime_error" && one.text == "boom", one.type + " " + one.text);
  row("stack begins in the function that throws", one.frames >= 2 && one.thrower == throwing, one.thrower);
  auto const library = watch(at_end);
  row("thrown inside of libstdc++", library.type == "std::out_of_range" && library.frames >= 2, library.type);
  row("multiple and virtual bases", watch([] { throw odd{}; }).text == "odd");
  row("what() that gives null", watch([] { throw enough{}; }).seen);
  row("int", watch([] { throw 42; }).text == "42");
  row("std::string", watch([] { throw std::string{"s"}; }).text == "s");
  row("char const*", watch([] { throw "literal"; }).text == "literal");
  auto const pointer = watch([] {
    static std::runtime_error kept{"pointed to"};
    throw &kept;
  });
  row("pointer to an exception", pointer.type == "std::runtime_error*", pointer.type);
  auto const system = watch([] { throw std::system_error{2, std::generic_category(), "open"}; });
  row("std::system_error with its code", system.text.find("[generic:2]") != std::string::npos, system.text);
}

void see_again() {
  sight first, second;
  try {
    fl::guarded([&] {
      watcher const outer{second};
      try {
        fl::guarded([&] {
          watcher const inner{first};
          thrower();
        });
      } catch (...) { throw; }
    });
  } catch (...) {}
  row("throw; is the same error, with its first stack", first.number == second.number && second.thrower == throwing, second.thrower);
  std::exception_ptr kept;
  try {
    thrower();
  } catch (...) { kept = std::current_exception(); }
  row("rethrow_exception", watch([&] { std::rethrow_exception(kept); }).text == "boom");
  auto const one = watch(thrower), two = watch(thrower);
  row("another throw of the same is another error", one.number != two.number && one.number != 0);
}

void see_nothing() {
  sight after;
  fl::guarded([&] {
    watcher const here{after};
    try {
      thrower();
    } catch (...) {}
  });
  row("caught inside: nothing", !after.seen);
  fl::guarded([&] { watcher const here{after}; });
  row("left by return: nothing", !after.seen);
  std::thread{[&] {
    fl::guarded([&] {
      watcher const here{after};
      ::pthread_exit(nullptr);
    });
  }}.join();
  row("pthread_exit: nothing", !after.seen);
  sight outside;
  try {
    watcher const here{outside};
    thrower();
  } catch (...) {}
  row("outside of guarded(): nothing", !outside.seen);
}

void see_inside_of_each_other() {
  struct cleaner {
    sight& inner;
    sight& calm;
    ~cleaner() {
      inner = watch([] { throw std::logic_error{"inner"}; });
      watcher const here{calm};
    }
  };
  sight inner, calm;
  auto const outer = watch([&] {
    cleaner const here{inner, calm};
    thrower();
  });
  row("a throw inside a destructor", inner.type == "std::logic_error" && outer.text == "boom", inner.type + " " + outer.text);
  row("between the two", calm.text == "boom", calm.text);
  sight second;
  second = watch([] {
    try {
      throw std::logic_error{"first"};
    } catch (...) { thrower(); }
  });
  row("thrown in the handler of another", second.text == "boom", second.text);
}

void leave_nothing() {
  auto const far = watch([] { deep(200); });
  row("200 guarded calls, one in another", far.text == "boom" && far.frames == 64, std::to_string(far.frames));
  auto const& notes = fl::detail::here().throws;
  bool clean = notes.guards == 0;
  for (auto const& each : notes.levels) clean = clean && each.visits == 0 && each.sealed == 0 && each.type == nullptr;
  row("nothing is left behind", clean, std::to_string(notes.guards));
  std::function<void()> const work = thrower;
  row("through std::function", watch(work).text == "boom");
  sight other;
  std::thread{[&] { other = watch(thrower); }}.join();
  row("on another thread", other.text == "boom");
  auto const result = fl::guarded([] { return std::make_unique<int>(7); });
  row("results pass", *result == 7);
}

}  // namespace

int main(int count, char**) {
  fl::detail::bring_library_text();
  if (count > 1) fl::guarded(thrower);
  see_plainly();
  see_again();
  see_nothing();
  see_inside_of_each_other();
  leave_nothing();
  std::printf("%d rows not so\n", failures);
  return failures == 0 ? 0 : 1;
}

// The program around two such libraries. The first argument says how they come to it, and so what is to be seen:
//   linked          they were linked: one pipeline, one trace
//   joins A B       opened with dlopen, and joined by themselves: the same
//   adopts A B      opened, and handed the door: the same
//   stranger A B    opened, and neither: what they record goes nowhere, and that is told, with their paths and the cure
#include <fanlight/fanlight.hpp>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <dlfcn.h>

namespace fl = fanlight;
using namespace std::chrono_literals;

// Of the libraries that were linked; nothing where none was.
extern "C" {
__attribute__((weak)) bool work_of_1(unsigned char const*);
__attribute__((weak)) bool work_of_2(unsigned char const*);
__attribute__((weak)) void call_back_1(void (*)());
__attribute__((weak)) bool is_second_2();
}

namespace {

struct part {
  bool (*work)(unsigned char const*) = nullptr;
  bool (*adopt)(void*) = nullptr;
  void (*call_back)(void (*)()) = nullptr;
  bool (*is_second)() = nullptr;
};

template <class Function>
void find(void* object, std::string const& name, Function& to) {
  to = reinterpret_cast<Function>(dlsym(object, name.c_str()));
  if (to == nullptr) std::fprintf(stderr, "%s\n", dlerror());
}

[[nodiscard]] part open(char const* path, char const* number) {
  part out;
  void* const object = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (object == nullptr) return std::fprintf(stderr, "%s\n", dlerror()), out;
  find(object, std::string{"work_of_"} + number, out.work);
  find(object, std::string{"adopt_by_"} + number, out.adopt);
  find(object, std::string{"call_back_"} + number, out.call_back);
  find(object, std::string{"is_second_"} + number, out.is_second);
  return out;
}

int failed = 0;
void expect(bool so, char const* what) {
  if (so) return;
  ++failed;
  std::fprintf(stderr, "not so: %s\n", what);
}

std::mutex lock;
std::vector<fl::problem> problems;

[[nodiscard]] std::size_t strangers_told(std::string const& path) {
  std::lock_guard const held{lock};
  std::size_t out = 0;
  for (auto const& each : problems)
    if (each.code == fl::problem_code::second_copy && each.what.find(path) != std::string::npos && each.what.find("adopt()") != std::string::npos) ++out;
  return out;
}

/// Spans by name, and whether all belong to one trace.
struct seen {
  std::size_t program = 0, part = 0, around = 0, with_fact = 0, logs = 0;
  bool one_trace = true;
};
[[nodiscard]] seen look(fl::memory const& sink, fl::trace_id const& trace) {
  seen out;
  for (auto const& batch : sink.spans())
    for (auto const& span : batch) {
      std::string_view const name{span.name.c_str()};
      out.program += name == "program" ? 1u : 0u;
      out.part += name == "part" ? 1u : 0u;
      out.around += name == "around" ? 1u : 0u;
      out.one_trace = out.one_trace && span.trace_id == trace;
      for (auto const& each : span.attributes()) out.with_fact += std::string_view{each.key.c_str()} == "fact" ? 1u : 0u;
    }
  for (auto const& batch : sink.logs()) out.logs += batch.size();
  return out;
}

void in_the_program() { fl::scoped_span const inner{"program"}; }

}  // namespace

int main(int count, char** words) {
  std::string const how = count > 1 ? words[1] : "";
  auto const sink = std::make_shared<fl::memory>();
  auto session = fl::init({.service = "shared",
                           .exporters = {sink},
                           .on_problem =
                               [](fl::problem const& told) {
                                 std::lock_guard const held{lock};
                                 problems.push_back(told);
                               },
                           .read_environment = false});
  bool const linked = how == "linked";
  if (!linked && count < 4) return std::fputs("usage: host linked | HOW A B\n", stderr), 2;
  part const first = linked ? part{work_of_1, nullptr, call_back_1, nullptr} : open(words[2], "1");
  part const second = linked ? part{work_of_2, nullptr, nullptr, is_second_2} : open(words[3], "2");
  if (first.work == nullptr || second.work == nullptr) return std::fputs("host: the parts are not here\n", stderr), 2;
  bool const strange = how == "stranger";
  fl::trace_id trace;
  {
    if (how == "adopts") expect(first.adopt(fl::door()) && second.adopt(fl::door()), "both adopt the program's fanlight");
    fl::scoped_span const span{"program"};
    trace = span.context().trace_id();
    expect(first.work(trace.bytes) == !strange, "the first part is in the program's trace");
    expect(second.work(trace.bytes) == !strange, "the second part is in the program's trace");
    first.call_back(in_the_program);
    if (!strange) expect(second.is_second(), "there is one session");
  }
  expect(session.flush(30s), "all was delivered");
  auto const all = look(*sink, trace);
  expect(all.program == 2, "the program's own spans arrive");
  expect(all.one_trace, "there is one trace");
  expect(all.part == (strange ? 0 : 4), "two spans of each part arrive, and none of a stranger");
  expect(all.around == (strange ? 0 : 1) && all.logs == (strange ? 0 : 2), "so do those around, and the logs");
  expect(all.with_fact == (strange ? 0 : 2), "a fact of the part is a fact of what the program does beneath");
  session.shutdown(30s);
  std::size_t const expected = strange ? 1 : 0;
  for (int i = 2; i < count; ++i) expect(strangers_told(words[i]) == expected, "a stranger is told by its path, once, and nobody else is");
  return failed == 0 ? 0 : 1;
}

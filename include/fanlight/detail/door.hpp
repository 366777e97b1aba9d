// The one door to process state: a block for the process and one for each thread, constant-initialised, trivially destructible, and
// visible across shared objects whatever they are built with, so that all of them find one pipeline and one current span. The names
// carry a version; members are only ever appended. Nobody owns the blocks: they are as old as the process and its threads.
#pragma once

#include <fanlight/context.hpp>

FANLIGHT_BEGIN
namespace detail {

/// Changed by anything that changes a layout in this folder. Two copies of fanlight that disagree share ids, and no memory.
inline constexpr std::uint32_t layout_version = 1;

struct ring;
struct draft;

/// The facts that held before something added to them: they hold again when it ends. Linked outwards from thread_block::window; lives in
/// an `annotation`, or in a block of the frame that brought facts along.
struct fact_window {
  fact_window* outer;
  std::uint32_t begin, end, count, unused;
  std::uint64_t filter[4];
};

/// An open scope of a thread: a link of the chain that begins at thread_block::current. Lives on that thread's stack.
struct frame {
  frame* outer;
  core_face* core;  // null: nothing records here, the ids are passed on
  unsigned char trace_id[16];
  unsigned char span_id[8];
  std::uint32_t flags;   // W3C flags in the low byte, then frame_flag
  std::uint32_t layout;  // layout_version while linked; 0: not linked
  context_node const* node;
  draft* open;  // the record this thread may write to, or null
  fact_window* window;  // null: it brought no facts along
};

namespace frame_flag {
inline constexpr std::uint32_t recording = 0x100;
inline constexpr std::uint32_t remote = 0x200;     // the ids are another process's
inline constexpr std::uint32_t owns_node = 0x400;  // the frame holds a reference to `node`
inline constexpr std::uint32_t in_trace = 0x800;   // the ids are valid
inline constexpr std::uint32_t sampling = 0x3000;  // a sampling_state, shifted by 12
}  // namespace frame_flag

/// Memory for a `span`, kept by the thread that frees it for the next one it makes.
struct spare_block {
  spare_block* next;
  std::size_t size;
};

}  // namespace detail
FANLIGHT_END

extern "C" {

/// The facts of living `annotation` and `metadata` objects, as packed items: what a new record copies in one go. The active ones are
/// [begin, end); an inner fact that shadows an outer one moves the window to a fresh copy behind.
struct fanlight_facts_1 {
  unsigned char* data;
  std::uint32_t begin, end, room, count;
  std::uint64_t filter[4];
};

/// An exception that the search for its handler has shown to a guarded() frame of this thread.
struct fanlight_throw_1 {
  void const* object;    // where it lies; of a thrown pointer: where that points to
  void const* type;      // std::type_info const*; null: none
  std::uint64_t number;  // of the error in this thread, from 1; thrown again it keeps its number and its stack
  std::uint64_t text_hash;  // of what it says
  std::uint32_t visits;     // guarded() frames that it will leave
  std::uint32_t outermost;  // the last of them, counted from the thread's first
  std::uint32_t sealed;     // it is unwinding: what the runtime asks from now on has been asked before
  std::uint32_t count;      // of `frames`
  void* frames[64];      // return addresses at the throw, innermost first
};

/// What guarded() frames have seen: one throw for each level of unwinding, since destructors may throw inside, and a copy of the latest
/// one, which outlives its unwinding.
struct fanlight_throws_1 {
  std::uint32_t guards;  // guarded() frames that live
  std::uint32_t unused;
  std::uint64_t number;  // of the latest error
  fanlight_throw_1 levels[4];
  fanlight_throw_1 last;
};

struct fanlight_thread_1 {
  void* current;       // detail::frame*: the innermost open scope
  void* chosen;        // detail::core_face*: this thread's pipeline when it is not the process's
  void* ready;         // detail::core_face*: the pipeline that `channel` belongs to
  void* channel;       // detail::ring*: where this thread's records go
  std::uint64_t seed;  // of the id generator; 0 until first used
  std::uint32_t thread_id;
  std::uint32_t stage;  // detail::thread_stage
  void* rings;          // detail::ring*: all that this thread ever opened
  void* spare;          // detail::spare_block*
  std::uint32_t spares;
  std::uint32_t unused;
  fanlight_facts_1 facts;
  void* window;      // detail::fact_window*: what held before the innermost fact
  void* last_error;  // detail::error_identity*: the error this thread saw last
  unsigned const* exceptions;  // where the runtime counts those in flight here; null: ask it
  fanlight_throws_1 throws;
};

struct fanlight_process_1 {
  std::uint32_t layout;  // detail::layout_version of the copy that owns this block
  std::uint32_t forks;  // how often this process is the child of one that had fanlight in it
  void* core;           // detail::core_face*: the published pipeline
  void* cores;          // detail::core_face*: every pipeline ever made, linked
  void* adopted;        // fanlight_process_1*: the host's block, in a copy that was handed one
  fanlight_thread_1* (*thread)();  // the calling thread's block in this copy
  std::uint32_t lock;   // guards `cores`
  std::uint32_t flags;  // detail::process_flag; never 0 again once a pipeline was made or a context became current
};

// `inline` and default visibility make these one per process for all that is linked together. A library that is brought in by dlopen
// finds the host's only when the host exports them (-rdynamic); else `adopt()` points its copy to the host's.
FANLIGHT_VISIBLE inline constinit thread_local fanlight_thread_1 fanlight_thread_state_1{};
FANLIGHT_VISIBLE inline fanlight_thread_1* fanlight_thread_here_1() noexcept { return &fanlight_thread_state_1; }
FANLIGHT_VISIBLE inline constinit fanlight_process_1 fanlight_process_state_1{
    fanlight::detail::layout_version, 0, nullptr, nullptr, nullptr, &fanlight_thread_here_1, 0, 0};
FANLIGHT_VISIBLE __attribute__((used)) inline fanlight_process_1* fanlight_door_1() noexcept { return &fanlight_process_state_1; }
}

FANLIGHT_BEGIN
namespace detail {

using thread_block = ::fanlight_thread_1;
using process_block = ::fanlight_process_1;

/// How far a thread is: decides what prepare() does.
enum class thread_stage : std::uint32_t { fresh, live, leaving };

/// The process's block: the host's in a copy that adopted one.
[[nodiscard]] FANLIGHT_HOT process_block& home() noexcept {
  auto* const adopted = static_cast<process_block*>(__atomic_load_n(&::fanlight_process_state_1.adopted, __ATOMIC_ACQUIRE));
  return adopted == nullptr ? ::fanlight_process_state_1 : *adopted;
}

/// The calling thread's block: the host's in a copy that adopted one.
[[nodiscard]] FANLIGHT_HOT thread_block& here() noexcept {
  auto* const adopted = static_cast<process_block*>(__atomic_load_n(&::fanlight_process_state_1.adopted, __ATOMIC_ACQUIRE));
  if (__builtin_expect(adopted != nullptr, 0)) return *adopted->thread();
  return ::fanlight_thread_state_1;
}

[[nodiscard]] FANLIGHT_HOT frame* current_frame(thread_block const& t) noexcept { return static_cast<frame*>(t.current); }

namespace process_flag {
inline constexpr std::uint32_t fork_handler = 1;  // is registered
inline constexpr std::uint32_t exit_handler = 2;  // is registered
inline constexpr std::uint32_t context_used = 4;  // contexts pass through here, or through the process that this copy adopted
}  // namespace process_flag

/// Something is about to become current without a pipeline: nothing_runs() has to look closer from now on.
FANLIGHT_HOT void note_use() noexcept {
  auto& flags = ::fanlight_process_state_1.flags;
  if (__builtin_expect(__atomic_load_n(&flags, __ATOMIC_RELAXED) == 0, 0)) __atomic_fetch_or(&flags, process_flag::context_used, __ATOMIC_RELAXED);
}

/// There is no pipeline and no trace to pass on: the cheapest question there is, a single load where there never was any.
[[nodiscard]] FANLIGHT_HOT bool nothing_runs() noexcept {
  auto const& process = ::fanlight_process_state_1;
  if (__builtin_expect(__atomic_load_n(&process.flags, __ATOMIC_RELAXED) == 0, 0)) return true;
  if (__atomic_load_n(&process.core, __ATOMIC_RELAXED) != nullptr || __atomic_load_n(&process.adopted, __ATOMIC_RELAXED) != nullptr) return false;
  auto const& t = ::fanlight_thread_state_1;
  return t.current == nullptr && t.chosen == nullptr;
}

/// The pipeline of a span without a parent: the thread's, else the process's.
[[nodiscard]] FANLIGHT_HOT core_face* default_core(thread_block const& t) noexcept {
  if (t.chosen != nullptr) return static_cast<core_face*>(t.chosen);
  return static_cast<core_face*>(__atomic_load_n(&home().core, __ATOMIC_ACQUIRE));
}

}  // namespace detail
FANLIGHT_END

// Who we are in a trace: ids and `context`, a value that may be copied to any thread and kept as long as one likes. A context shares,
// by a counted pointer, one immutable node with what seldom differs along a trace: tracestate, baggage, X-Ray pairs, the facts of the
// scopes that were open when it was taken, and the pipeline it belongs to. `current()` takes one from the calling thread.
#pragma once

#include <fanlight/time.hpp>
#include <fanlight/value.hpp>

FANLIGHT_BEGIN

namespace detail {
struct core_face;

/// Immutable once made; with its last reference it goes back to the thread that let go of it, which keeps a few. The texts follow the struct: facts, then tracestate, baggage, X-Ray pairs, each
/// of the last three with a NUL.
struct context_node {
  std::uint32_t references;
  std::uint32_t facts_size, tracestate_size, baggage_size, pairs_size;
  std::uint32_t fact_count;
  core_face* core;
  key_filter filter;
  std::uint32_t debug;  // B3's: the caller wants to see this trace, whatever samplers say; passed on
  std::uint32_t room;   // bytes of the block, where it may be used again; 0: not

  struct parts {
    core_face* core = nullptr;
    void const* facts = nullptr;
    std::uint32_t facts_size = 0, fact_count = 0;
    key_filter filter{};
    std::string_view tracestate{}, baggage{}, pairs{};
    bool debug = false;
  };
  /// Null when there is no memory: the context then goes without.
  [[nodiscard]] static context_node* make(parts const& from) noexcept;
  static void keep(context_node const* node) noexcept {
    if (node != nullptr) __atomic_fetch_add(&const_cast<context_node*>(node)->references, 1u, __ATOMIC_RELAXED);
  }
  static void drop(context_node const* node) noexcept;

  [[nodiscard]] unsigned char const* facts() const noexcept { return reinterpret_cast<unsigned char const*>(this + 1); }
  [[nodiscard]] std::string_view tracestate() const noexcept { return {chars() + facts_size, tracestate_size}; }
  [[nodiscard]] std::string_view baggage() const noexcept { return {chars() + facts_size + tracestate_size + 1, baggage_size}; }
  [[nodiscard]] std::string_view pairs() const noexcept {
    return {chars() + facts_size + tracestate_size + baggage_size + 2, pairs_size};
  }

 private:
  [[nodiscard]] char const* chars() const noexcept { return reinterpret_cast<char const*>(this + 1); }
};

/// Four bytes are written at once, as eight letters of one word.
inline void write_hex(char* to, unsigned char const* from, unsigned size) noexcept {
  unsigned i = 0;
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
  constexpr std::uint64_t ones = 0x0101010101010101u;
  for (; i + 4 <= size; i += 4) {
    std::uint32_t four = 0;
    std::memcpy(&four, from + i, sizeof four);
    std::uint64_t spread = four;
    spread = (spread | spread << 16) & 0x0000FFFF0000FFFFu;
    spread = (spread | spread << 8) & 0x00FF00FF00FF00FFu;
    std::uint64_t const values = (spread >> 4 & ones * 0x0F) | (spread & 0x000F000F000F000Fu) << 8;
    std::uint64_t const letters = (values + ones * 6) >> 4 & ones;  // one where the value is above 9
    std::uint64_t const written = values + ones * '0' + letters * ('a' - '0' - 10);
    std::memcpy(to + 2 * i, &written, sizeof written);
  }
#endif
  for (; i < size; ++i) {
    to[2 * i] = "0123456789abcdef"[from[i] >> 4];
    to[2 * i + 1] = "0123456789abcdef"[from[i] & 15];
  }
}
/// Reads exactly 2 * size digits, of either case when asked. False: something else stood there, or all bytes are zero.
[[nodiscard]] bool read_hex(unsigned char* to, unsigned size, std::string_view from, bool any_case) noexcept;
}  // namespace detail

/// `Size` bytes that name something; all zero is "none".
template <unsigned Size>
struct identifier {
  unsigned char bytes[Size] = {};

  [[nodiscard]] constexpr bool is_valid() const noexcept {
    if constexpr (Size % 8 == 0)
      if (!__builtin_is_constant_evaluated()) {
        std::uint64_t any = 0;
        for (unsigned i = 0; i < Size; i += 8) {
          std::uint64_t eight = 0;
          std::memcpy(&eight, bytes + i, sizeof eight);
          any |= eight;
        }
        return any != 0;
      }
    for (auto const byte : bytes)
      if (byte != 0) return true;
    return false;
  }
  /// Lower-case hexadecimal digits.
  [[nodiscard]] constexpr short_text<2 * Size> hex() const noexcept {
    short_text<2 * Size> out;
    for (auto const byte : bytes) out.push("0123456789abcdef"[byte >> 4]), out.push("0123456789abcdef"[byte & 15]);
    return out;
  }
  /// From hexadecimal digits of either case; "none" when they are not exactly that.
  [[nodiscard]] static identifier from_hex(std::string_view digits) noexcept {
    identifier out;
    return detail::read_hex(out.bytes, Size, digits, true) ? out : identifier{};
  }
  [[nodiscard]] friend constexpr bool operator==(identifier const&, identifier const&) noexcept = default;
  [[nodiscard]] friend constexpr auto operator<=>(identifier const&, identifier const&) noexcept = default;
};
using trace_id = identifier<16>;
using span_id = identifier<8>;

/// The id as X-Ray writes it: `1-5759e988-bd862e3fe1be46a994272793`.
[[nodiscard]] constexpr short_text<35> xray_trace_id(trace_id const& of) noexcept {
  auto const digits = of.hex();
  short_text<35> out;
  out.push("1-"), out.push(digits.view().substr(0, 8)), out.push('-'), out.push(digits.view().substr(8));
  return out;
}

/// W3C trace flags.
namespace trace_flag {
inline constexpr std::uint8_t sampled = 1;
inline constexpr std::uint8_t random = 2;
}  // namespace trace_flag

/// Whether the ids came with a decision to sample. asked: without one, and the caller wants to hear ours (X-Ray's `Sampled=?`).
enum class sampling_state : std::uint8_t { decided, deferred, asked };

/// The place of a span in its trace. Copying costs at most one atomic increment; reading is free and needs no lock.
class context {
 public:
  constexpr context() noexcept = default;
  context(fanlight::trace_id trace, fanlight::span_id span, std::uint8_t flags, bool remote = false,
          sampling_state sampling = sampling_state::decided) noexcept
      : trace_{trace}, span_{span}, flags_{flags}, remote_{remote}, sampling_{sampling} {}
  context(context const& other) noexcept
      : trace_{other.trace_}, span_{other.span_}, flags_{other.flags_}, remote_{other.remote_}, sampling_{other.sampling_},
        node_{other.node_} {
    detail::context_node::keep(node_);
  }
  context(context&& other) noexcept
      : trace_{other.trace_}, span_{other.span_}, flags_{other.flags_}, remote_{other.remote_}, sampling_{other.sampling_},
        node_{other.node_} {
    other.node_ = nullptr;
  }
  context& operator=(context other) noexcept {
    trace_ = other.trace_, span_ = other.span_, flags_ = other.flags_, remote_ = other.remote_, sampling_ = other.sampling_;
    auto* const node = node_;
    node_ = other.node_, other.node_ = node;
    return *this;
  }
  ~context() noexcept { detail::context_node::drop(node_); }

  [[nodiscard]] bool is_valid() const noexcept { return trace_.is_valid() && span_.is_valid(); }
  [[nodiscard]] explicit operator bool() const noexcept { return is_valid(); }
  [[nodiscard]] fanlight::trace_id trace_id() const noexcept { return trace_; }
  [[nodiscard]] fanlight::span_id span_id() const noexcept { return span_; }
  [[nodiscard]] std::uint8_t flags() const noexcept { return flags_; }
  [[nodiscard]] bool is_sampled() const noexcept { return (flags_ & trace_flag::sampled) != 0; }
  /// It came from another process.
  [[nodiscard]] bool is_remote() const noexcept { return remote_; }
  /// Nobody has decided yet whether the trace is sampled: whoever begins the next span does, and is_sampled() says nothing.
  [[nodiscard]] bool is_deferred() const noexcept { return sampling_ != sampling_state::decided; }
  [[nodiscard]] sampling_state sampling() const noexcept { return sampling_; }
  /// The W3C tracestate as it is to be passed on; empty when there is none. Valid as long as this context.
  [[nodiscard]] std::string_view tracestate() const noexcept { return node_ != nullptr ? node_->tracestate() : std::string_view{}; }
  /// The W3C baggage header as received, empty when there is none. Valid as long as this context.
  [[nodiscard]] std::string_view baggage() const noexcept { return node_ != nullptr ? node_->baggage() : std::string_view{}; }

  /// Takes over the reference to `node`, which may be null.
  [[nodiscard]] static context adopt(context ids, detail::context_node* node) noexcept {
    detail::context_node::drop(ids.node_);
    ids.node_ = node;
    return ids;
  }
  [[nodiscard]] detail::context_node const* node() const noexcept { return node_; }

 private:
  fanlight::trace_id trace_{};
  fanlight::span_id span_{};
  std::uint8_t flags_ = 0;
  bool remote_ = false;
  sampling_state sampling_ = sampling_state::decided;
  detail::context_node const* node_ = nullptr;
};

/// The calling thread's place: its innermost open scope, and the facts that hold there. Not valid where nothing is open.
[[nodiscard]] context current() noexcept;

FANLIGHT_END

#ifndef FANLIGHT_COMPILED
#include <fanlight/impl/context.ipp>
#endif

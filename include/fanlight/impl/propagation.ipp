// Bodies of propagation.hpp.
#pragma once

#include <fanlight/detail/headers.hpp>
#include <fanlight/detail/tracestate.hpp>
#include <fanlight/impl/headers.ipp>
#include <fanlight/impl/tracestate.ipp>
#include <fanlight/propagation.hpp>

#include <cstring>

FANLIGHT_BEGIN
namespace detail {

// The numbers of problem_code, whose header is above this floor.
inline constexpr int told_header_bad = 106, told_callback_threw = 107;

FANLIGHT_COLD inline void tell_of_header(core_face* core, int problem, std::string_view about) noexcept {
  if (core != nullptr && core->operations != nullptr && core->operations->tell != nullptr) core->operations->tell(*core, problem, about);
}

/// Which formats count: the call's own, else the pipeline's. Zero is no list that could be packed: a face that nobody set up.
[[nodiscard]] inline std::uint32_t formats_of(std::uint32_t const* given, core_face const* core) noexcept {
  if (given != nullptr) return *given;
  return core != nullptr && core->propagators != 0 ? core->propagators : default_propagators;
}

/// The formats of a list, one after the other.
struct propagator_list {
  std::uint32_t rest;
  unsigned left = 8;

  [[nodiscard]] bool next(propagator& one) noexcept {
    if (left == 0 || (rest & 15) == 15) return false;
    one = static_cast<propagator>(rest & 15);
    rest >>= 4;
    --left;
    return true;
  }
};

/// What a call is to carry. Borrows from a context or a frame.
struct outgoing {
  traceparent ids;
  sampling_state sampling = sampling_state::decided;
  context_node const* node = nullptr;
  core_face* core = nullptr;
};

[[nodiscard]] inline bool set_tracecontext(outgoing const& what, header_setter to) noexcept {
  char text[traceparent::size + 1];
  what.ids.write(text);
  if (!to.set(to.self, "traceparent", {text, traceparent::size})) return false;
  if (what.node == nullptr || what.node->tracestate().empty()) return true;
  return to.set(to.self, "tracestate", what.node->tracestate());
}

[[nodiscard]] inline bool set_baggage(outgoing const& what, header_setter to) noexcept {
  return what.node == nullptr || what.node->baggage().empty() || to.set(to.self, "baggage", what.node->baggage());
}

[[nodiscard]] inline bool set_xray(outgoing const& what, header_setter to) noexcept {
  char text[xray_header::most_size + 1];
  unsigned const size = write_xray_header(text, what.ids.trace_id, what.ids.span_id, (what.ids.flags & trace_flag::sampled) != 0,
                                          what.sampling, what.node != nullptr ? what.node->pairs() : std::string_view{});
  return to.set(to.self, "X-Amzn-Trace-Id", {text, size});
}

[[nodiscard]] inline b3_header b3_of(outgoing const& what) noexcept {
  bool const debug = what.node != nullptr && what.node->debug != 0;
  return {what.ids.trace_id, what.ids.span_id, (what.ids.flags & trace_flag::sampled) != 0, debug, what.sampling};
}

[[nodiscard]] inline bool set_b3(outgoing const& what, header_setter to) noexcept {
  char text[b3_header::size + 1];
  unsigned const size = b3_of(what).write(text);
  return to.set(to.self, "b3", {text, size});
}

/// The same, cut into pieces.
[[nodiscard]] inline bool set_b3_multi(outgoing const& what, header_setter to) noexcept {
  auto const all = b3_of(what);
  char trace[33], span[17];
  write_hex(trace, all.trace_id.bytes, 16), write_hex(span, all.span_id.bytes, 8);
  trace[32] = span[16] = 0;
  if (!to.set(to.self, "X-B3-TraceId", {trace, 32}) || !to.set(to.self, "X-B3-SpanId", {span, 16})) return false;
  if (all.debug) return to.set(to.self, "X-B3-Flags", {"1", 1});
  return all.sampling != sampling_state::decided || to.set(to.self, "X-B3-Sampled", {all.sampled ? "1" : "0", 1});
}

/// What there is of a format's names is out of date. Both forms of B3 are one: who reads them prefers the one header.
[[nodiscard]] FANLIGHT_COLD inline bool forget_headers(propagator format, header_setter to) noexcept {
  constexpr std::string_view names[]{"traceparent",  "tracestate",  "baggage",           "X-Amzn-Trace-Id", "b3",
                                     "X-B3-TraceId", "X-B3-SpanId", "X-B3-ParentSpanId", "X-B3-Sampled",    "X-B3-Flags"};
  unsigned first = 4, end = 10;
  if (format == propagator::tracecontext) first = 0, end = 2;
  else if (format == propagator::baggage) first = 2, end = 3;
  else if (format == propagator::xray) first = 3, end = 4;
  for (; first < end; ++first)
    if (!to.set(to.self, names[first], {})) return false;
  return true;
}

/// Baggage goes without a trace too, and nothing else does.
inline void inject_outgoing(outgoing const& what, std::uint32_t const* list, header_setter to) noexcept {
  bool const in_trace = what.ids.trace_id.is_valid() && what.ids.span_id.is_valid();
  propagator one{};
  bool fine = true;
  for (propagator_list formats{formats_of(list, what.core)}; to.forgets && fine && formats.next(one);)
    fine = (!in_trace && one != propagator::baggage) || forget_headers(one, to);
  for (propagator_list formats{formats_of(list, what.core)}; fine && formats.next(one);) {
    if (!in_trace && one != propagator::baggage) continue;
    switch (one) {
      case propagator::tracecontext: fine = set_tracecontext(what, to); break;
      case propagator::baggage: fine = set_baggage(what, to); break;
      case propagator::xray: fine = set_xray(what, to); break;
      case propagator::b3: fine = set_b3(what, to); break;
      case propagator::b3multi: fine = set_b3_multi(what, to); break;
    }
  }
  if (!fine) tell_of_header(what.core, told_callback_threw, "the setter given to inject()");
}

// Straight from the frame: a context of its own would cost a counted reference, and heap memory where facts hold.
FANLIGHT_INLINE void inject_current(std::uint32_t const* list, header_setter to) noexcept {
  auto const& t = here();
  auto const* const place = current_frame(t);
  if (place == nullptr) return;
  outgoing what;
  std::memcpy(what.ids.trace_id.bytes, place->trace_id, sizeof place->trace_id);
  std::memcpy(what.ids.span_id.bytes, place->span_id, sizeof place->span_id);
  what.ids.flags = static_cast<std::uint8_t>(place->flags);
  what.sampling = static_cast<sampling_state>((place->flags & frame_flag::sampling) >> 12);
  if (place->layout == layout_version) what.node = place->node, what.core = place->core;
  if (what.core == nullptr) what.core = default_core(t);
  inject_outgoing(what, list, to);
}

FANLIGHT_INLINE void inject_context(context const& from, std::uint32_t const* list, header_setter to) noexcept {
  outgoing what;
  what.ids.trace_id = from.trace_id();
  what.ids.span_id = from.span_id();
  what.ids.flags = from.flags();
  what.sampling = from.sampling();
  what.node = from.node();
  if (what.node != nullptr) what.core = what.node->core;
  if (what.core == nullptr) what.core = default_core(here());
  inject_outgoing(what, list, to);
}

/// What the headers said so far.
struct incoming {
  // Not an aggregate: that would be zeroed first, the readers' room and all.
  incoming(header_getter getter, core_face* pipeline) noexcept : from{getter}, core{pipeline} {}

  header_getter from;
  core_face* core;
  traceparent ids{};
  sampling_state sampling = sampling_state::decided;
  tracestate_list tracestate;
  baggage_header baggage;
  xray_header xray;
  std::string_view tracestate_text{}, baggage_text{};  // into the readers
  bool b3_was_read = false, debug = false, has_decision = false;
};

/// Gives `read` each value of the header called `name`. False: there is none, or the getter threw.
template <class Read>
[[nodiscard]] inline bool read_header(incoming const& in, std::string_view name, Read read) noexcept {
  struct counted {
    Read& read;
    unsigned values;
  } all{read, 0};
  bool const fine = in.from.get(in.from.self, name, {&all, [](void* self, std::string_view text) noexcept {
                                                       auto& mine = *static_cast<counted*>(self);
                                                       ++mine.values;
                                                       mine.read(text);
                                                     }});
  if (!fine) tell_of_header(in.core, told_callback_threw, "the getter given to extract()");
  return fine && all.values != 0;
}

/// Not asked for before there is a traceparent that it belongs to, and then in that one's spelling: a map has one.
inline void read_tracestate(incoming& in, bool is_capital) noexcept {
  bool const there = read_header(in, is_capital ? "Tracestate" : "tracestate", [&in](std::string_view text) { in.tracestate.join(text); });
  if (!there) return;
  if (in.tracestate.is_bad()) tell_of_header(in.core, told_header_bad, "tracestate");
  in.tracestate_text = in.tracestate.text();
}

inline void read_tracecontext(incoming& in) noexcept {
  traceparent found;
  unsigned values = 0;
  bool fine = false, is_capital = false;
  auto const read = [&](std::string_view text) { ++values, fine = found.read(text); };
  if (!read_header(in, "traceparent", read)) {
    is_capital = true;
    if (values != 0 || !read_header(in, "Traceparent", read)) return;
  }
  if (values != 1 || !fine)
    return tell_of_header(in.core, told_header_bad, values != 1 ? "traceparent, which came more than once" : "traceparent");
  if (!in.ids.span_id.is_valid()) in.ids = found, in.sampling = sampling_state::decided, in.debug = false;
  else if (found.trace_id == in.ids.trace_id) in.ids.flags |= found.flags & trace_flag::random;
  else return;
  read_tracestate(in, is_capital);
}

inline void read_baggage(incoming& in) noexcept {
  auto const read = [&in](std::string_view text) { in.baggage.read(text); };
  if (!read_header(in, "baggage", read) && !read_header(in, "Baggage", read)) return;
  if (in.baggage.is_bad()) tell_of_header(in.core, told_header_bad, "baggage");
  in.baggage_text = in.baggage.text();
}

inline void read_xray(incoming& in) noexcept {
  auto& found = in.xray;
  auto const read = [&found](std::string_view text) { found.read(text); };
  if (!read_header(in, "X-Amzn-Trace-Id", read) && !read_header(in, "x-amzn-trace-id", read)) return;
  if (found.root_bad) tell_of_header(in.core, told_header_bad, "Root of X-Amzn-Trace-Id");
  if (found.parent_bad) tell_of_header(in.core, told_header_bad, "Parent of X-Amzn-Trace-Id");
  if (found.pair_bad) tell_of_header(in.core, told_header_bad, "X-Amzn-Trace-Id");
  bool const has_trace = in.ids.trace_id.is_valid(), has_parent = in.ids.span_id.is_valid();
  if (!found.root.is_valid() || has_parent || (has_trace && !found.parent.is_valid())) return;
  in.ids = {found.root, found.parent, found.sampled ? trace_flag::sampled : std::uint8_t{0}};
  in.sampling = found.sampling, in.debug = false;
}

/// One header of B3's, in either spelling; it must not come twice.
template <class Read>
[[nodiscard]] inline bool read_b3_header(incoming const& in, char const* name, char const* other, bool& bad, Read read) noexcept {
  unsigned values = 0;
  auto const each = [&](std::string_view text) { ++values, bad = !read(text) || values > 1 || bad; };
  return read_header(in, name, each) || (values == 0 && read_header(in, other, each));
}

/// Both ways of writing it, the one header first.
inline void read_b3(incoming& in) noexcept {
  if (in.b3_was_read) return;
  in.b3_was_read = true;
  b3_header found;
  bool bad = false;
  if (!read_b3_header(in, "b3", "B3", bad, [&](std::string_view text) { return found.read(text); })) {
    bool const has_trace =
        read_b3_header(in, "X-B3-TraceId", "x-b3-traceid", bad, [&](std::string_view text) { return found.read_trace(text); });
    bool const has_span =
        read_b3_header(in, "X-B3-SpanId", "x-b3-spanid", bad, [&](std::string_view text) { return found.read_span(text); });
    if (has_trace && !has_span) bad = true;
    (void)read_b3_header(in, "X-B3-Sampled", "x-b3-sampled", bad, [&](std::string_view text) { return found.read_sampled(text); });
    (void)read_b3_header(in, "X-B3-Flags", "x-b3-flags", bad, [&](std::string_view text) {
      if (header_trimmed(text) == "1") found.debug = found.sampled = true, found.sampling = sampling_state::decided;
      return true;
    });
  }
  if (bad) return tell_of_header(in.core, told_header_bad, "b3");
  bool const has_ids = found.trace_id.is_valid() && found.span_id.is_valid();
  if (in.ids.span_id.is_valid() || (!has_ids && (in.ids.trace_id.is_valid() || found.sampling == sampling_state::deferred))) return;
  in.ids.flags = found.sampled ? trace_flag::sampled : std::uint8_t{0};
  if (has_ids) in.ids.trace_id = found.trace_id, in.ids.span_id = found.span_id;
  in.has_decision = true;  // of a trace without ids too: the caller's `0` holds for the one that begins here
  in.sampling = found.sampling;
  in.debug = found.debug;
}

FANLIGHT_INLINE context extract_context(std::uint32_t const* list, header_getter from) noexcept {
  incoming in{from, default_core(here())};
  propagator one{};
  for (propagator_list formats{formats_of(list, in.core)}; formats.next(one);) switch (one) {
      case propagator::tracecontext: read_tracecontext(in); break;
      case propagator::baggage: read_baggage(in); break;
      case propagator::xray: read_xray(in); break;
      case propagator::b3:
      case propagator::b3multi: read_b3(in); break;
    }
  context const ids{in.ids.trace_id, in.ids.span_id, in.ids.flags, in.ids.trace_id.is_valid() || in.has_decision, in.sampling};
  context_node::parts parts;
  parts.tracestate = in.tracestate_text;
  parts.baggage = in.baggage_text;
  parts.pairs = in.xray.pairs();
  parts.debug = in.debug;
  bool const plain = parts.tracestate.empty() && parts.baggage.empty() && parts.pairs.empty() && !parts.debug;
  return plain ? ids : context::adopt(ids, context_node::make(parts));
}

FANLIGHT_COLD FANLIGHT_INLINE context_node* node_with_threshold(context const& parent, core_face const& core) noexcept {
  tracestate_list list;
  tracestate_put_threshold(list, parent.tracestate(), &core.threshold);
  context_node::parts parts;
  parts.core = const_cast<core_face*>(&core);
  parts.tracestate = list.text();
  if (auto const* const from = parent.node(); from != nullptr) {
    parts.facts = from->facts();
    parts.facts_size = from->facts_size;
    parts.fact_count = from->fact_count;
    parts.filter = from->filter;
    parts.baggage = from->baggage();
    parts.pairs = from->pairs();
    parts.debug = from->debug != 0;
  }
  return context_node::make(parts);
}

}  // namespace detail
FANLIGHT_END

// A trace goes from process to process in the headers of a call: inject() writes them on the way out, extract() reads them on the way in.
// Neither knows a transport: the caller hands over what sets, or finds, one header by its name. Both borrow everything for the length of
// the call, hold no lock, let nothing escape (what a callback throws is told as a problem), and may be called from any thread. Which
// formats there are, and in which order, is the pipeline's setting, traceparent and baggage without one; a call may say its own.
#pragma once

#include <fanlight/context.hpp>
#include <fanlight/detail/core.hpp>

#include <cstdint>
#include <initializer_list>
#include <string_view>
#include <type_traits>

FANLIGHT_BEGIN

/// The header formats there are: W3C traceparent and tracestate; W3C baggage; X-Amzn-Trace-Id; B3 in one header, or in several, which differ
/// only in what they write. Numbers never change.
enum class propagator : std::uint8_t { tracecontext, baggage, xray, b3, b3multi };

/// As OTEL_PROPAGATORS spells it.
[[nodiscard]] constexpr std::string_view to_text(propagator format) noexcept {
  constexpr std::string_view names[]{"tracecontext", "baggage", "xray", "b3", "b3multi"};
  return names[static_cast<unsigned>(format) < 5 ? static_cast<unsigned>(format) : 0];
}

namespace detail {

/// A list of up to eight propagators in one word: four bits each, the first one lowest, 0xF behind the last.
inline constexpr std::uint32_t no_propagators = 0xFFFFFFFF;

/// The list with one more at its end, unless it is there or there is no room.
[[nodiscard]] constexpr std::uint32_t add_propagator(std::uint32_t list, propagator one) noexcept {
  for (unsigned at = 0; at < 32; at += 4) {
    if ((list >> at & 15) == static_cast<std::uint32_t>(one)) return list;
    if ((list >> at & 15) == 15) return (list & ~(std::uint32_t{15} << at)) | static_cast<std::uint32_t>(one) << at;
  }
  return list;
}
[[nodiscard]] constexpr std::uint32_t pack_propagators(propagator const* first, std::size_t count) noexcept {
  std::uint32_t out = no_propagators;
  for (std::size_t i = 0; i < count; ++i) out = add_propagator(out, first[i]);
  return out;
}
[[nodiscard]] constexpr std::uint32_t pack_propagators(std::initializer_list<propagator> list) noexcept {
  return pack_propagators(list.begin(), list.size());
}
inline constexpr std::uint32_t default_propagators = pack_propagators({propagator::tracecontext, propagator::baggage});

/// A caller's setter without its type. False: it threw.
struct header_setter {
  void* self;
  bool (*set)(void* self, std::string_view name, std::string_view text) noexcept;
  bool forgets = false;  // by a text without an address: forget what there is of that name
};

/// Where the values of one header go, one after the other.
struct header_reader {
  void* self;
  void (*take)(void* self, std::string_view text) noexcept;
};

/// A caller's getter without its type. False: it threw.
struct header_getter {
  void* self;
  bool (*get)(void* self, std::string_view name, header_reader to) noexcept;
};

/// `list` is null where the pipeline's counts.
void inject_current(std::uint32_t const* list, header_setter to) noexcept;
void inject_context(context const& what, std::uint32_t const* list, header_setter to) noexcept;
[[nodiscard]] context extract_context(std::uint32_t const* list, header_getter from) noexcept;

/// What `parent` takes along, with the pipeline's threshold in its tracestate. Null: there is no memory.
[[nodiscard]] context_node* node_with_threshold(context const& parent, core_face const& core) noexcept;

template <class Setter>
concept sets_headers = requires(Setter& set, std::string_view text) { set(text, text); };
template <class Getter>
concept gets_headers = requires(Getter& get, std::string_view text) { get(text); };

/// Hands over what a getter gave: a text, a pointer to one or null, an optional one, or a range of any of these. An empty text is no
/// header, unless it stands in a range: there each element is one.
template <class Given>
void take_given(Given&& given, header_reader to, bool is_element = false) {
  if constexpr (requires(char const* (*text)(char const*)) { text(given); }) {
    char const* const text = given;
    if (text != nullptr && (is_element || *text != 0)) to.take(to.self, text);
  } else if constexpr (requires(void (*text)(std::string_view)) { text(given); }) {
    std::string_view const text = given;
    if (is_element || !text.empty()) to.take(to.self, text);
  } else if constexpr (requires { static_cast<bool>(given), *given; }) {
    if (static_cast<bool>(given)) take_given(*given, to, is_element);
  } else {
    for (auto&& element : given) take_given(element, to, true);
  }
}

/// Maps, multimaps and lists of pairs: names with texts, or with ranges of them. Names are compared as HTTP does, without their case.
template <class Map>
concept holds_headers = !gets_headers<Map> && !sets_headers<Map> && requires(Map const& map, std::string_view name) {
  name = map.begin()->first;
  map.begin()->second;
  map.begin() != map.end();
};

[[nodiscard]] constexpr bool same_header_name(std::string_view a, std::string_view b) noexcept {
  auto const lower = [](char letter) { return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter; };
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i)
    if (lower(a[i]) != lower(b[i])) return false;
  return true;
}

/// Every value of that name. A value that is empty is a header all the same: in a map it has been put there.
template <class Map>
void take_from_map(Map const& map, std::string_view name, header_reader to) {
  for (auto const& each : map)
    if (same_header_name(each.first, name)) take_given(each.second, to, true);
}

/// The text that a mapped value is made of: itself, or its only element.
template <class Mapped>
struct text_of_mapped {
  using type = Mapped;
};
template <class Mapped>
  requires(!requires(Mapped const& text, std::string_view view) { view = text; } && requires { typename Mapped::value_type; })
struct text_of_mapped<Mapped> {
  using type = typename Mapped::value_type;
};

/// All of that name, in whatever case it is.
template <class Map>
void erase_from_map(Map& map, std::string_view name) {
  for (auto at = map.begin(); at != map.end();)
    if (same_header_name(at->first, name)) at = map.erase(at);
    else ++at;
}

template <class Map>
void put_into_map(Map& map, std::string_view name, std::string_view text) {
  using key = typename Map::value_type::first_type;
  using mapped = typename Map::value_type::second_type;
  using held = typename text_of_mapped<mapped>::type;
  static_assert(!std::is_same_v<held, std::string_view>,
                "inject() writes texts that end with the call: the carrier has to own its texts, as std::string does");
  if constexpr (requires(typename Map::value_type one) { map.insert(map.end(), one); })
    map.insert(map.end(), typename Map::value_type{key(name), mapped{held(text)}});
  else map.emplace(key(name), mapped{held(text)});
}

/// A setter that is told which names count here before any of them is set: what it has of them is out of date.
template <class Setter>
concept forgets_headers = requires(Setter& set, std::string_view name) { set.forget(name); };

/// Calls `use` with the setter in a form that bodies can take.
template <class Setter, class Use>
void with_setter(Setter& set, Use use) noexcept {
  auto call = [&set](std::string_view name, std::string_view text) {
    if constexpr (holds_headers<Setter>) {
      if (text.data() == nullptr) erase_from_map(set, name);
      else put_into_map(set, name, text);
    } else if constexpr (forgets_headers<Setter>) {
      if (text.data() == nullptr) set.forget(name);
      else set(name, text);
    } else {
      set(name, text);
    }
  };
  using call_type = decltype(call);
  header_setter out{&call, [](void* self, std::string_view name, std::string_view text) noexcept {
                      try {
                        (*static_cast<call_type*>(self))(name, text);
                        return true;
                      } catch (...) { return false; }
                    }};
  out.forgets = holds_headers<Setter> || forgets_headers<Setter>;
  use(out);
}

template <class Getter>
[[nodiscard]] context extract_with(Getter& get, std::uint32_t const* list) noexcept {
  auto call = [&get](std::string_view name, header_reader to) {
    if constexpr (holds_headers<Getter>) take_from_map(get, name, to);
    else take_given(get(name), to);
  };
  using call_type = decltype(call);
  return extract_context(list, {&call, [](void* self, std::string_view name, header_reader to) noexcept {
                                  try {
                                    (*static_cast<call_type*>(self))(name, to);
                                    return true;
                                  } catch (...) { return false; }
                                }});
}

/// What headers are written to, and read from.
template <class Carrier>
concept takes_headers = sets_headers<Carrier> || holds_headers<std::remove_cvref_t<Carrier>>;
template <class Carrier>
concept gives_headers = gets_headers<Carrier> || holds_headers<std::remove_cvref_t<Carrier>>;

}  // namespace detail

/// Calls `set(name, text)` for each header that a call made here is to carry, so that what it causes belongs to this thread's current span.
/// Names are spelled `traceparent`, `tracestate`, `baggage`, `X-Amzn-Trace-Id`, `b3`, `X-B3-TraceId` and so on. Both texts end in a NUL and are valid during that call.
/// Where no trace is current, baggage is set alone. A setter that throws is not called again.
///
/// In place of a setter may stand a map, a multimap or a list of pairs that owns its texts. What it has of the names of the formats that are
/// written is replaced, and where a format has nothing to say under one of its names, taken out: a tracestate of another trace, for instance.
/// A setter that has a member `forget(name)` is called by that for each such name first.
template <detail::takes_headers Setter>
void inject(Setter&& set) noexcept {
  detail::with_setter(set, [](detail::header_setter to) { detail::inject_current(nullptr, to); });
}
/// The same, in these formats.
template <detail::takes_headers Setter>
void inject(Setter&& set, std::initializer_list<propagator> formats) noexcept {
  auto const list = detail::pack_propagators(formats);
  detail::with_setter(set, [&list](detail::header_setter to) { detail::inject_current(&list, to); });
}
/// The same, for a call that belongs to `what`; baggage alone when that is not valid.
template <detail::takes_headers Setter>
void inject(context const& what, Setter&& set) noexcept {
  detail::with_setter(set, [&what](detail::header_setter to) { detail::inject_context(what, nullptr, to); });
}
template <detail::takes_headers Setter>
void inject(context const& what, Setter&& set, std::initializer_list<propagator> formats) noexcept {
  auto const list = detail::pack_propagators(formats);
  detail::with_setter(set, [&what, &list](detail::header_setter to) { detail::inject_context(what, &list, to); });
}

/// The caller's context, from the headers that `get(name)` finds: a std::string_view or what converts to it, a char const* or null, a
/// pointer to a text or an optional one, or a range of them, for a header that came several times (each counts: two traceparent headers
/// are none). An empty text means that there is no such header. In place of a getter may stand a map, a multimap or a list of pairs, in which
/// the case of names does not count.
///
/// Names are asked for as inject() spells them; when that finds nothing, once more in the other spelling in use (`Traceparent`,
/// `Tracestate`, `Baggage`, `x-amzn-trace-id`, `B3`, `x-b3-traceid`), for maps that know one case only.
///
/// The first format of the list that has a parent id decides on ids and flags; what the others have to pass on (X-Ray's further pairs,
/// baggage, a tracestate of the same trace) is kept. A header that cannot be read counts as absent, and is told. X-Ray's Root without
/// Parent gives a context that is not valid but has a trace id: the next span begins at the root of that trace.
template <detail::gives_headers Getter>
[[nodiscard]] context extract(Getter&& get) noexcept {
  return detail::extract_with(get, nullptr);
}
/// The same, in these formats.
template <detail::gives_headers Getter>
[[nodiscard]] context extract(Getter&& get, std::initializer_list<propagator> formats) noexcept {
  auto const list = detail::pack_propagators(formats);
  return detail::extract_with(get, &list);
}

FANLIGHT_END

#ifndef FANLIGHT_COMPILED
#include <fanlight/impl/propagation.ipp>
#endif

// propagation.hpp: what inject() sets and extract() finds. A pipeline is played by a bare face that remembers what it is told.
#include <fanlight/problem.hpp>
#include <fanlight/propagation.hpp>

#include "catch.hpp"

#include <cstring>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace fl = fanlight;
using fl::propagator;
using fl::detail::pack_propagators;

namespace {

using headers = std::map<std::string, std::string>;
using calls = std::vector<std::pair<std::string, std::string>>;
using list = std::initializer_list<propagator>;

std::string const trace = "0af7651916cd43dd8448eb211c80319c", other_trace = "5759e988bd862e3fe1be46a994272793";
std::string const parent = "00-" + trace + "-b7ad6b7169203331-01";
std::string const root = "Root=1-0af76519-16cd43dd8448eb211c80319c", other_root = "Root=1-5759e988-bd862e3fe1be46a994272793";
list const all{propagator::tracecontext, propagator::baggage, propagator::xray};

/// A pipeline's face for this thread.
class face {
 public:
  explicit face(std::uint32_t propagators) {
    operations_.tell = [](fl::detail::core_face& to, int code, std::string_view about) noexcept {
      static_cast<face*>(to.source_of_time)->told.emplace_back(code, std::string{about});
    };
    core.layout = fl::detail::layout_version;
    core.operations = &operations_;
    core.propagators = propagators;
    core.source_of_time = this;
    before_ = std::exchange(fl::detail::here().chosen, &core);
  }
  face(face const&) = delete;
  face& operator=(face const&) = delete;
  ~face() { fl::detail::here().chosen = before_; }

  std::vector<std::pair<int, std::string>> told;
  fl::detail::core_face core{};

 private:
  fl::detail::core_operations operations_{};
  void* before_;
};

/// A scope of this thread, as a span would open it.
class opened {
 public:
  explicit opened(fl::context const& what, fl::detail::core_face* core = nullptr) : what_{what} {
    auto const trace_id = what.trace_id();
    auto const span_id = what.span_id();
    std::memcpy(place.trace_id, trace_id.bytes, sizeof place.trace_id);
    std::memcpy(place.span_id, span_id.bytes, sizeof place.span_id);
    place.flags = what.flags() | static_cast<std::uint32_t>(what.sampling()) << 12;
    place.layout = fl::detail::layout_version;
    place.node = what.node();
    place.core = core;
    before_ = std::exchange(fl::detail::here().current, &place);
  }
  opened(opened const&) = delete;
  opened& operator=(opened const&) = delete;
  ~opened() { fl::detail::here().current = before_; }

  fl::detail::frame place{};

 private:
  fl::context what_;
  void* before_;
};

fl::context received(headers const& in, list formats = all) {
  return fl::extract(
      [&](std::string_view name) -> std::string_view {
        auto const at = in.find(std::string{name});
        return at == in.end() ? std::string_view{} : std::string_view{at->second};
      },
      formats);
}

calls sent(fl::context const& what, list formats = all) {
  calls out;
  fl::inject(
      what, [&](std::string_view name, std::string_view text) { out.emplace_back(name, text); }, formats);
  return out;
}

calls sent_here() {
  calls out;
  fl::inject([&](std::string_view name, std::string_view text) { out.emplace_back(name, text); });
  return out;
}

fl::context full() {
  return received({{"traceparent", parent}, {"tracestate", "a=1"}, {"baggage", "k=v"}, {"X-Amzn-Trace-Id", root + ";Lineage=x"}});
}

calls const full_calls{{"traceparent", parent},
                       {"tracestate", "a=1"},
                       {"baggage", "k=v"},
                       {"X-Amzn-Trace-Id", root + ";Parent=b7ad6b7169203331;Sampled=1;Lineage=x"}};

}  // namespace

TEST_CASE("propagators are packed in order, each once") {
  static_assert(pack_propagators({}) == 0xFFFFFFFF);
  static_assert(pack_propagators({propagator::xray, propagator::tracecontext, propagator::xray}) == 0xFFFFFF02);
  static_assert(fl::detail::default_propagators == 0xFFFFFF10);
  CHECK(fl::to_text(propagator::xray) == "xray");
  auto full_list = fl::detail::no_propagators;
  for (int i = 0; i < 9; ++i) full_list = fl::detail::add_propagator(full_list, static_cast<propagator>(i));
  CHECK(full_list == 0x76543210);
}

TEST_CASE("inject writes headers in the order of the list") {
  CHECK(sent(full()) == full_calls);
  CHECK(sent(full(), {propagator::xray, propagator::tracecontext}) == calls{full_calls[3], full_calls[0], full_calls[1]});
  CHECK(sent(full(), {}).empty());
}

TEST_CASE("the texts that inject hands over end in a NUL") {
  fl::inject(
      full(),
      [&](std::string_view name, std::string_view text) {
        CHECK(std::strlen(name.data()) == name.size());
        CHECK(std::strlen(text.data()) == text.size());
      },
      all);
}

TEST_CASE("nothing is injected where there is no span") {
  CHECK(sent_here().empty());
  CHECK(sent(fl::context{}).empty());
  CHECK(sent(received({{"X-Amzn-Trace-Id", root}, {"baggage", "k=v"}})) == calls{{"baggage", "k=v"}});  // which needs no trace
  CHECK(sent(received({{"X-Amzn-Trace-Id", root}, {"baggage", "k=v"}}), {propagator::tracecontext, propagator::xray, propagator::b3}).empty());
  opened const invalid{fl::context{}};
  CHECK(sent_here().empty());
}

TEST_CASE("inject takes the current scope and the pipeline's formats") {
  auto const what = full();
  {
    opened const scope{what};
    CHECK(sent_here() == calls{full_calls.begin(), full_calls.begin() + 3});  // no pipeline: traceparent and baggage
  }
  face threads{pack_propagators({propagator::xray})}, spans{pack_propagators({propagator::tracecontext})};
  {
    opened const scope{what, &threads.core};
    CHECK(sent_here() == calls{full_calls[3]});
  }
  {
    opened const scope{what, &spans.core};  // the span's pipeline, not the thread's
    CHECK(sent_here() == calls{full_calls[0], full_calls[1]});
    calls listed;
    fl::inject([&](std::string_view name, std::string_view text) { listed.emplace_back(name, text); }, {propagator::baggage});
    CHECK(listed == calls{full_calls[2]});
  }
  CHECK(threads.told.empty());
  CHECK(spans.told.empty());
}

TEST_CASE("a face without a list has the default one") {
  face const pipeline{0};
  opened const scope{full()};
  CHECK(sent_here() == calls{full_calls.begin(), full_calls.begin() + 3});
}

TEST_CASE("of a frame of another layout only the ids are looked at") {
  opened scope{full()};
  scope.place.layout = fl::detail::layout_version + 1;
  scope.place.node = reinterpret_cast<fl::detail::context_node const*>(8);
  CHECK(sent_here() == calls{full_calls[0]});
}

TEST_CASE("an explicit context is injected by its own pipeline") {
  face own{pack_propagators({propagator::xray})};
  fl::detail::context_node::parts parts;
  parts.core = &own.core;
  parts.pairs = "Lineage=x";
  auto const what = fl::context::adopt(full(), fl::detail::context_node::make(parts));
  face threads{pack_propagators({propagator::tracecontext})};
  calls got;
  fl::inject(what, [&](std::string_view name, std::string_view text) { got.emplace_back(name, text); });
  CHECK(got == calls{full_calls[3]});
  got.clear();
  fl::inject(full(), [&](std::string_view name, std::string_view text) { got.emplace_back(name, text); });
  CHECK(got == calls{full_calls[0], full_calls[1]});
}

TEST_CASE("a setter may be a function, an object of const, or anything called with two texts") {
  static int count;
  count = 0;
  struct counter {
    void operator()(std::string_view, std::string_view) const { ++count; }
  };
  void (*function)(std::string_view, std::string_view) = [](std::string_view, std::string_view) { ++count; };
  std::function<void(std::string, std::string_view)> const wrapped;
  static_assert(!fl::detail::sets_headers<decltype(wrapped)>);  // std::string is not made from a view by itself
  counter const object;
  fl::inject(full(), object, all);
  fl::inject(full(), *function, all);
  fl::inject(
      full(), [](auto, auto) { return ++count; }, all);
  CHECK(count == 12);
}

TEST_CASE("a setter that throws is told and not called again") {
  face pipeline{pack_propagators(all)};
  int count = 0;
  fl::inject(full(), [&](std::string_view, std::string_view) {
    if (++count == 2) throw std::runtime_error{"no room"};
  });
  CHECK(count == 2);
  REQUIRE(pipeline.told.size() == 1);
  CHECK(pipeline.told[0].first == static_cast<int>(fl::problem_code::context_callback_threw));
}

TEST_CASE("a getter gives texts, pointers, options or ranges") {
  auto const is = [](fl::context const& got) { return got.is_valid() && got.trace_id().hex() == trace && got.tracestate() == "a=1"; };
  auto const text_of = [](std::string_view name) {
    return name == "traceparent" ? parent : name == "tracestate" ? std::string{"a=1"} : std::string{};
  };
  std::string held;
  CHECK(is(fl::extract([&](std::string_view name) { return text_of(name); })));
  CHECK(is(fl::extract([&](std::string_view name) -> std::string const& { return held = text_of(name); })));
  CHECK(is(fl::extract([&](std::string_view name) -> char const* { return (held = text_of(name)).empty() ? nullptr : held.c_str(); })));
  CHECK(is(fl::extract([&](std::string_view name) -> char const* { return (held = text_of(name)).c_str(); })));
  CHECK(is(fl::extract([&](std::string_view name) -> std::string const* { return (held = text_of(name)).empty() ? nullptr : &held; })));
  CHECK(is(fl::extract([&](std::string_view name) -> std::optional<std::string> {
    auto text = text_of(name);
    return text.empty() ? std::nullopt : std::optional{text};
  })));
  CHECK(is(fl::extract([&](std::string_view name) { return std::make_unique<std::string>(text_of(name)); })));
  CHECK(is(fl::extract([&](std::string_view name) {
    auto const text = text_of(name);
    return text.empty() ? std::vector<std::string>{} : std::vector<std::string>{text};
  })));
  CHECK(is(fl::extract([&](std::string_view name) {
    auto const text = text_of(name);
    return text.empty() ? std::vector<std::optional<std::string>>{std::nullopt} : std::vector<std::optional<std::string>>{text};
  })));
  std::function<std::string(std::string_view)> const wrapped = text_of;
  CHECK(is(fl::extract(wrapped)));
}

namespace {
/// Reads the headers of a carrier, and writes them to a copy of it: nothing but these is touched, and each is there once.
template <class Carrier>
void check_carrier(Carrier in, std::size_t others = 0) {
  auto const got = fl::extract(in);
  CHECK(got.is_valid());
  CHECK(got.trace_id().hex() == trace);
  CHECK(got.tracestate() == "a=1,b=2");
  fl::inject(got, in);
  CHECK(in.size() == 2 + others);
  CHECK(fl::extract(std::as_const(in), {propagator::tracecontext}).tracestate() == "a=1,b=2");
}
}  // namespace

TEST_CASE("a carrier may be a map, a multimap or a list of pairs, and the case of names does not count") {
  check_carrier(std::map<std::string, std::string>{{"TraceParent", parent}, {"TRACESTATE", "a=1,b=2"}, {"other", "x"}}, 1);
  check_carrier(std::unordered_map<std::string, std::string>{{"Traceparent", parent}, {"tracestate", "a=1,b=2"}});
  check_carrier(std::multimap<std::string, std::string>{{"traceparent", parent}, {"tracestate", "a=1"}, {"tracestate", "b=2"}});
  check_carrier(std::vector<std::pair<std::string, std::string>>{{"tracestate", "a=1"}, {"x", ""}, {"traceparent", parent}, {"Tracestate", "b=2"}}, 1);
  check_carrier(std::map<std::string, std::vector<std::string>>{{"traceparent", {parent}}, {"tracestate", {"a=1", "b=2"}}});
  CHECK_FALSE(fl::extract(std::multimap<std::string, std::string>{{"traceparent", parent}, {"Traceparent", parent}}).is_valid());
  CHECK_FALSE(fl::extract(std::map<std::string, std::string>{{"trace-parent", parent}}).is_valid());
  headers written{{"B3", "old"}, {"x", "y"}};
  fl::inject(full(), written, {propagator::b3});
  CHECK(written == headers{{"b3", trace + "-b7ad6b7169203331-1"}, {"x", "y"}});
  opened const scope{full()};
  written.clear();
  fl::inject(written);
  CHECK(written == headers{full_calls.begin(), full_calls.begin() + 3});
}

TEST_CASE("what a carrier has of a format's names is out of date, also where there is nothing to put in its place") {
  std::string const other = "00-11111111111111111111111111111111-2222222222222222-01";
  headers reused{{"traceparent", other}, {"Tracestate", "of=another"}, {"baggage", "of=another"}, {"b3", "0"}, {"x", "y"}};
  auto const ids = fl::context{full().trace_id(), full().span_id(), 1};
  fl::inject(ids, reused, {propagator::tracecontext, propagator::baggage});
  CHECK(reused == headers{{"b3", "0"}, {"traceparent", parent}, {"x", "y"}});
  headers by_b3{{"b3", "0"}, {"X-B3-ParentSpanId", "1"}, {"x-b3-sampled", "0"}, {"X-B3-Flags", "1"}, {"traceparent", other}};
  fl::inject(ids, by_b3, {propagator::b3multi});
  CHECK(by_b3 == headers{{"X-B3-Sampled", "1"}, {"X-B3-SpanId", "b7ad6b7169203331"}, {"X-B3-TraceId", trace}, {"traceparent", other}});
  headers without{{"traceparent", other}, {"baggage", "of=another"}};
  fl::inject(fl::context{}, without, {propagator::tracecontext, propagator::baggage});
  CHECK(without == headers{{"traceparent", other}});  // no trace is passed on, so none is taken away
}

TEST_CASE("a setter that can forget is told all names first") {
  struct {
    std::string said;
    void forget(std::string_view name) { said.append("-").append(name).append(" "); }
    void operator()(std::string_view name, std::string_view) { said.append("+").append(name).append(" "); }
  } setter;
  fl::inject(fl::context{full().trace_id(), full().span_id(), 1}, setter, {propagator::tracecontext, propagator::xray});
  CHECK(setter.said == "-traceparent -tracestate -X-Amzn-Trace-Id +traceparent +X-Amzn-Trace-Id ");
}

TEST_CASE("in a range an empty text is a header") {
  auto const got = fl::extract([&](std::string_view name) {
    return name == "traceparent" ? std::vector<std::string>{parent, ""} : std::vector<std::string>{};
  });
  CHECK_FALSE(got.is_valid());
}

TEST_CASE("headers are found in the other spelling too") {
  auto const got = received({{"Traceparent", parent}, {"Tracestate", "a=1"}, {"Baggage", "k=v"}, {"x-amzn-trace-id", root + ";k=v"}});
  CHECK(got.trace_id().hex() == trace);
  CHECK(got.tracestate() == "a=1");
  CHECK(got.baggage() == "k=v");
  CHECK(got.node()->pairs() == "k=v");
  std::vector<std::string> asked;
  (void)fl::extract([&](std::string_view name) { return asked.emplace_back(name), std::string_view{}; }, all);
  CHECK(asked == std::vector<std::string>{"traceparent", "Traceparent", "baggage", "Baggage", "X-Amzn-Trace-Id", "x-amzn-trace-id"});
}

TEST_CASE("without headers there is nothing, and nothing is told") {
  face pipeline{pack_propagators(all)};
  auto const got = received({});
  CHECK_FALSE(got.trace_id().is_valid());
  CHECK_FALSE(got.is_remote());
  CHECK_FALSE(got.is_deferred());
  CHECK(got.node() == nullptr);
  CHECK(pipeline.told.empty());
}

TEST_CASE("a traceparent alone needs no node") { CHECK(received({{"traceparent", parent}}).node() == nullptr); }

TEST_CASE("the first format with a parent decides, the others pass on what they have") {
  headers const both{
      {"traceparent", parent}, {"tracestate", "a=1"}, {"X-Amzn-Trace-Id", other_root + ";Parent=53995c3f42cd8ad8;Sampled=0;k=v"}};
  auto const first = received(both);
  CHECK(first.trace_id().hex() == trace);
  CHECK(first.is_sampled());
  CHECK(first.tracestate() == "a=1");
  CHECK(first.node()->pairs() == "k=v");
  auto const second = received(both, {propagator::xray, propagator::tracecontext});
  CHECK(second.trace_id().hex() == other_trace);
  CHECK(second.span_id().hex() == "53995c3f42cd8ad8");
  CHECK_FALSE(second.is_sampled());
  CHECK(second.tracestate().empty());  // another trace's
  CHECK(second.node()->pairs() == "k=v");
}

TEST_CASE("a tracestate of the same trace is kept, and its random flag") {
  auto const got = received({{"traceparent", "00-" + trace + "-b7ad6b7169203331-02"},
                             {"tracestate", "a=1"},
                             {"X-Amzn-Trace-Id", root + ";Parent=53995c3f42cd8ad8;Sampled=1"}},
                            {propagator::xray, propagator::tracecontext});
  CHECK(got.span_id().hex() == "53995c3f42cd8ad8");
  CHECK(got.flags() == 3);
  CHECK(got.tracestate() == "a=1");
}

TEST_CASE("a load balancer's bare Root never overrides a traceparent") {
  headers const both{{"traceparent", parent}, {"X-Amzn-Trace-Id", "Self=1-67891234-12456789abcdef0123456789;" + other_root + ";Sampled=?"}};
  for (auto const& formats : {list{propagator::tracecontext, propagator::xray}, list{propagator::xray, propagator::tracecontext}}) {
    auto const got = received(both, formats);
    CHECK(got.is_valid());
    CHECK(got.trace_id().hex() == trace);
    CHECK_FALSE(got.is_deferred());
  }
}

TEST_CASE("Root without Parent is a trace without a parent") {
  auto const got = received({{"X-Amzn-Trace-Id", "Self=1-67891234-12456789abcdef0123456789;" + root + ";Sampled=1"}});
  CHECK_FALSE(got.is_valid());
  CHECK(got.is_remote());
  CHECK(got.trace_id().hex() == trace);
  CHECK_FALSE(got.span_id().is_valid());
  CHECK(got.is_sampled());
  CHECK_FALSE(got.is_deferred());
  CHECK(got.node() == nullptr);
}

TEST_CASE("an open decision stays open until a span makes it") {
  auto const missing = received({{"X-Amzn-Trace-Id", root + ";Parent=53995c3f42cd8ad8"}});
  CHECK(missing.is_valid());
  CHECK(missing.sampling() == fl::sampling_state::deferred);
  CHECK(sent(missing, {propagator::xray}) == calls{{"X-Amzn-Trace-Id", root + ";Parent=53995c3f42cd8ad8"}});
  auto const asked = received({{"X-Amzn-Trace-Id", root + ";Parent=53995c3f42cd8ad8;Sampled=?"}});
  CHECK(asked.sampling() == fl::sampling_state::asked);
  calls const question{{"X-Amzn-Trace-Id", root + ";Parent=53995c3f42cd8ad8;Sampled=?"}};
  CHECK(sent(asked, {propagator::xray}) == question);
  face const pipeline{pack_propagators({propagator::xray})};
  opened const scope{asked};
  CHECK(sent_here() == question);
}

TEST_CASE("bad headers are told by name and never by what stands in them") {
  face pipeline{pack_propagators(all)};
  auto const got = received({{"traceparent", "secret"},
                             {"tracestate", "secret"},
                             {"baggage", "secret"},
                             {"X-Amzn-Trace-Id", "Root=secret;Parent=secret;secret"}});
  CHECK_FALSE(got.trace_id().is_valid());
  CHECK(pipeline.told.size() == 5);  // not of tracestate: nobody read it
  (void)received({{"traceparent", parent}, {"tracestate", "secret"}});
  CHECK(pipeline.told.size() == 6);
  for (auto const& [code, about] : pipeline.told) {
    CHECK(code == static_cast<int>(fl::problem_code::header_bad));
    CHECK_FALSE(about.empty());
    CHECK(about.find("secret") == std::string::npos);
  }
}

TEST_CASE("a bad header leaves the others in force") {
  auto const got = received({{"traceparent", "00-1"}, {"baggage", "k=v,secret"}, {"X-Amzn-Trace-Id", root + ";Parent=53995c3f42cd8ad8"}});
  CHECK(got.is_valid());
  CHECK(got.baggage() == "k=v");
}

TEST_CASE("a getter that throws has no such header") {
  face pipeline{pack_propagators(all)};
  auto const got = fl::extract([&](std::string_view name) -> std::string {
    if (name == "traceparent" || name == "baggage") throw std::runtime_error{"no"};
    return name == "X-Amzn-Trace-Id" ? root + ";Parent=53995c3f42cd8ad8" : std::string{};
  });
  CHECK(got.span_id().hex() == "53995c3f42cd8ad8");
  CHECK(pipeline.told.size() == 2);
  for (auto const& [code, about] : pipeline.told) CHECK(code == static_cast<int>(fl::problem_code::context_callback_threw));
}

TEST_CASE("a node with the threshold takes along what there was") {
  face pipeline{0};
  pipeline.core.threshold = 0xe6660000000000;
  auto const with = fl::context::adopt({}, fl::detail::node_with_threshold(full(), pipeline.core));
  CHECK(with.tracestate() == "ot=th:e666,a=1");
  CHECK(with.baggage() == "k=v");
  CHECK(with.node()->pairs() == "Lineage=x");
  CHECK(with.node()->core == &pipeline.core);
  auto const alone = fl::context::adopt({}, fl::detail::node_with_threshold({}, pipeline.core));
  CHECK(alone.tracestate() == "ot=th:e666");
}

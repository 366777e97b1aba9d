// Random batches as OTLP protobuf, read again by protozero, which shares no line with fanlight, and compared field by field with the
// records they were made of. Seeded: the same records every time. Without protozero's headers there is one test, which says so.
#include "catch.hpp"

#if __has_include(<protozero/pbf_reader.hpp>)

#include "support/batch_builder.hpp"
#include "support/protobuf.hpp"

#include <fanlight/detail/utf8.hpp>

#include <protozero/pbf_reader.hpp>

#include <bit>
#include <random>
#include <string>
#include <vector>

using namespace support;
namespace fl = fanlight;
using fl::detail::entry_type;
using fl::detail::fact_key;
using protozero::pbf_reader;

namespace {

class dice {
 public:
  explicit dice(unsigned seed) : engine_{seed} {}
  std::uint64_t word() { return engine_() >> (engine_() % 64); }  // all sizes alike
  std::size_t upto(std::size_t most) { return static_cast<std::size_t>(engine_() % (most + 1)); }
  bool one_in(unsigned count) { return engine_() % count == 0; }
  std::string text(std::size_t most) {
    static constexpr std::string_view pieces[]{"a", "bc", "route", "/", "日本", "é", "🚀", " ", "0123456789"};
    std::string out;
    for (std::size_t size = one_in(30) ? most * 10 : upto(most); out.size() < size;) out += pieces[upto(8)];
    return out;
  }
  std::string hex_id(std::size_t bytes) {
    std::string out;
    while (out.size() < 2 * bytes) out += "0123456789abcdef"[upto(15)];
    out.back() = '1';  // never all zero
    return out;
  }

 private:
  std::mt19937_64 engine_;
};

/// A value and what it borrows from.
struct made_value {
  std::string text{};
  fl::object object{};
  fl::array array{};
  fl::value value{};
};
void make(dice& random, made_value& out, int depth = 0);

void nest(dice& random, made_value& out, int depth) {
  bool const keyed = random.one_in(2);
  for (std::size_t i = random.upto(4); i != 0; --i) {
    made_value inner;
    make(random, inner, depth + 1);
    if (keyed) out.object.set(random.text(20) + "k", inner.value);
    else out.array.push(inner.value);
  }
  out.value = keyed ? fl::value{out.object} : fl::value{out.array};
}

void make(dice& random, made_value& out, int depth) {
  switch (random.upto(depth < 3 ? 8 : 6)) {
    case 0: out.value = nullptr; break;
    case 1: out.value = random.one_in(2); break;
    case 2: out.value = static_cast<std::int64_t>(random.word()); break;
    case 3: out.value = random.word(); break;
    case 4: out.value = std::bit_cast<double>(random.word()); break;
    case 5: out.value = out.text = random.text(60); break;
    case 6:
      out.text = random.text(40) + '\xff';
      if (random.one_in(2)) out.value = fl::bytes{out.text.data(), out.text.size()};
      else out.value = out.text;  // not UTF-8: bytes on the wire
      break;
    default: nest(random, out, depth);
  }
}

void add_attributes(dice& random, entry& to) {
  for (std::size_t i = random.upto(12); i != 0; --i) {
    made_value each;
    make(random, each);
    std::string const key = "key " + std::to_string(i) + random.text(30);
    if (random.one_in(5)) to.annotate(key, each.value);
    else to.set(key, each.value);
  }
}

entry random_span(dice& random) {
  auto out = span(random.text(40), random.hex_id(8), random.one_in(2) ? random.hex_id(8) : std::string{});
  out.in(random.hex_id(16)).flags(static_cast<std::uint8_t>(random.upto(3)));
  auto const start = static_cast<std::int64_t>(random.upto(1'000'000'000));
  out.from(start, start + static_cast<std::int64_t>(random.word() >> 4)).kind(static_cast<fl::span_kind>(1 + random.upto(4)));
  if (random.one_in(3)) out.flag(fl::detail::entry_flag::remote_parent);
  if (random.one_in(3)) out.fact(fact_key::tracestate, "a=" + random.text(50));
  if (random.one_in(4)) out.scope("library " + std::to_string(random.upto(2)), random.one_in(2) ? "1.2" : "");
  add_attributes(random, out);
  for (std::size_t i = random.upto(3); i != 0; --i) {
    auto const value = random.text(150);
    out.event(random.text(20), start + 1, {{"why", value}, {"count", random.word()}}, static_cast<std::uint32_t>(random.upto(300)));
  }
  for (std::size_t i = random.upto(2); i != 0; --i)
    out.link(random.hex_id(16), random.hex_id(8), static_cast<std::uint32_t>(random.upto(3) | (random.one_in(2) ? 0x100 : 0)),
             random.text(20), {{"n", 1}});
  if (random.one_in(3)) out.status(random.one_in(2) ? fl::status_code::ok : fl::status_code::error, random.text(30));
  if (random.one_in(4)) out.dropped(static_cast<unsigned>(random.upto(65535)), static_cast<unsigned>(random.upto(200)), 1);
  return out;
}

/// One message as protozero reads it: how often each field came, and the last reading of it.
struct seen {
  explicit seen(protozero::data_view bytes) {
    for (pbf_reader reader{bytes}; reader.next();) {
      auto const tag = reader.tag();
      REQUIRE(tag < 32);
      ++count[tag];
      switch (reader.wire_type()) {
        case protozero::pbf_wire_type::varint: word[tag] = reader.get_uint64(); break;
        case protozero::pbf_wire_type::fixed64: word[tag] = reader.get_fixed64(); break;
        case protozero::pbf_wire_type::fixed32: word[tag] = reader.get_fixed32(); break;
        default: all[tag].push_back(reader.get_view());
      }
    }
  }
  std::string text(unsigned tag) const {
    return all[tag].empty() ? std::string{} : std::string{all[tag].back().data(), all[tag].back().size()};
  }

  std::size_t count[32]{};
  std::uint64_t word[32]{};
  std::vector<protozero::data_view> all[32];
};

/// An id's bytes; none for no id.
template <class Id>
std::string raw(Id const& id) {
  return id == Id{} ? std::string{} : std::string{reinterpret_cast<char const*>(id.bytes), sizeof id.bytes};
}

void same_value(seen const& any, fl::value const& what);

void same_members(seen const& list, fl::value const& what) {
  std::size_t at = 0;
  for (auto const member : what.members()) {
    REQUIRE(at < list.all[1].size());
    if (what.kind() == fl::value_kind::array) {
      same_value(seen{list.all[1][at++]}, member.value);
      continue;
    }
    seen const pair{list.all[1][at++]};
    CHECK(pair.text(1) == member.key);
    same_value(seen{pair.all[2].at(0)}, member.value);
  }
  CHECK(at == list.all[1].size());
}

void same_value(seen const& any, fl::value const& what) {
  std::size_t fields = 0;
  for (auto const each : any.count) fields += each;
  CHECK(fields == (what.kind() == fl::value_kind::empty ? 0 : 1));
  switch (what.kind()) {
    case fl::value_kind::empty: break;
    case fl::value_kind::boolean: CHECK((any.count[2] == 1 && any.word[2] == what.as_bool())); break;
    case fl::value_kind::int64: CHECK((any.count[3] == 1 && any.word[3] == what.as_uint64())); break;
    case fl::value_kind::uint64:
      if (what.as_uint64() > INT64_MAX) CHECK(any.text(1) == std::to_string(what.as_uint64()));
      else CHECK(any.word[3] == what.as_uint64());
      break;
    case fl::value_kind::float64: CHECK((any.count[4] == 1 && any.word[4] == static_cast<std::uint64_t>(what.word()))); break;
    case fl::value_kind::text: CHECK(any.text(fl::detail::is_utf8(what.as_text()) ? 1 : 7) == what.as_text()); break;
    case fl::value_kind::bytes: CHECK(any.text(7) == std::string_view{static_cast<char const*>(what.data()), what.size()}); break;
    case fl::value_kind::array: same_members(seen{any.all[5].at(0)}, what); break;
    case fl::value_kind::object: same_members(seen{any.all[6].at(0)}, what); break;
  }
}

void same_attributes(seen const& made, unsigned field, fl::attribute_list const& attributes) {
  std::size_t at = 0;
  for (auto const& each : attributes) {
    REQUIRE(at < made.all[field].size());
    seen const pair{made.all[field][at++]};
    CHECK(pair.text(1) == each.key);
    same_value(seen{pair.all[2].at(0)}, each.value);
  }
  CHECK(at == made.all[field].size());
}

void same_lists(seen const& made, fl::span_record const& span) {
  std::size_t at = 0;
  for (auto const& event : span.events()) {
    seen const one{made.all[11].at(at++)};
    CHECK((one.text(2) == event.name && one.word[1] == static_cast<std::uint64_t>(event.time.nanoseconds) &&
           one.word[4] == event.dropped_attributes));
    same_attributes(one, 3, event.attributes());
  }
  CHECK(at == made.all[11].size());
  at = 0;
  for (auto const& link : span.links()) {
    seen const one{made.all[13].at(at++)};
    CHECK((one.text(1) == raw(link.trace_id) && one.text(2) == raw(link.span_id) && one.text(3) == link.tracestate));
    CHECK(one.word[6] == (link.trace_flags | 0x100u | (link.remote ? 0x200u : 0u)));
    same_attributes(one, 4, link.attributes());
  }
  CHECK(at == made.all[13].size());
}

void same_span(seen const& made, fl::span_record const& span) {
  CHECK((made.text(1) == raw(span.trace_id) && made.text(2) == raw(span.span_id) && made.text(3) == span.tracestate()));
  CHECK(made.text(4) == raw(span.parent_id));
  CHECK((made.text(5) == span.name && made.word[6] == static_cast<unsigned>(span.kind)));
  CHECK(made.word[7] == static_cast<std::uint64_t>(span.start.nanoseconds));
  CHECK(made.word[8] == static_cast<std::uint64_t>(span.end.nanoseconds));
  same_attributes(made, 9, span.attributes());
  CHECK((made.word[10] == span.dropped_attributes && made.word[12] == span.dropped_events && made.word[14] == span.dropped_links));
  same_lists(made, span);
  CHECK(made.count[15] == (span.status != fl::status_code::unset));
  if (made.count[15] != 0) {
    seen const status{made.all[15].at(0)};
    CHECK(status.word[3] == (span.status == fl::status_code::ok ? 1 : 2));
    CHECK(status.text(2) == (span.status == fl::status_code::error ? span.status_message() : fl::text{}));
  }
  CHECK(made.word[16] == (span.trace_flags | 0x100u | (span.remote_parent ? 0x200u : 0u)));
}

/// The messages below field 1, 2, 2 of a request, by the scope they stand in: name and version with a NUL between.
std::vector<std::pair<std::string, protozero::data_view>> records_of(std::string_view request) {
  std::vector<std::pair<std::string, protozero::data_view>> out;
  for (auto const resource : seen{{request.data(), request.size()}}.all[1])
    for (auto const under : seen{resource}.all[2]) {
      seen const scope{under}, label{scope.all[1].at(0)};
      for (auto const record : scope.all[2]) out.emplace_back(label.text(1) + '\0' + label.text(2), record);
    }
  return out;
}

}  // namespace

TEST_CASE("otlp protozero reads what was recorded: spans") {
  for (unsigned seed = 1; seed <= 40; ++seed) {
    INFO("seed " << seed);
    dice random{seed};
    batch_builder builder;
    for (std::size_t i = 1 + random.upto(30); i != 0; --i) builder.add(random_span(random));
    fl::batch<fl::span_record> const batch{builder.take()};
    fl::detail::send_buffer out;
    REQUIRE(fl::detail::write_traces_proto(out, *batch.data()) == batch.size());
    auto const made = records_of(out.view());
    REQUIRE(made.size() == batch.size());
    std::vector<bool> met(made.size());
    for (auto const& span : batch)
      for (std::size_t i = 0; i < made.size(); ++i) {
        seen const one{made[i].second};
        if (met[i] || one.text(2) != raw(span.span_id)) continue;
        met[i] = true;
        bool const own = span.scope_name().empty();
        std::string const name{own ? std::string_view{"fanlight"} : span.scope_name()};
        CHECK(made[i].first == name + '\0' + std::string{own ? std::string_view{FANLIGHT_VERSION_STRING} : span.scope_version()});
        same_span(one, span);
        break;
      }
    CHECK(std::count(met.begin(), met.end(), false) == 0);
  }
}

TEST_CASE("otlp protozero reads what was recorded: log records") {
  for (unsigned seed = 1; seed <= 40; ++seed) {
    INFO("seed " << seed);
    dice random{seed};
    batch_builder builder;
    for (std::size_t i = 1 + random.upto(30); i != 0; --i) {
      auto one = random.one_in(3) ? loose_log(random.text(100)) : log(random.text(100), random.hex_id(8));
      one.at(static_cast<std::int64_t>(random.word() >> 4)).level(static_cast<fl::level>(1 + random.upto(23)));
      add_attributes(random, one);
      builder.add(one);
    }
    fl::batch<fl::log_record> const batch{builder.take()};
    fl::detail::send_buffer out;
    REQUIRE(fl::detail::write_logs_proto(out, *batch.data(), entry_type::log) == batch.size());
    auto const made = records_of(out.view());
    REQUIRE(made.size() == batch.size());
    std::size_t at = 0;  // all of one scope, so they stand in order
    for (auto const& log : batch) {
      seen const one{made[at++].second};
      CHECK((one.word[1] == static_cast<std::uint64_t>(log.time.nanoseconds) && one.word[11] == one.word[1]));
      CHECK((one.word[2] == static_cast<unsigned>(log.level) && one.text(3) == fl::to_text(log.level)));
      CHECK(seen{one.all[5].at(0)}.text(1) == log.body);
      CHECK((one.text(9) == raw(log.trace_id) && one.text(10) == raw(log.span_id)));
      CHECK(one.word[8] == log.trace_flags);
      same_attributes(one, 6, log.attributes());
    }
  }
}

#else

TEST_CASE("otlp protozero is not installed: skipped") { WARN("protozero's headers were not found: apt install libprotozero-dev"); }

#endif

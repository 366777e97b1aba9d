// impl/xray/assembler.hpp: what leaves, when, in which piece; and that every span is accounted for.
#include "support/batch_builder.hpp"
#include "support/xray_kit.hpp"

#include <cstdint>
#include <map>
#include <random>
#include <set>

using namespace support;
using fl::problem_code;
using fl::span_kind;
using fl::detail::entry_type;
using fl::detail::xray_assembler;
namespace flag = fl::detail::entry_flag;
using time_point = xray_assembler::time_point;

namespace {

constexpr time_point start{};

std::string id(unsigned number) {
  char text[17];
  std::snprintf(text, sizeof text, "%016x", number);
  return text;
}
entry root(unsigned number, std::string_view name = "svc") { return span(name, id(number)).kind(span_kind::server).flag(flag::segment).from(number, 1000); }
entry part(unsigned number, unsigned parent, std::string_view name = "part") { return span(name, id(number), id(parent)).from(number, 1000); }
entry begun(entry_type, std::string_view name, unsigned number, unsigned parent = 0) {
  return entry{entry_type::start, name}.id(id(number), parent == 0 ? std::string{} : id(parent)).from(number, number);
}
entry note(unsigned number, unsigned parent = 0, std::string_view name = "open") { return begun(entry_type::start, name, number, parent); }

/// The batch, and word of spans that ended and go nowhere.
fl::detail::batch_ref without(fl::detail::batch_ref batch, std::initializer_list<unsigned> numbers) {
  for (auto const number : numbers) {
    auto const trace = fl::trace_id::from_hex(trace_t);
    auto const which = fl::span_id::from_hex(id(number));
    fl::detail::gone_span gone;
    std::memcpy(gone.trace_id, trace.bytes, sizeof gone.trace_id);
    std::memcpy(gone.span_id, which.bytes, sizeof gone.span_id);
    batch.get()->gone.push_back(gone);
  }
  return batch;
}

/// The tree of a document: `1(2(3) 4)`; open ones with a star.
std::string shape(json_value const& of) {
  auto digits = of["id"].text();
  digits.erase(0, std::min(digits.find_first_not_of('0'), digits.size() - 1));
  std::string out = digits + (of.has("in_progress") ? "*" : "");
  if (!of.has("subsegments")) return out;
  out += '(';
  for (std::size_t i = 0; i < of["subsegments"].size(); ++i) out += (i == 0 ? "" : " ") + shape(of["subsegments"].at(i));
  return out + ')';
}
/// Those of all that left, `sub` before what left on its own.
std::vector<std::string> shapes(xray_assembler& from) {
  std::vector<std::string> out;
  for (auto const& body : bodies_of(from.outbox())) {
    json_value const document{body};
    out.push_back((document["type"] == "subsegment" ? "sub " : "") + shape(document));
  }
  return out;
}
using these = std::vector<std::string>;

std::size_t records_in(xray_assembler& from) {
  std::size_t out = 0;
  for (std::size_t i = 0; i < from.outbox().size(); ++i) out += from.outbox()[i].records;
  return out;
}
}  // namespace

TEST_CASE("xray_assembler: a segment takes its children along, in the order in which they began, whatever order they came in") {
  xray_assembler made;
  made.take(batch_of({part(4, 1), part(3, 2), part(2, 1), root(1)}), start);
  CHECK(made.outbox()[0].records == 4);
  CHECK(made.outbox()[0].segment);
  CHECK(made.outbox()[0].id.hex() == id(1));
  CHECK(shapes(made) == these{"1(2(3) 4)"});
  CHECK(made.held() == 0);
  CHECK(made.held_bytes() == 0);
}

TEST_CASE("xray_assembler: children wait for their segment across batches, and hold up no batch") {
  xray_assembler made;
  auto first = batch_of({part(3, 2)});
  made.take(first, start);
  CHECK(first->references.load() == 1);
  CHECK(made.held() == 1);
  CHECK(made.held_bytes() > 0);
  made.take(batch_of({part(2, 1), part(9, 8).in("0af7651916cd43dd8448eb211c803100")}), start);
  CHECK(shapes(made).empty());
  made.take(batch_of({root(1)}), start);
  CHECK(shapes(made) == these{"1(2(3))"});
  CHECK(made.held() == 1);
}

TEST_CASE("xray_assembler: a segment does not wait, what ends later goes on its own") {
  xray_assembler made;
  made.take(batch_of({root(1), part(2, 1), part(5, 4)}), start);
  CHECK(shapes(made) == these{"1(2)"});
  CHECK(made.held() == 1);
  made.take(batch_of({part(4, 1), part(3, 2)}), start);
  CHECK(shapes(made) == these{"sub 4(5)", "sub 3"});
  CHECK(times_of(made.notices(), problem_code::late_child) == 2);
  made.take(batch_of({part(6, 5)}), start);  // of one that was late itself
  CHECK(shapes(made) == these{"sub 6"});
  CHECK(made.held() == 0);
}

TEST_CASE("xray_assembler: the parent's id is that of the span it is missing") {
  xray_assembler made;
  made.take(batch_of({root(1), part(2, 1)}), start);
  made.outbox().clear();
  made.take(batch_of({part(3, 2)}), start);
  json_value const late{bodies_of(made.outbox())[0]};
  CHECK(late["parent_id"] == id(2));
  CHECK(late["trace_id"] == "1-0af76519-16cd43dd8448eb211c80319c");
}

TEST_CASE("xray_assembler: parts of one trace that this process has more than one of are documents of their own") {
  xray_assembler made;
  made.take(batch_of({root(1), part(2, 1), part(3, 2, "served").flag(flag::remote_parent | flag::segment).kind(span_kind::server), part(4, 3)}), start);
  CHECK(shapes(made) == these{"1(2)", "3(4)"});
}

TEST_CASE("xray_assembler: what came from elsewhere is a segment with a parent, or a subsegment where X-Ray's word was that") {
  xray_assembler made;
  made.take(batch_of({part(2, 1, "consumer").flag(flag::remote_parent), part(4, 3, "word").flag(flag::remote_parent | flag::subsegment)}), start);
  auto const all = bodies_of(made.outbox());
  REQUIRE(all.size() == 2);
  CHECK(json_value{all[0]}["parent_id"] == id(1));
  CHECK_FALSE(json_value{all[0]}.has("type"));
  CHECK(json_value{all[1]}["parent_id"] == id(3));
  CHECK(json_value{all[1]}["type"] == "subsegment");
}

TEST_CASE("xray_assembler: where the platform has the segment, roots are subsegments") {
  xray_assembler made{{.roots_are_subsegments = true}};
  made.take(batch_of({part(2, 1).flag(flag::remote_parent), part(3, 2)}), start);
  CHECK(shapes(made) == these{"sub 2(3)"});
  made.take(batch_of({root(5), part(6, 5)}), start);  // beneath no invocation
  CHECK(made.outbox().empty());
  CHECK(made.no_parent() == 2);
}

TEST_CASE("xray_assembler: an orphan is dropped with all that is beneath it, before and after") {
  xray_assembler made;
  made.take(batch_of({part(3, 2), part(4, 3)}), start);
  made.take(batch_of({span("x", id(2)).flag(flag::subsegment | flag::orphan)}), start);
  CHECK(made.no_parent() == 3);
  made.take(batch_of({part(5, 2)}), start);
  made.take(batch_of({part(6, 5)}), start);
  CHECK(made.no_parent() == 5);
  CHECK(made.outbox().empty());
  CHECK(made.held() == 0);
}

TEST_CASE("xray_assembler: a segment waits until all that ended before it must be there, whatever comes in between") {
  xray_assembler made;
  made.take(batch_of({root(1).from(10, 50), part(2, 1).from(20, 40)}), start, 45);
  CHECK(made.outbox().empty());
  CHECK(made.held() == 2);
  made.take(batch_of({root(8).in("0af7651916cd43dd8448eb211c803101").from(1, 2)}), start, 45);
  CHECK(shapes(made) == these{"8"});
  made.take(batch_of({part(3, 1).from(20, 30), root(7).in("0af7651916cd43dd8448eb211c803100").from(10, 90)}), start, 50);
  CHECK(shapes(made) == these{"1(2 3)"});
  made.settle(start, 89);
  CHECK(made.outbox().empty());
  made.settle(start, 90);
  CHECK(shapes(made) == these{"7"});
  CHECK(made.notices().empty());
}

TEST_CASE("xray_assembler: children of a segment that does not end go on their own after a while") {
  xray_assembler made{{}, {.longest_wait = std::chrono::seconds{60}}};
  made.take(batch_of({part(2, 1), part(3, 2)}), start);
  made.settle(start + std::chrono::seconds{60});
  CHECK(made.outbox().empty());
  made.settle(start + std::chrono::seconds{61});
  CHECK(shapes(made) == these{"sub 2(3)"});
  made.take(batch_of({root(1)}), start + std::chrono::seconds{62});
  CHECK(shapes(made) == these{"1"});
}

TEST_CASE("xray_assembler: too many that wait: the oldest go on their own, and none is lost") {
  xray_assembler made{{}, {.held_records = 8}};
  for (unsigned trace = 0; trace < 9; ++trace)
    made.take(batch_of({part(100 + trace, 1).in("0af7651916cd43dd8448eb211c80310" + std::to_string(trace))}), start + std::chrono::milliseconds{trace});
  CHECK(made.held() == 7);
  CHECK(shapes(made) == these{"sub 64", "sub 65"});
  xray_assembler small{{}, {.held_bytes = 4'000}};
  for (unsigned i = 0; i < 100; ++i) small.take(batch_of({part(i + 2, 1).in(fl::trace_id::from_hex("0af7651916cd43dd8448eb211c80319c").hex().view()).metadata("m", "k", std::string(100, 'x'))}), start);
  CHECK(small.held_bytes() <= 4'000);
  CHECK(small.held() + records_in(small) == 100);
}

TEST_CASE("xray_assembler: at the end, what is open is in progress and what waited goes with it") {
  xray_assembler made;
  made.take(batch_of({note(1), note(2, 1), note(3, 2), part(3, 2), part(9, 8)}), start);
  CHECK(made.outbox().empty());
  made.end();
  CHECK(made.outbox()[0].in_progress);
  CHECK(made.outbox()[0].records == 1);
  CHECK(shapes(made) == these{"1*(2*(3))", "sub 9"});
  CHECK(times_of(made.notices(), problem_code::left_open) == 2);
  CHECK(made.held() == 0);
  CHECK(made.held_bytes() == 0);
}

TEST_CASE("xray_assembler: a note that comes after its span's end means nothing") {
  xray_assembler made;
  made.take(batch_of({root(1), part(2, 5)}), start);
  made.take(batch_of({note(1), note(2, 5)}), start);
  made.outbox().clear();
  made.end();
  CHECK(shapes(made) == these{"sub 2"});
  CHECK(times_of(made.notices(), problem_code::left_open) == 0);
}

TEST_CASE("xray_assembler: what ended and was kept back is not open, whichever comes first") {
  xray_assembler made;
  made.take(batch_of({note(1), note(7)}), start);
  made.take(without(batch_of({note(2, 1)}), {1}), start);
  made.take(without(batch_of({root(9)}), {3}), start);  // its note comes later: two threads wrote them
  made.take(batch_of({note(3)}), start);
  CHECK(shapes(made) == these{"9"});
  made.outbox().clear();
  made.end();
  CHECK(shapes(made) == these{"7*", "sub 2*"});
  CHECK(times_of(made.notices(), problem_code::left_open) == 2);
  CHECK(made.held_bytes() == 0);
}

TEST_CASE("xray_assembler: open spans whose parent has left are subsegments in progress") {
  xray_assembler made;
  made.take(batch_of({note(1), note(2, 1), root(1)}), start);
  CHECK(shapes(made) == these{"1"});
  made.end();
  CHECK(shapes(made) == these{"sub 2*"});
}

TEST_CASE("xray_assembler: spans that are each other's parents are not waited for for ever") {
  xray_assembler made;
  made.take(batch_of({part(2, 3), part(3, 2), part(4, 4)}), start);
  made.end();
  CHECK(records_in(made) == 3);
  CHECK(made.held() == 0);
}

TEST_CASE("xray_assembler: a trace deeper than any stack") {
  xray_assembler made;
  batch_builder deep;
  deep.add(root(1));
  for (unsigned i = 2; i <= 5'000; ++i) deep.add(part(i, i - 1));
  made.take(deep.take(), start);
  CHECK(records_in(made) == 5'000);
  for (auto const& body : bodies_of(made.outbox())) CHECK(body.size() <= 64'000);
}

TEST_CASE("xray_assembler: the largest subtrees go on their own") {
  xray_assembler made{{}, {.budget = 6'000}};
  made.take(batch_of({root(1), part(2, 1), part(3, 1).set("m", std::string(4'500, 'x')), part(4, 3), part(5, 1).set("m", std::string(2'000, 'x'))}), start);
  CHECK(shapes(made) == these{"1(2 5)", "sub 3(4)"});
  CHECK(times_of(made.notices(), problem_code::doc_split) == 1);
}

TEST_CASE("xray_assembler: a span that fits nowhere is lost alone, and counted") {
  xray_assembler made{{}, {.budget = 4'096}};
  auto monster = part(2, 1);
  for (int i = 0; i < 60; ++i) monster.set("user_agent.original", std::string(250, 'a'));
  fl::array ids;
  for (int i = 0; i < 1'000; ++i) ids.push(id(static_cast<unsigned>(i + 1)).c_str());
  monster.set("aws.xray.precursor_ids", ids);
  made.take(batch_of({root(1), monster, part(3, 2)}), start);
  CHECK(shapes(made) == these{"1", "sub 3"});
  CHECK(made.unsendable() == 1);
  CHECK(times_of(made.notices(), problem_code::doc_dropped) == 1);
}

TEST_CASE("xray_assembler: what the network does not take is made anew, half as large") {
  xray_assembler made;
  batch_builder all;
  all.add(root(1));
  for (unsigned i = 2; i <= 40; ++i) all.add(part(i, i < 20 ? 1 : i - 10).set("m", std::string(1'000, 'x')));
  made.take(all.take(), start);
  REQUIRE(made.outbox().size() == 1);
  std::size_t splits = 0;
  for (std::size_t i = 0; i < made.outbox().size(); ++i)
    while (made.outbox()[i].records != 0 && made.outbox()[i].size > 9'216) {
      REQUIRE(made.split(i));
      ++splits;
    }
  CHECK(splits > 1);
  CHECK(made.budget() <= 9'216);
  CHECK(made.budget() >= 4'096);
  CHECK(records_in(made) == 40);
  std::set<std::string> ids;
  for (auto const& body : bodies_of(made.outbox())) {
    CHECK(body.size() <= 9'216);
    std::vector<json_value> todo{json_value{body}};
    while (!todo.empty()) {
      auto const one = todo.back();
      todo.pop_back();
      CHECK(ids.insert(one["id"].text()).second);
      for (std::size_t i = 0; i < one["subsegments"].size(); ++i) todo.push_back(one["subsegments"].at(i));
    }
  }
  CHECK(ids.size() == 40);
}

TEST_CASE("xray_assembler: below the least size a document is lost, and counted") {
  xray_assembler made;
  made.take(batch_of({root(1), part(2, 1)}), start);
  CHECK_FALSE(made.split(0));
  CHECK(made.unsendable() == 2);
  CHECK(records_in(made) == 0);
  CHECK(times_of(made.notices(), problem_code::doc_dropped) == 1);
}

TEST_CASE("xray_assembler: every span of a long random story is accounted for, once") {
  std::mt19937 random{7};
  xray_assembler made{{}, {.budget = 5'000, .held_records = 300}};
  struct open_span {
    unsigned number, parent, trace;
  };
  std::vector<open_span> open;
  std::map<std::string, int> seen;
  std::uint64_t taken = 0, left = 0;
  unsigned next = 1;
  auto const trace_of = [](unsigned trace) {
    char text[33];
    std::snprintf(text, sizeof text, "0af7651916cd43dd8448eb21%08x", trace);
    return std::string{text};
  };
  for (int round = 0; round < 300; ++round) {
    batch_builder batch;
    for (int step = 0; step < 20; ++step) {
      if (open.empty() || random() % 3 != 0) {
        bool const child = !open.empty() && random() % 4 != 0;
        auto const parent = child ? open[random() % open.size()] : open_span{0, 0, next};
        open.push_back({next++, parent.number, parent.trace});
        if (random() % 2 == 0) batch.add(note(open.back().number, open.back().parent).in(trace_of(open.back().trace)));
      } else {
        auto const at = random() % open.size();
        auto const gone = open[at];
        open.erase(open.begin() + static_cast<std::ptrdiff_t>(at));
        auto one = gone.parent == 0 ? root(gone.number) : part(gone.number, gone.parent);
        if (gone.parent == 0 && random() % 10 == 0) one = span("orphan", id(gone.number)).flag(flag::subsegment | flag::orphan);
        batch.add(one.in(trace_of(gone.trace)).set("m", std::string(random() % 800, 'x')));
        ++taken;
      }
    }
    made.take(batch.take(), start + std::chrono::milliseconds{round}, random() % 2 == 0);
    if (round == 299) made.end();
    left += records_in(made);
    for (auto const& body : bodies_of(made.outbox())) {
      CHECK(body.size() <= 5'000);
      for (auto at = body.find("\"id\":\""); at != std::string::npos; at = body.find("\"id\":\"", at + 1)) ++seen[body.substr(at + 6, 16)];
    }
    CHECK(taken == left + made.held() + made.no_parent() + made.unsendable());
  }
  CHECK(made.held() == 0);
  CHECK(left > 1'000);
  for (auto const& [number, times] : seen) CHECK(times == 1);
}

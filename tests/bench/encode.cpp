// Encoding a batch of spans as OTLP, times for one span, in one line of JSON. The JSON form takes turns with RapidJSON's Writer on the same
// tokens: they are read from what we wrote, and the Writer's text has to come out the same, byte for byte. The protobuf form takes turns
// with code written by hand for this one span; its bytes have to be the same too.
//
//   encode            everything
//   encode bytes      bytes a span alone, which depend on no clock
//   encode run COUNT  encodes COUNT spans as protobuf and says nothing, to be run under callgrind
#include "encode_floor.hpp"
#include "sample.hpp"

#include <fanlight/impl/otlp_json.hpp>
#include <fanlight/impl/otlp_proto.hpp>
#include <fanlight/impl/xray/assembler.hpp>

#include <algorithm>
#include <string>

#include <rapidjson/reader.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

namespace {

constexpr int spans = 512;

struct token {
  enum class kind : unsigned char { key, text, real, whole, open_object, close_object, open_array, close_array } what;
  std::string text{};
  double real = 0;
  std::int64_t whole = 0;
};

/// Takes down what RapidJSON's reader meets.
struct collector : rapidjson::BaseReaderHandler<rapidjson::UTF8<>, collector> {
  std::vector<token> tokens;
  bool add(token one) {
    tokens.push_back(std::move(one));
    return true;
  }
  bool Default() { return false; }
  bool Key(char const* at, rapidjson::SizeType size, bool) { return add({token::kind::key, {at, size}}); }
  bool String(char const* at, rapidjson::SizeType size, bool) { return add({token::kind::text, {at, size}}); }
  bool Double(double number) { return add({token::kind::real, {}, number}); }
  bool Int(int number) { return add({token::kind::whole, {}, 0, number}); }
  bool Uint(unsigned number) { return add({token::kind::whole, {}, 0, number}); }
  bool StartObject() { return add({token::kind::open_object}); }
  bool EndObject(rapidjson::SizeType) { return add({token::kind::close_object}); }
  bool StartArray() { return add({token::kind::open_array}); }
  bool EndArray(rapidjson::SizeType) { return add({token::kind::close_array}); }
};

void replay(std::vector<token> const& tokens, rapidjson::StringBuffer& to) {
  to.Clear();
  rapidjson::Writer<rapidjson::StringBuffer> writer{to};
  for (auto const& each : tokens) {
    auto const size = static_cast<rapidjson::SizeType>(each.text.size());
    switch (each.what) {
      case token::kind::key: writer.Key(each.text.data(), size); break;
      case token::kind::text: writer.String(each.text.data(), size); break;
      case token::kind::real: writer.Double(each.real); break;
      case token::kind::whole: writer.Int64(each.whole); break;
      case token::kind::open_object: writer.StartObject(); break;
      case token::kind::close_object: writer.EndObject(); break;
      case token::kind::open_array: writer.StartArray(); break;
      case token::kind::close_array: writer.EndArray(); break;
    }
  }
}

/// Keeps the batches it is given.
struct keeper {
  std::vector<bench::fl::batch<bench::fl::span_record>> kept;
  void consume(bench::fl::batch<bench::fl::span_record> batch) { kept.push_back(std::move(batch)); }
};

template <class Work>
[[nodiscard]] double nanoseconds_a_span(Work work) {
  double const begun = bench::seconds(CLOCK_MONOTONIC);
  work();
  return (bench::seconds(CLOCK_MONOTONIC) - begun) * 1e9 / spans;
}

[[nodiscard]] double median(std::vector<double> of) {
  std::sort(of.begin(), of.end());
  return of[of.size() / 2];
}

struct turns {
  double mine, floor, ratio;
};
/// Both in turns, so that a busy moment meets both: medians of the times for one span, and of their ratios.
template <class Floor, class Mine>
[[nodiscard]] turns in_turns(Floor floor, Mine mine) {
  std::vector<double> floors, ours, ratios;
  for (int i = 0; i < 801; ++i) {
    double const least = nanoseconds_a_span(floor), taken = nanoseconds_a_span(mine);
    floors.push_back(least);
    ours.push_back(taken);
    ratios.push_back(taken / least);
  }
  return {median(ours), median(floors), median(ratios)};
}

[[nodiscard]] int fail(char const* what) {
  std::fprintf(stderr, "bench: %s\n", what);
  return 1;
}

/// What the code written by hand reads: the texts as they stand in the batch, their lengths hidden from the compiler.
[[nodiscard]] std::vector<bench::plain_span> plain_spans(bench::fl::batch<bench::fl::span_record> const& batch) {
  std::vector<bench::plain_span> out;
  for (auto const& span : batch) {
    bench::plain_span one{};
    std::memcpy(one.trace_id, span.trace_id.bytes, sizeof one.trace_id);
    std::memcpy(one.span_id, span.span_id.bytes, sizeof one.span_id);
    one.start = span.start.nanoseconds, one.end = span.end.nanoseconds;
    one.count = span.find("item.count").as_int64(), one.status = span.find("http.response.status_code").as_int64();
    one.took = span.find("duration.ms").as_double();
    one.name = span.name, one.method = span.find("http.request.method").as_text(), one.path = span.find("url.path").as_text();
    int at = 0;
    for (auto const& each : span.attributes()) one.keys[at++] = each.key;
    out.push_back(one);
  }
  return out;
}

using bench::fl::detail::batch_data;
using bench::fl::detail::send_buffer;

[[nodiscard]] bool json_turns(batch_data const& batch, turns& out, double& bytes) {
  send_buffer buffer;
  bench::fl::detail::write_traces_json(buffer, batch);
  std::string const ours{buffer.view()};
  bytes = static_cast<double>(ours.size()) / spans;
  collector found;
  rapidjson::Reader reader;
  rapidjson::StringStream in{ours.c_str()};
  rapidjson::StringBuffer theirs;
  if (!reader.Parse(in, found)) return false;
  replay(found.tokens, theirs);
  if (ours != std::string_view{theirs.GetString(), theirs.GetSize()}) return false;
  out = in_turns([&] { replay(found.tokens, theirs); },
                 [&] {
                   buffer.clear();
                   bench::fl::detail::write_traces_json(buffer, batch);
                 });
  return true;
}

[[nodiscard]] bool proto_turns(bench::fl::batch<bench::fl::span_record> const& records, turns& out, double& bytes) {
  auto const& batch = *records.data();
  send_buffer buffer;
  bench::fl::detail::write_traces_proto(buffer, batch);
  bytes = static_cast<double>(buffer.size()) / spans;
  auto const plain = plain_spans(records);
  std::vector<char> room(512 * spans);
  std::size_t size = 0;
  auto const by_hand = [&] {
    char* at = room.data();
    for (auto const& each : plain) at = bench::encode_by_hand(at, each);
    size = static_cast<std::size_t>(at - room.data());
  };
  by_hand();
  if (buffer.view().find(std::string_view{room.data(), size}) == std::string_view::npos) return false;
  out = in_turns(by_hand, [&] {
    buffer.clear();
    bench::fl::detail::write_traces_proto(buffer, batch);
  });
  return true;
}

/// The documents of a batch, one after the other.
[[nodiscard]] std::string xray_documents(bench::fl::detail::xray_outbox& outbox) {
  std::string out{"["};
  for (std::size_t i = 0; i < outbox.size(); ++i) out.append(i == 0 ? "" : ",").append(outbox.body(i));
  outbox.clear();
  return out + "]";
}

/// Every span is a segment, and a document: assembled, measured and written. The Writer gives times another form, so its tokens are compared.
[[nodiscard]] bool xray_turns(bench::fl::detail::batch_ref const& batch, turns& out, double& bytes) {
  bench::fl::detail::xray_assembler assembler;
  auto const now = std::chrono::steady_clock::now();
  assembler.take(batch, now);
  std::string const ours = xray_documents(assembler.outbox());
  bytes = static_cast<double>(ours.size()) / spans;
  collector found, again;
  rapidjson::Reader reader;
  rapidjson::StringStream in{ours.c_str()};
  rapidjson::StringBuffer theirs;
  if (!reader.Parse(in, found)) return false;
  replay(found.tokens, theirs);
  rapidjson::StringStream back{theirs.GetString()};
  if (!reader.Parse(back, again) || again.tokens.size() != found.tokens.size()) return false;
  for (std::size_t i = 0; i < found.tokens.size(); ++i)
    if (found.tokens[i].text != again.tokens[i].text || found.tokens[i].whole != again.tokens[i].whole) return false;
  out = in_turns([&] { replay(found.tokens, theirs); },
                 [&] {
                   assembler.take(batch, now);
                   assembler.outbox().clear();
                 });
  return assembler.held() == 0;
}

void print(char const* name, turns const& taken) {
  std::printf("\"%s\": %.1f, \"%s.floor\": %.1f, \"%s.ratio\": %.3f, ", name, taken.mine, name, taken.floor, name, taken.ratio);
}

}  // namespace

int main(int words, char** word) {
  auto const to = std::make_shared<keeper>();
  auto session = bench::fl::init(bench::config_for({to}));
  for (int i = 0; i < spans; ++i) bench::one_span(i);
  if (!session.flush(std::chrono::seconds{10}) || to->kept.size() != 1 || to->kept[0].size() != spans)
    return fail("no batch of the right size");
  auto const& batch = *to->kept[0].data();
  std::string_view const what = words > 1 ? word[1] : "";
  if (what == "run" && words > 2) {
    send_buffer buffer;
    for (int left = std::atoi(word[2]); left > 0; left -= spans) {
      buffer.clear();
      bench::fl::detail::write_traces_proto(buffer, batch);
    }
    return 0;
  }
  double json_bytes = 0, proto_bytes = 0, xray_bytes = 0;
  if (what == "bytes") {
    send_buffer buffer;
    bench::fl::detail::write_traces_proto(buffer, batch);
    std::printf("{\"otlp_proto_bytes\": %.2f}\n", static_cast<double>(buffer.size()) / spans);
    return 0;
  }
  turns json{}, proto{}, xray{};
  if (!json_turns(batch, json, json_bytes)) return fail("the Writer's text is another one");
  if (!proto_turns(to->kept[0], proto, proto_bytes)) return fail("the bytes written by hand are other ones");
  if (!xray_turns(to->kept[0].data(), xray, xray_bytes)) return fail("the Writer's tokens are other ones");
  std::printf("{");
  print("xray_json", xray);
  print("otlp_proto", proto);
  print("otlp_json", json);
  std::printf("\"xray_json_bytes\": %.1f, \"otlp_json_bytes\": %.1f}\n", xray_bytes, json_bytes);
}

// Encoding a batch of spans as OTLP JSON, in turns with RapidJSON's Writer on the same tokens: the tokens are read from what we wrote, and
// the Writer's text has to come out the same, byte for byte. One line of JSON, times for one span.
#include "sample.hpp"

#include <fanlight/impl/otlp_json.hpp>

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

}  // namespace

int main() {
  auto const to = std::make_shared<keeper>();
  auto session = bench::fl::init(bench::config_for({to}));
  for (int i = 0; i < spans; ++i) bench::one_span(i);
  if (!session.flush(std::chrono::seconds{10}) || to->kept.size() != 1 || to->kept[0].size() != spans) return 1;
  auto const& batch = *to->kept[0].data();

  bench::fl::detail::send_buffer buffer;
  bench::fl::detail::write_traces_json(buffer, batch);
  std::string ours{buffer.view()};
  collector found;
  rapidjson::Reader reader;
  rapidjson::StringStream in{ours.c_str()};
  rapidjson::StringBuffer theirs;
  if (!reader.Parse(in, found)) return 1;
  replay(found.tokens, theirs);
  while (!ours.empty() && ours.back() == '\n') ours.pop_back();
  if (ours != std::string_view{theirs.GetString(), theirs.GetSize()}) {
    std::fprintf(stderr, "bench: the Writer's text is another one\n");
    return 1;
  }

  std::vector<double> mine, writers, ratios;
  for (int i = 0; i < 801; ++i) {
    double const writer = nanoseconds_a_span([&] { replay(found.tokens, theirs); });
    double const encoder = nanoseconds_a_span([&] {
      buffer.clear();
      bench::fl::detail::write_traces_json(buffer, batch);
    });
    writers.push_back(writer);
    mine.push_back(encoder);
    ratios.push_back(encoder / writer);
  }
  std::printf("{\"otlp_json\": %.1f, \"otlp_json.floor\": %.1f, \"otlp_json.ratio\": %.3f, \"otlp_json_bytes\": %.1f}\n", median(mine),
              median(writers), median(ratios), static_cast<double>(ours.size()) / spans);
}

// Lines of metrics for CloudWatch: the documents, the rules of the format, and what is told of what breaks them.
#include <fanlight/emf.hpp>
#include <fanlight/testing.hpp>

#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "catch.hpp"

using namespace fanlight;

namespace {

constexpr wall_time noon{1'795'255'080'000'000'000};

/// A pipeline at `noon`.
struct at_noon {
  testing::manual_clock clock{noon};
  testing::capture taken{{.instead = clock.instead()}};

  [[nodiscard]] std::vector<std::string> bodies() {
    std::vector<std::string> out;
    for (auto const& each : taken.logs()) out.emplace_back(each.body);
    return out;
  }
  [[nodiscard]] std::string only() {
    auto const all = bodies();
    REQUIRE(all.size() == 1);
    return all[0];
  }
  /// How often metric_bad was said, and the words of the first time.
  [[nodiscard]] std::uint64_t told() {
    auto const counts = (static_cast<void>(taken.logs()), taken.pipeline().stats().problems);
    auto const found = counts.find(problem_code::metric_bad);
    return found == counts.end() ? 0 : found->second;
  }
  [[nodiscard]] std::string said() {
    for (auto const& each : taken.problems())
      if (each.code == problem_code::metric_bad) return each.what;
    return {};
  }
};

std::string document(std::string const& directive, std::string const& members) {
  return R"({"_aws":{"Timestamp":1795255080000,"CloudWatchMetrics":[{"Namespace":"cruddur",)" + directive + "}]}" + members + "}";
}

std::size_t count_of(std::string const& text, std::string const& part) {
  std::size_t out = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++out;
  return out;
}

}  // namespace

TEST_CASE("a statement becomes a log record whose body is the document") {
  at_noon here;
  emf{"cruddur"}.dimensions({{"Service", "timeline"}, {"Shard", 7}}).metric("Latency", 12.5, unit::milliseconds).metric("Rows", 3, unit::count).set("user", "andrew \"b\"").set("more", object{{"a", 1}});
  CHECK(here.only() == document(R"("Dimensions":[["Service","Shard"]],"Metrics":[{"Name":"Latency","Unit":"Milliseconds"},{"Name":"Rows","Unit":"Count"}])",
                                R"(,"Service":"timeline","Shard":"7","user":"andrew \"b\"","more":{"a":1},"Latency":12.5,"Rows":3)"));
  auto const log = here.taken.logs()[0];
  CHECK(log.is_document());
  CHECK(log.level == level::info);
  CHECK(log.logger() == std::string_view{"emf"});
  CHECK(log.time == noon);
  CHECK(std::string_view{log.where.file()}.find("emf.cpp") != std::string_view::npos);
  CHECK(here.told() == 0);
}

TEST_CASE("without dimensions there is one empty set, without a metric nothing leaves") {
  at_noon here;
  emf{"cruddur"}.metric("m", 1);
  emf{"cruddur"}.set("k", 1);
  CHECK(here.only() == document(R"("Dimensions":[[]],"Metrics":[{"Name":"m"}])", R"(,"m":1)"));
}

TEST_CASE("several sets of dimensions, several values, a resolution of a second: one document at the end") {
  at_noon here;
  {
    double const more[]{3.5, -4};
    emf line{"cruddur"};
    line.dimensions({{"A", "a"}, {"B", "b"}}).dimensions({{"A", "a"}}).dimensions({});
    line.metric("one", {1, 2}, unit::bytes_per_second, metric_resolution::high).metrics("one", more, 2, unit::bytes_per_second, metric_resolution::high);
    line.metric("two", 0.1);
    line.set("p", 1).set("p", "last").by("web").at(wall_time{noon.nanoseconds - 1'000'000'000});
  }
  CHECK(here.only() ==
        R"({"_aws":{"Timestamp":1795255079000,"CloudWatchMetrics":[{"Namespace":"cruddur","Dimensions":[["A","B"],["A"]],)"
        R"("Metrics":[{"Name":"one","Unit":"Bytes/Second","StorageResolution":1},{"Name":"two"}]}]},"A":"a","B":"b","p":"last","one":[1,2,3.5,-4],"two":0.1})");
  CHECK(here.taken.logs()[0].logger() == std::string_view{"web"});
  CHECK(here.taken.logs()[0].time.nanoseconds == noon.nanoseconds - 1'000'000'000);
}

TEST_CASE("the ids of the trace go along, unless something has their names") {
  at_noon here;
  {
    scoped_span const span{"span"};
    emf{"cruddur"}.metric("m", 1).set("span_id", "mine");
  }
  auto const span = here.taken.spans()[0];
  CHECK(here.only() == document(R"("Dimensions":[[]],"Metrics":[{"Name":"m"}])",
                                ",\"span_id\":\"mine\",\"trace_id\":\"" + std::string{span.trace_id.hex().view()} + "\",\"xray_trace_id\":\"" +
                                    std::string{xray_trace_id(span.trace_id).view()} + "\",\"m\":1"));
  CHECK(here.taken.logs()[0].span_id == span.span_id);
}

TEST_CASE("more than 100 metrics, or values of one, go into further documents") {
  at_noon here;
  std::vector<double> numbers;
  for (int i = 0; i < 250; ++i) numbers.push_back(i);
  {
    emf line{"cruddur"};
    line.dimensions({{"A", "a"}}).metrics("many", numbers.data(), numbers.size());
    for (int i = 0; i < 150; ++i) line.metric("m" + std::to_string(i), i);
  }
  auto const all = here.bodies();
  REQUIRE(all.size() == 4);
  CHECK(count_of(all[0], "\"Name\":") == 100);
  CHECK(count_of(all[1], "\"Name\":") == 51);
  CHECK(count_of(all[2], "\"Name\":") == 1);
  CHECK(all[0].find("\"many\":[0,1,") != std::string::npos);
  CHECK(all[0].find(",99],\"m0\":0") != std::string::npos);
  CHECK(all[2].find("\"many\":[100,101,") != std::string::npos);
  CHECK(all[3] == document(R"("Dimensions":[["A"]],"Metrics":[{"Name":"many"}])", [&] {
          std::string text = ",\"A\":\"a\",\"many\":[200";
          for (int i = 201; i < 250; ++i) text += "," + std::to_string(i);
          return text + "]";
        }()));
  CHECK(here.told() == 0);
}

TEST_CASE("documents are made smaller than a record may be, and stay whole") {
  testing::manual_clock clock{noon};
  testing::capture taken{{.batching = {.capture_bytes = 64 * 1024}, .instead = clock.instead()}};  // a record: 16 KiB, a text half of it
  std::string const long_name(900, 'n');
  {
    emf line{"cruddur"};
    for (int i = 0; i < 20; ++i) line.metric(long_name + std::to_string(i), i);
  }
  emf{"cruddur"}.metric("m", 1).set("huge", std::string(20'000, 'x'));
  auto const logs = taken.logs();
  REQUIRE(logs.size() == 5);
  std::size_t metrics = 0;
  for (auto const& each : logs) {
    CHECK(each.body.size() <= 8 * 1024);
    CHECK(each.body.back() == '}');
    metrics += count_of(std::string{each.body}, "\"Name\":");
  }
  CHECK(metrics == 20);
  CHECK(taken.pipeline().stats().problems.at(problem_code::metric_bad) == 1);
}

TEST_CASE("levels do not concern it") {
  testing::capture taken{{.minimum_level = level_off}};
  emf{"cruddur"}.metric("m", 1);
  CHECK(taken.logs().size() == 1);
}

TEST_CASE("a namespace that breaks the rules takes all with it") {
  at_noon here;
  auto const bad = GENERATE(as<std::string>{}, "", "   ", "a?b", "käse", std::string(257, 'n'));
  emf{bad}.metric("m", 1);
  CHECK(here.bodies().empty());
  CHECK(here.told() == 1);
  emf{std::string(256, 'n')}.metric("m", 1);
  emf{"My App/._#:-9"}.metric("m", 1);
  CHECK(here.bodies().size() == 2);
}

TEST_CASE("a set of dimensions that breaks a rule is left out as a whole, without a good set nothing leaves") {
  at_noon here;
  std::string const longest(250, 'd'), longer(251, 'd'), text(1024, 'v'), longer_text(1025, 'v');
  emf{"cruddur"}.dimensions({{longest, text}}).dimensions({{"good", "a"}, {longer, "a"}}).metric("m", 1);
  CHECK(here.told() == 1);
  CHECK(here.said() == "dimension '" + std::string(60, 'd') +
                           "' is no name of a dimension: 1 to 250 printable ASCII letters, not beginning with a colon; its set of dimensions is left out");
  CHECK(here.only() == document("\"Dimensions\":[[\"" + longest + "\"]],\"Metrics\":[{\"Name\":\"m\"}]", ",\"" + longest + "\":\"" + text + "\",\"m\":1"));
  for (auto const& [name, value] : std::vector<std::pair<std::string, std::string>>{{"", "a"}, {":a", "a"}, {"ü", "a"}, {"a", ""}, {"a", " "}, {"a", "ü"}, {"a", longer_text}, {"_aws", "a"}})
    emf{"cruddur"}.dimensions({{name, value}}).metric("m", 1);
  CHECK(here.told() == 1 + 8 * 2);
  emf{"cruddur"}.dimensions({{"A", "a"}}).dimensions({{"A", "b"}}).metric("m", 1);
  CHECK(here.told() == 18);
  CHECK(here.bodies().size() == 2);
}

TEST_CASE("30 dimensions make a set, 31 do not") {
  at_noon here;
  emf{"cruddur"}.dimensions({{"d0", 1}, {"d1", 1}, {"d2", 1}, {"d3", 1}, {"d4", 1}, {"d5", 1}, {"d6", 1}, {"d7", 1}, {"d8", 1}, {"d9", 1}, {"d10", 1}, {"d11", 1}, {"d12", 1}, {"d13", 1}, {"d14", 1}, {"d15", 1}, {"d16", 1}, {"d17", 1}, {"d18", 1}, {"d19", 1}, {"d20", 1}, {"d21", 1}, {"d22", 1}, {"d23", 1}, {"d24", 1}, {"d25", 1}, {"d26", 1}, {"d27", 1}, {"d28", 1}, {"d29", 1}, {"d30", 1}}).metric("m", 1);
  CHECK(here.told() == 2);
  emf{"cruddur"}.dimensions({{"d0", 1}, {"d1", 1}, {"d2", 1}, {"d3", 1}, {"d4", 1}, {"d5", 1}, {"d6", 1}, {"d7", 1}, {"d8", 1}, {"d9", 1}, {"d10", 1}, {"d11", 1}, {"d12", 1}, {"d13", 1}, {"d14", 1}, {"d15", 1}, {"d16", 1}, {"d17", 1}, {"d18", 1}, {"d19", 1}, {"d20", 1}, {"d21", 1}, {"d22", 1}, {"d23", 1}, {"d24", 1}, {"d25", 1}, {"d26", 1}, {"d27", 1}, {"d28", 1}, {"d29", 1}}).dimensions({{"d0", 1}, {"d0", 1}}).metric("m", 1);
  CHECK(here.told() == 2);
  CHECK(count_of(here.only(), "\"d0\"") == 3);  // in two sets, once each, and its value
}

TEST_CASE("names and values of metrics") {
  at_noon here;
  {
    emf line{"cruddur"};
    line.dimensions({{"Dim", "d"}});
    for (std::string const& name : {std::string{}, std::string{" "}, std::string{"ü"}, std::string(1025, 'n'), std::string{"_aws"}, std::string{"Dim"}}) line.metric(name, 1);
    CHECK(here.told() == 6);
    line.metric("a", std::numeric_limits<double>::quiet_NaN()).metric("a", std::numeric_limits<double>::infinity()).metric("a", {1, 0x1.1p360});
    CHECK(here.told() == 9);
    line.metric("good", 0x1p360).metric("good", 1, unit::seconds).metric("good", 1, unit::none, metric_resolution::high);
    CHECK(here.told() == 11);
    line.set("good", "a property").set("", 1).set("_aws", 1).set("Dim", 2);
    CHECK(here.told() == 13);
  }
  CHECK(here.only() == document(R"("Dimensions":[["Dim"]],"Metrics":[{"Name":"good"}])", R"(,"Dim":"d","good":2.3485425827738332e+108)"));
  CHECK(here.told() == 15);
}

TEST_CASE("a statement takes 1000 calls") {
  at_noon here;
  {
    emf line{"cruddur"};
    for (int i = 0; i < 1001; ++i) line.metric("m", i);
  }
  CHECK(here.bodies().size() == 10);
  CHECK(here.told() == 1);
}

TEST_CASE("14 days ago and 2 hours ahead are the limits") {
  at_noon here;
  constexpr std::int64_t hour = 3'600'000'000'000;
  for (std::int64_t const by : {-14 * 24 * hour, 2 * hour}) emf{"cruddur"}.metric("m", 1).at(wall_time{noon.nanoseconds + by});
  CHECK(here.bodies().size() == 2);
  CHECK(here.told() == 0);
  for (std::int64_t const by : {-14 * 24 * hour - 1, 2 * hour + 1}) emf{"cruddur"}.metric("m", 1).at(wall_time{noon.nanoseconds + by});
  CHECK(here.bodies().size() == 2);
  CHECK(here.told() == 2);
}

TEST_CASE("units are spelled as CloudWatch spells them") {
  CHECK(to_text(unit::none) == "None");
  CHECK(to_text(unit::kilobits) == "Kilobits");
  CHECK(to_text(unit::percent) == "Percent");
  CHECK(to_text(unit::terabits_per_second) == "Terabits/Second");
  CHECK(to_text(unit::count_per_second) == "Count/Second");
  CHECK(to_text(static_cast<unit>(200)) == "None");
}

TEST_CASE("without a pipeline a statement does nothing") {
  emf line{"cruddur"};
  line.dimensions({{"a", 1}}).metric("m", 1).set("k", 2);
}

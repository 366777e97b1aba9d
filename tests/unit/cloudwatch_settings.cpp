// What a CloudWatch exporter makes of code and environment, and when the environment names it.
#include <fanlight/exporters/cloudwatch.hpp>
#include <fanlight/impl/cloudwatch/settings.hpp>

#include "catch.hpp"
#include "support/fake_environment.hpp"

namespace fl = fanlight;
using Catch::Matchers::ContainsSubstring;
using fl::problem_code;
using test::settle;

namespace {

fl::config having(fl::cloudwatch_config how) {
  fl::config out;
  out.exporters = {fl::cloudwatch(std::move(how))};
  return out;
}
fl::cloudwatch_config good() {
  fl::cloudwatch_config out;
  out.log_group = "cruddur";
  return out;
}
/// What is said of a configuration that is wrong in one point.
template <class Change>
std::string words_of(Change change) {
  auto how = good();
  change(how);
  auto const out = settle({}, having(std::move(how)));
  CHECK(out.exporters().empty());
  return out.text();
}

struct read_settings {
  fl::detail::cloudwatch_settings as;
  std::vector<fl::problem> said, wrong;
};
read_settings with(test::variables variables, fl::cloudwatch_config code = {}) {
  read_settings out;
  out.as = fl::detail::settle_cloudwatch(std::move(code), fl::detail::environment{test::reading(std::move(variables)), out.said}, true, out.wrong);
  return out;
}

}  // namespace

TEST_CASE("cloudwatch_settings: a group is enough") {
  auto const out = settle({}, having(good()));
  CHECK(out.text() == "");
  CHECK(out.exporters() == std::vector<std::string>{"cloudwatch:logs"});
  CHECK(out.as.exporters[0].queue_records == 65'536);
  CHECK(out.as.exporters[0].queue_bytes == std::size_t{32} << 20);
  CHECK(out.as.exporters[0].drop_oldest);
}

TEST_CASE("cloudwatch_settings: the page's defaults") {
  fl::cloudwatch_config const how;
  CHECK(how.create_group);
  CHECK(how.create_stream);
  CHECK(how.send_interval == std::chrono::seconds{5});
  CHECK(how.max_batch_bytes == 1'048'576);
  CHECK(how.max_batch_count == 10'000);
  CHECK(how.max_message_bytes == 1'000'000);
  CHECK(how.truncation_suffix == "[truncated]");
  CHECK(how.connect_timeout == std::chrono::milliseconds{3'100});
  CHECK(how.timeout == std::chrono::seconds{30});
  CHECK_FALSE(how.gzip);
  auto const out = with({}, good());
  CHECK(out.as.given.attempts == 3);
  CHECK(out.as.given.log_stream == "{machine_name}/{program_name}/{logger_name}/{process_id}");
}

TEST_CASE("cloudwatch_settings: the environment answers what the code leaves open") {
  auto const out = with({{"FANLIGHT_LOG_GROUP", " g "}, {"FANLIGHT_LOG_STREAM", "s-{process_id}"}, {"AWS_MAX_ATTEMPTS", "5"}});
  CHECK(out.as.given.log_group == "g");
  CHECK(out.as.given.log_stream == "s-{process_id}");
  CHECK(out.as.given.attempts == 5);
  auto code = good();
  code.log_stream = "mine";
  code.attempts = 2;
  auto const mine = with({{"FANLIGHT_LOG_GROUP", "g"}, {"FANLIGHT_LOG_STREAM", "s"}, {"AWS_MAX_ATTEMPTS", "nonsense"}}, code);
  CHECK(mine.as.given.log_group == "cruddur");
  CHECK(mine.as.given.log_stream == "mine");
  CHECK(mine.as.given.attempts == 2);
  CHECK(mine.said.empty());
}

TEST_CASE("cloudwatch_settings: without a group it is left out, and that is said") {
  auto const out = settle({}, having({}));
  CHECK(out.exporters().empty());
  CHECK(out.says(problem_code::config_bad, "there is no log group: set log_group, or FANLIGHT_LOG_GROUP"));
}

TEST_CASE("cloudwatch_settings: what is wrong is told at start, with its place") {
  CHECK_THAT(words_of([](auto& how) { how.log_group = "aws/x"; }), ContainsSubstring("log_group is \"aws/x\": it begins with aws/"));
  CHECK_THAT(words_of([](auto& how) { how.log_stream = "{host}"; }), ContainsSubstring("log_stream is \"{host}\": there is no {host}"));
  CHECK_THAT(words_of([](auto& how) { how.line = "{text}"; }), ContainsSubstring("line is \"{text}\""));
  CHECK_THAT(words_of([](auto& how) { how.retention_days = 2; }), ContainsSubstring("retention_days is 2"));
  CHECK_THAT(words_of([](auto& how) { how.enforce_retention = true; }), ContainsSubstring("no retention_days"));
  CHECK_THAT(words_of([](auto& how) { how.max_message_bytes = 1'048'551; }), ContainsSubstring("max_message_bytes is 1048551; it must be from 1 to 1048550"));
  CHECK_THAT(words_of([](auto& how) { how.max_message_bytes = 0; }), ContainsSubstring("max_message_bytes"));
  CHECK_THAT(words_of([](auto& how) { how.max_batch_count = 10'001; }), ContainsSubstring("max_batch_count"));
  CHECK_THAT(words_of([](auto& how) { how.max_batch_bytes = 26; }), ContainsSubstring("max_batch_bytes"));
  CHECK_THAT(words_of([](auto& how) { how.send_interval = std::chrono::milliseconds{0}; }), ContainsSubstring("send_interval"));
  CHECK_THAT(words_of([](auto& how) { how.region = "Frankfurt!"; }), ContainsSubstring("region is"));
  CHECK_THAT(words_of([](auto& how) { how.tags.assign(51, {"k", "v"}); }), ContainsSubstring("51 tags"));
  CHECK_THAT(words_of([](auto& how) { how.tags = {{"", "v"}}; }), ContainsSubstring("a key has 1 to 128 characters"));
  CHECK_THAT(words_of([](auto& how) { how.tags = {{"aws:x", "v"}}; }), ContainsSubstring("belong to AWS"));
  CHECK_THAT(words_of([](auto& how) { how.entity_keys = {{"Type", "Service"}}; }), ContainsSubstring("2 to 4"));
  CHECK_THAT(words_of([](auto& how) { how.entity_keys = {{"Type", "Service"}, {"Colour", "blue"}}; }), ContainsSubstring("Colour"));
  CHECK_THAT(words_of([](auto& how) { how.entity_attributes = {{"a", "b"}}; }), ContainsSubstring("entity is off"));
}

TEST_CASE("cloudwatch_settings: FANLIGHT_LOG_GROUP names the exporter for logs and errors, and the rest goes where it went") {
  auto const out = settle({{"FANLIGHT_LOG_GROUP", "g"}});
  CHECK(out.exporters() == std::vector<std::string>{"cloudwatch:logs", "console:traces"});
  CHECK((out.as.exporters[0].only & fl::takes<fl::error_record>) != 0);
  CHECK(out.text() == "");
}

TEST_CASE("cloudwatch_settings: by name in a list") {
  CHECK(settle({{"FANLIGHT_EXPORTERS", "cloudwatch,xray"}, {"FANLIGHT_LOG_GROUP", "g"}}).exporters() == std::vector<std::string>{"cloudwatch:logs", "xray:traces"});
  CHECK(settle({{"OTEL_LOGS_EXPORTER", "cloudwatch"}, {"OTEL_TRACES_EXPORTER", "none"}, {"FANLIGHT_LOG_GROUP", "g"}}).exporters() ==
        std::vector<std::string>{"cloudwatch:logs"});
  auto const wrong = settle({{"OTEL_TRACES_EXPORTER", "cloudwatch"}, {"OTEL_LOGS_EXPORTER", "none"}});
  CHECK(wrong.says(problem_code::environment_bad, "CloudWatch gets only where the code says so"));
  auto const no_group = settle({{"OTEL_LOGS_EXPORTER", "cloudwatch"}, {"OTEL_TRACES_EXPORTER", "none"}});
  CHECK(no_group.says(problem_code::config_bad, "there is no log group"));
}

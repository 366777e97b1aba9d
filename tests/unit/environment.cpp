// The readers of detail/environment.hpp: one kind of value each, and what they say of bad ones.
#include "support/fake_environment.hpp"

#include "catch.hpp"

using namespace fanlight;
using namespace fanlight::detail;
using strings = std::vector<std::string>;

namespace {

struct reader {
  std::vector<problem> said;
  environment from;
  explicit reader(test::variables given) : from{test::reading(std::move(given)), said} {}
  reader(reader const&) = delete;
  reader& operator=(reader const&) = delete;
};

}  // namespace

TEST_CASE("an empty variable is as good as none") {
  reader read{{{"A", ""}, {"B", "x"}}};
  CHECK_FALSE(read.from.text("A"));
  CHECK_FALSE(read.from.is_set("A"));
  CHECK_FALSE(read.from.integer("A", "1"));
  CHECK_FALSE(read.from.boolean("A"));
  CHECK_FALSE(read.from.words("A"));
  CHECK_FALSE(read.from.pairs("A", equals_sign::encoded, "none"));
  CHECK_FALSE(read.from.text("C"));
  CHECK(read.from.text("B") == "x");
  CHECK(read.said.empty());
}

TEST_CASE("without a function no variable is set") {
  std::vector<problem> said;
  environment const from{{}, said};
  CHECK_FALSE(from.text("PATH"));
}

TEST_CASE("only true is true") {
  reader read{{{"A", "TrUe"}, {"B", "False"}, {"C", "yes"}, {"D", " true "}}};
  CHECK(read.from.boolean("A") == true);
  CHECK(read.from.boolean("B") == false);
  CHECK(read.from.boolean("D") == true);
  CHECK(read.said.empty());
  CHECK(read.from.boolean("C") == false);
  REQUIRE(read.said.size() == 1);
  CHECK(read.said[0].code == problem_code::environment_bad);
  CHECK(read.said[0].what == "C is \"yes\"; it must be true or false; false is used instead");
}

TEST_CASE("integers are digits from 0 to 2^31-1") {
  CHECK(read_integer("0") == 0u);
  CHECK(read_integer("007") == 7u);
  CHECK(read_integer("2147483647") == 2147483647u);
  for (auto const* bad : {"", "-1", "+1", "2147483648", "99999999999999999999999", "1.5", "0x10", "1e3", "12 ", "abc"}) {
    INFO(bad);
    CHECK_FALSE(read_integer(bad));
  }
  reader read{{{"A", " 12 "}, {"B", "-3"}, {"C", "0"}}};
  CHECK(read.from.integer("A", "5") == 12u);
  CHECK(read.said.empty());
  CHECK_FALSE(read.from.integer("B", "5"));
  CHECK_FALSE(read.from.integer("C", "5", 1));
  REQUIRE(read.said.size() == 2);
  CHECK(read.said[0].what == "B is \"-3\"; it must be a whole number from 0 to 2147483647; 5 is used instead");
  CHECK(read.said[1].what == "C is \"0\"; it must be a whole number from 1 to 2147483647; 5 is used instead");
}

TEST_CASE("durations are milliseconds without a unit") {
  reader read{{{"A", "250"}, {"B", "30s"}, {"C", "0"}}};
  CHECK(read.from.milliseconds("A", "1") == std::chrono::milliseconds{250});
  CHECK(read.from.milliseconds("C", "1") == std::chrono::milliseconds{0});
  CHECK(read.said.empty());
  CHECK_FALSE(read.from.milliseconds("B", "10000"));
  REQUIRE(read.said.size() == 1);
  CHECK(read.said[0].what ==
        "B is \"30s\"; it must be a whole number of milliseconds from 0 to 2147483647, without a unit; 10000 is used instead");
}

TEST_CASE("shares are numbers from 0 to 1") {
  reader read{{{"A", "0.25"}, {"B", "1e-3"}, {"C", "1"}, {"D", "nan"}, {"E", "-0.1"}, {"F", "0,5"}, {"G", "1.5"}}};
  CHECK(read.from.share("A", "1.0") == 0.25);
  CHECK(read.from.share("B", "1.0") == 0.001);
  CHECK(read.from.share("C", "1.0") == 1.0);
  CHECK(read.said.empty());
  for (auto const* bad : {"D", "E", "F", "G"}) CHECK_FALSE(read.from.share(bad, "1.0"));
  CHECK(read.said.size() == 4);
}

TEST_CASE("words come in lower case, lists without blanks and gaps") {
  reader read{{{"A", " Always_ON "}, {"B", " TraceContext ,, baggage,"}, {"C", " , "}, {"D", "  "}}};
  CHECK(read.from.word("A") == "always_on");
  CHECK(read.from.words("B") == strings{"tracecontext", "baggage"});
  CHECK_FALSE(read.from.words("C"));
  CHECK_FALSE(read.from.word("D"));
}

TEST_CASE("percent decoding") {
  CHECK(percent_decoded("a%20b%2C%c3%A9") == "a b,\xC3\xA9");
  CHECK(percent_decoded("") == "");
  CHECK(percent_decoded("a+b") == "a+b");
  for (auto const* bad : {"%", "%4", "a%4", "%zz", "%4g"}) {
    INFO(bad);
    CHECK_FALSE(percent_decoded(bad));
  }
}

TEST_CASE("pairs are read as in baggage") {
  std::string wrong;
  auto const loose = read_pairs("x-team=abc%20d, auth = sentry key=k ,empty=", equals_sign::may_stand_in_values, wrong);
  REQUIRE(loose);
  CHECK(*loose == text_pairs{{"x-team", "abc d"}, {"auth", "sentry key=k"}, {"empty", ""}});

  CHECK_FALSE(read_pairs("a=b=c", equals_sign::encoded, wrong));
  CHECK(wrong == "its pair number 1 has a second '=', which must be written %3D");
  CHECK_FALSE(read_pairs("a=1,b", equals_sign::encoded, wrong));
  CHECK(wrong == "its pair number 2 has no '='");
  CHECK_FALSE(read_pairs("a=1,=2", equals_sign::encoded, wrong));
  CHECK(wrong == "its pair number 2 has no key");
  CHECK_FALSE(read_pairs("a=%4", equals_sign::encoded, wrong));
  CHECK(wrong == "its pair number 1 has a % without two hexadecimal digits behind it");
  CHECK(read_pairs("k%2C=a%3Db", equals_sign::encoded, wrong) == text_pairs{{"k,", "a=b"}});
}

TEST_CASE("secrets and control characters stay out of messages") {
  for (auto const* name : {"OTEL_EXPORTER_OTLP_HEADERS", "OTEL_EXPORTER_OTLP_TRACES_HEADERS", "HONEYCOMB_API_KEY", "ROLLBAR_ACCESS_TOKEN",
                           "NEW_RELIC_LICENSE_KEY", "AWS_SECRET_ACCESS_KEY", "MY_TOKENS"}) {
    INFO(name);
    reader read{{{name, "hunter2="}}};
    CHECK_FALSE(read.from.integer(name, "1"));
    REQUIRE(read.said.size() == 1);
    CHECK(read.said[0].what.find("hunter2") == std::string::npos);
    CHECK(read.said[0].what.find(name) == 0);
  }
  CHECK(shown("A", "x\ny\x1B[31m") == "\"x?y?[31m\"");
  CHECK(shown("A", std::string(100, 'x')) == "\"" + std::string(60, 'x') + "...\"");
}

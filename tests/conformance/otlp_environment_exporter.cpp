// The environment cases that are about the exporter: which addresses, headers and manners it gets. Names start with page and number.
#include "support/fake_environment.hpp"

#include <fanlight/impl/otlp_settings.hpp>

#include "catch.hpp"

using namespace fanlight;
using Catch::Matchers::ContainsSubstring;
using namespace std::chrono_literals;

namespace {

struct settled_otlp {
  detail::otlp_settings as;
  std::vector<problem> said, wrong;

  [[nodiscard]] std::string text() const {
    std::string out;
    for (auto const& each : said) out += std::string{to_text(each.code)} + ": " + each.what + "\n";
    return out;
  }
};

/// What otlp(code) runs by with these variables, whose names are given without what they have in common.
[[nodiscard]] settled_otlp settle(test::variables const& given, otlp_config code = {}) {
  test::variables all;
  for (auto const& [name, text] : given) all["OTEL_EXPORTER_OTLP_" + name] = text;
  settled_otlp out;
  detail::environment const from{test::reading(all), out.said};
  out.as.given = std::move(code);
  detail::settle_otlp(out.as, ~record_types{}, from, out.wrong);
  CHECK(out.wrong.empty());
  return out;
}

[[nodiscard]] std::string headers_of(detail::otlp_target const& to) {
  std::string out;
  for (auto const& each : to.headers) out += each.name + ": " + each.value + "\n";
  return out;
}

}  // namespace

TEST_CASE("otlp EV1: a base keeps its path, the signal's goes behind it") {
  auto const out = settle({{"ENDPOINT", "http://collector:4318/mycollector"}});
  CHECK(out.as.traces.url == "http://collector:4318/mycollector/v1/traces");
  CHECK(out.as.logs.url == "http://collector:4318/mycollector/v1/logs");
  CHECK(settle({{"ENDPOINT", "http://collector:4318/"}}).as.traces.url == "http://collector:4318/v1/traces");
  CHECK(settle({{"ENDPOINT", "https://collector"}}).as.logs.url == "https://collector/v1/logs");  // and no port of our own
  CHECK(settle({}).as.traces.url == "http://localhost:4318/v1/traces");
  CHECK(out.text().empty());
}

TEST_CASE("otlp EV2: an address of one signal is used as it is, and no path is /") {
  auto const out = settle({{"TRACES_ENDPOINT", "http://collector:4318"}, {"LOGS_ENDPOINT", "http://logs/in?x=1"}});
  CHECK(out.as.traces.url == "http://collector:4318/");
  CHECK(out.as.logs.url == "http://logs/in?x=1");
  auto const both = settle({{"ENDPOINT", "http://all"}, {"TRACES_ENDPOINT", "http://own/traces"}});
  CHECK(both.as.traces.url == "http://own/traces");
  CHECK(both.as.logs.url == "http://all/v1/logs");
}

TEST_CASE("otlp EV3: headers are trimmed, split at the first =, and percent-decoded") {
  auto const out =
      settle({{"ENDPOINT", "http://collector:4318"}, {"HEADERS", "x-honeycomb-team=abc%20d, x-sentry-auth=sentry sentry_key=k"}});
  CHECK(headers_of(out.as.traces) == "x-honeycomb-team: abc d\nx-sentry-auth: sentry sentry_key=k\n");
  CHECK(headers_of(out.as.logs) == headers_of(out.as.traces));
  CHECK(out.as.traces.headers[0].source == "OTEL_EXPORTER_OTLP_HEADERS");
}

TEST_CASE("otlp EV3: those of a signal replace the general ones") {
  auto const out = settle({{"ENDPOINT", "http://collector:4318"}, {"HEADERS", "a=1,b=2"}, {"LOGS_HEADERS", "c=3"}});
  CHECK(headers_of(out.as.traces) == "a: 1\nb: 2\n");
  CHECK(headers_of(out.as.logs) == "c: 3\n");
  CHECK(out.as.logs.headers[0].source == "OTEL_EXPORTER_OTLP_LOGS_HEADERS");
}

TEST_CASE("otlp EV3: bad headers are told without their text, once, and none is used") {
  auto const out = settle({{"ENDPOINT", "http://collector:4318"}, {"HEADERS", "x-key=hunter2%zz"}});
  CHECK(out.as.traces.headers.empty());
  CHECK(out.said.size() == 1);
  CHECK_THAT(out.text(), ContainsSubstring("OTEL_EXPORTER_OTLP_HEADERS is set to something that is not shown here"));
  CHECK(out.text().find("hunter2") == std::string::npos);
}

TEST_CASE("otlp: headers of the environment do not go to an address that the code chose") {
  otlp_config code;
  code.endpoint = "http://elsewhere:4318";
  auto const out = settle({{"ENDPOINT", "http://collector:4318"}, {"HEADERS", "x-key=hunter2"}}, code);
  CHECK(out.as.traces.url == "http://elsewhere:4318/v1/traces");
  CHECK(out.as.traces.headers.empty());
  CHECK_THAT(out.text(), ContainsSubstring("ignored: OTEL_EXPORTER_OTLP_HEADERS is set, but the address"));
  CHECK(out.text().find("hunter2") == std::string::npos);
  otlp_config half;
  half.traces_endpoint = "http://elsewhere/traces";
  auto const mixed = settle({{"ENDPOINT", "http://collector:4318"}, {"HEADERS", "x-key=k"}}, half);
  CHECK(mixed.as.traces.headers.empty());
  CHECK(headers_of(mixed.as.logs) == "x-key: k\n");
}

TEST_CASE("otlp: what stands in code wins, variable by variable") {
  otlp_config code;
  code.headers = {{"a", "code"}};
  code.protocol = otlp_protocol::http_protobuf;
  code.timeout = 3s;
  auto const out = settle({{"ENDPOINT", "http://collector:4318"},
                           {"HEADERS", "a=environment"},
                           {"PROTOCOL", "http/json"},
                           {"TIMEOUT", "7"},
                           {"COMPRESSION", "none"},
                           {"CERTIFICATE", "ca.pem"}},
                          code);
  CHECK(out.as.traces.url == "http://collector:4318/v1/traces");
  CHECK(headers_of(out.as.traces) == "a: code\n");
  CHECK(out.as.traces.protocol == otlp_protocol::http_protobuf);
  CHECK(out.as.traces.timeout == 3s);
  CHECK_FALSE(out.as.traces.gzip);
  CHECK(out.as.traces.http.ca_file == "ca.pem");
}

TEST_CASE("otlp: protocol by signal, in any case, grpc is told and http/protobuf stays") {
  auto const out = settle({{"PROTOCOL", "HTTP/JSON"}, {"LOGS_PROTOCOL", "http/protobuf"}});
  CHECK(out.as.traces.protocol == otlp_protocol::http_json);
  CHECK(out.as.logs.protocol == otlp_protocol::http_protobuf);
  auto const grpc = settle({{"PROTOCOL", "grpc"}});
  CHECK(grpc.as.traces.protocol == otlp_protocol::http_protobuf);
  CHECK(grpc.said.size() == 1);
  CHECK_THAT(grpc.text(), ContainsSubstring("ignored: OTEL_EXPORTER_OTLP_PROTOCOL is \"grpc\""));
  auto const bad = settle({{"TRACES_PROTOCOL", "thrift"}, {"PROTOCOL", "http/json"}});
  CHECK(bad.as.traces.protocol == otlp_protocol::http_json);  // a bad variable is as if it were not set
  CHECK_THAT(bad.text(), ContainsSubstring("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL is \"thrift\""));
}

TEST_CASE("otlp: compression is off for this machine, on elsewhere, and as the variable says") {
  for (auto const* here : {"http://localhost:4318", "http://127.0.0.1:4318", "http://127.1.2.3", "http://[::1]:4318", "http://LOCALHOST",
                           "http://x.localhost"}) {
    INFO(here);
    CHECK_FALSE(settle({{"ENDPOINT", here}}).as.traces.gzip);
  }
  for (auto const* away : {"http://collector:4318", "https://api.honeycomb.io", "http://127.0.0.1.example", "http://localhost.example"}) {
    INFO(away);
    CHECK(settle({{"ENDPOINT", away}}).as.traces.gzip);
  }
  CHECK(settle({{"COMPRESSION", "gzip"}}).as.logs.gzip);
  CHECK_FALSE(settle({{"ENDPOINT", "http://collector"}, {"COMPRESSION", "none"}}).as.traces.gzip);
  CHECK_THAT(settle({{"COMPRESSION", "zstd"}}).text(),
             ContainsSubstring("OTEL_EXPORTER_OTLP_COMPRESSION is \"zstd\"; it must be gzip or none"));
}

TEST_CASE("otlp EV6: a timeout with a unit is a warning and 10000 ms, 0 is no limit") {
  auto const bad = settle({{"TIMEOUT", "30s"}});
  CHECK(bad.as.traces.timeout == 10s);
  CHECK(bad.said.size() == 1);
  CHECK_THAT(bad.text(),
             ContainsSubstring("environment_bad: OTEL_EXPORTER_OTLP_TIMEOUT is \"30s\"") && ContainsSubstring("10000 is used instead"));
  auto const endless = settle({{"TIMEOUT", "0"}});
  CHECK(endless.as.logs.timeout == detail::no_time_limit);
  CHECK(endless.text().empty());
  auto const own = settle({{"TIMEOUT", "5"}, {"TRACES_TIMEOUT", "7"}});
  CHECK(own.as.traces.timeout == 7ms);
  CHECK(own.as.logs.timeout == 5ms);
}

TEST_CASE("otlp: certificates and keys, each for its signal") {
  auto const out = settle({{"CERTIFICATE", "ca.pem"},
                           {"TRACES_CERTIFICATE", "own.pem"},
                           {"CLIENT_KEY", "key.pem"},
                           {"CLIENT_CERTIFICATE", "me.pem"},
                           {"INSECURE", "true"}});
  CHECK(out.as.traces.http.ca_file == "own.pem");
  CHECK(out.as.logs.http.ca_file == "ca.pem");
  CHECK(out.as.logs.http.client_key == "key.pem");
  CHECK(out.as.logs.http.client_certificate == "me.pem");
  CHECK(out.as.traces.http.verify);  // no variable turns that off
}

TEST_CASE("otlp: an address that is none is told, and the default holds") {
  for (auto const* text : {"collector:4318", "grpc://collector:4317", "http://", "http://a b", "localhost"}) {
    INFO(text);
    auto const out = settle({{"ENDPOINT", text}});
    CHECK(out.as.traces.url == "http://localhost:4318/v1/traces");
    CHECK(out.said.size() == 1);
    CHECK_THAT(out.text(),
               ContainsSubstring("OTEL_EXPORTER_OTLP_ENDPOINT is") && ContainsSubstring("an address such as http://collector:4318"));
  }
  CHECK_THAT(settle({{"ENDPOINT", "ftp://user:secret@host/x?key=secret"}}).text(), !ContainsSubstring("secret"));
}

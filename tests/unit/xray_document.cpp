// impl/xray/document.hpp: one span as the members of a segment or subsegment.
#include "support/batch_builder.hpp"
#include "support/xray_kit.hpp"

#include <limits>

using namespace support;
using fl::problem_code;
using fl::span_kind;
using fl::status_code;
using fl::detail::fact_key;
using fl::detail::xray_form;
using Catch::Matchers::ContainsSubstring;

namespace {
constexpr std::string_view own = "00000000000000a1", above = "00000000000000a0";

struct made {
  json_value document;
  std::string text;
  fl::detail::xray_notices notices;
  [[nodiscard]] std::uint64_t told(problem_code code) const { return times_of(notices, code); }
  [[nodiscard]] json_value operator[](char const* key) const { return document[key]; }
};

fl::resource shop() {
  fl::resource out;
  out.attributes.set("service.name", "shop").set("service.version", "1.4.0");
  return out;
}

/// The document of a single span: a segment, or a child of one that is not there, so that it goes on its own at the end.
made document(entry const& one, xray_form form = {}, fl::resource who = shop()) {
  fl::detail::xray_assembler assembler{std::move(form)};
  assembler.take(batch_of({one}, std::move(who)), std::chrono::steady_clock::now());
  assembler.end();
  auto const all = bodies_of(assembler.outbox());
  REQUIRE(all.size() == 1);
  return {json_value{all[0]}, all[0], assembler.notices()};
}
entry segment(std::string_view name = "svc") { return span(name, own).kind(span_kind::server).flag(fl::detail::entry_flag::segment); }
entry child(std::string_view name = "part") { return span(name, own, above); }
entry call(std::string_view name = "call") { return child(name).kind(span_kind::client); }
}  // namespace

// ---- names ----------------------------------------------------------------------------------------------------------------------------

TEST_CASE("xray_document: the first name that is set is taken, in the collector's order") {
  auto const name = [](entry const& one) { return document(one)["name"].text(); };
  auto const server = span("GET /x", own).kind(span_kind::server);
  CHECK(name(server) == "shop");
  CHECK(name(entry{server}.set("aws.local.service", "local").set("peer.service", "peer")) == "local");
  CHECK(name(span("job", own).set("aws.local.service", "local")) == "local");
  CHECK(name(span("job", own)) == "job");
  auto all = call("SELECT").set("net.peer.name", "peer-name");
  CHECK(name(all) == "peer-name");
  CHECK(name(all.set("http.host", "http-host")) == "http-host");
  CHECK(name(all.set("rpc.service", "rpc")) == "rpc");
  CHECK(name(all.set("db.name", "orders")) == "orders");
  CHECK(name(all.set("db.connection_string", "postgresql://u:p@db.example:5432")) == "orders@db.example");
  CHECK(name(all.set("aws.service", "DynamoDB")) == "DynamoDB");
  CHECK(name(all.set("peer.service", "peer")) == "peer");
  CHECK(name(all.set("aws.remote.service", "remote")) == "remote");
}

TEST_CASE("xray_document: the new conventions name a call too") {
  CHECK(document(call().set("server.address", "h.example"))["name"] == "h.example");
  CHECK(document(call().set("url.full", "https://u:p@h.example:8443/x"))["name"] == "h.example");
  CHECK(document(call().set("db.namespace", "orders").set("server.address", "db.example"))["name"] == "orders@db.example");
  CHECK(document(child().set("server.address", "h.example"))["name"] == "part");
}

TEST_CASE("xray_document: what was named in X-Ray's words keeps its name, unless the environment names all segments") {
  CHECK(document(segment("mine"))["name"] == "mine");
  CHECK(document(call("mine").flag(fl::detail::entry_flag::subsegment).set("server.address", "h.example"))["name"] == "mine");
  CHECK(document(segment("mine"), {.tracing_name = "theirs"})["name"] == "theirs");
  CHECK(document(child("mine"), {.tracing_name = "theirs"})["name"] == "mine");
  CHECK(document(child(""))["name"] == "test");  // the function it was made in
}

TEST_CASE("xray_document: namespaces") {
  CHECK(document(call())["namespace"] == "remote");
  CHECK(document(call().set("rpc.system", "aws-api"))["namespace"] == "aws");
  CHECK(document(child().set("aws.service", "S3"))["namespace"] == "aws");
  CHECK_FALSE(document(child()).document.has("namespace"));
  CHECK_FALSE(document(child().kind(span_kind::producer)).document.has("namespace"));
}

// ---- blocks ---------------------------------------------------------------------------------------------------------------------------

TEST_CASE("xray_document: http by old names and by new ones") {
  auto const old = document(segment()
                                .set("http.method", "POST")
                                .set("http.url", "https://u:p@shop.example/api?k=v#f")
                                .set("http.user_agent", "curl/8")
                                .set("http.client_ip", "192.0.2.7")
                                .set("http.status_code", 201)
                                .set("http.response_content_length", 64));
  auto const fresh = document(segment()
                                  .set("http.request.method", "POST")
                                  .set("url.full", "https://u:p@shop.example/api?k=v#f")
                                  .set("user_agent.original", "curl/8")
                                  .set("client.address", "192.0.2.7")
                                  .set("http.response.status_code", 201)
                                  .set("http.response.body.size", 64));
  auto const* const wanted = R"({"request":{"method":"POST","url":"https://shop.example/api","user_agent":"curl/8","client_ip":"192.0.2.7",)"
                             R"("x_forwarded_for":true},"response":{"status":201,"content_length":64}})";
  CHECK(old["http"] == wanted);
  CHECK(fresh["http"] == wanted);
  CHECK_FALSE(old.document.has("metadata"));
  CHECK_FALSE(fresh.document.has("metadata"));
}

TEST_CASE("xray_document: a URL is put together of its parts") {
  auto const url = [](entry const& one) { return document(one)["http"]["request"]["url"].text(); };
  auto const server = segment().set("http.method", "GET");
  CHECK(url(entry{server}.set("http.scheme", "https").set("http.host", "h.example").set("http.target", "/a?q=1")) == "https://h.example/a");
  CHECK(url(entry{server}.set("url.scheme", "http").set("server.address", "h.example").set("server.port", 8080).set("url.path", "/a").set("url.query", "q=1")) ==
        "http://h.example:8080/a");
  CHECK(url(entry{server}.set("url.scheme", "https").set("server.address", "h.example").set("server.port", 443).set("url.path", "/a")) == "https://h.example/a");
  CHECK(url(entry{server}.set("http.host", "h.example:81").set("net.host.port", 81).set("http.target", "/a")) == "http://h.example:81/a");
  CHECK(url(entry{server}.set("url.path", "/only")) == "/only");
}

TEST_CASE("xray_document: no query gets anywhere unless it is wanted") {
  auto const one = segment().set("http.method", "GET").set("url.path", "/a").set("url.query", "token=secret").set("http.target", "/a?token=secret");
  CHECK(document(one).text.find("secret") == std::string::npos);
  CHECK(document(child().set("url.query", "token=secret")).text.find("secret") == std::string::npos);
  auto const kept = document(entry{one}.set("url.full", "https://u:hidden@h/a?token=secret"), {.keep_query = true});
  CHECK(kept["http"]["request"]["url"] == "https://h/a?token=secret");
  CHECK(kept.text.find("hidden") == std::string::npos);
}

TEST_CASE("xray_document: who asked, by the peer's address where nobody forwarded") {
  auto const request = [](entry const& one) { return document(one)["http"]["request"].text(); };
  auto const server = segment().set("http.method", "GET");
  CHECK(request(entry{server}.set("network.peer.address", "10.0.0.1")) == R"({"method":"GET","client_ip":"10.0.0.1"})");
  CHECK(request(entry{server}.set("net.peer.ip", "10.0.0.1").set("http.client_ip", "192.0.2.7")) == R"({"method":"GET","client_ip":"192.0.2.7"})");
  CHECK(request(call().set("http.method", "GET").set("net.peer.ip", "10.0.0.1")) == R"({"method":"GET"})");
  auto const subsegment = document(call().set("http.method", "GET").set("client.address", "192.0.2.7"));
  CHECK_FALSE(subsegment["http"]["request"].has("x_forwarded_for"));
}

TEST_CASE("xray_document: a status that is none is left out") {
  CHECK(document(call().set("http.method", "GET").set("http.status_code", "404"))["http"]["response"]["status"] == "404");
  CHECK_FALSE(document(call().set("http.method", "GET").set("http.status_code", "soon"))["http"].has("response"));
  CHECK_FALSE(document(call().set("http.method", "GET").set("http.status_code", 5000))["http"].has("response"));
  CHECK_FALSE(document(call().set("http.status_code", -1)).document.has("http"));
}

TEST_CASE("xray_document: the size of an answer from its message event") {
  auto const one = document(call().set("http.method", "GET").event("message", 1, {{"message.type", "RECEIVED"}, {"message.uncompressed_size", 452}}));
  CHECK(one["http"]["response"]["content_length"] == "452");
}

TEST_CASE("xray_document: sql, with its text only when asked for") {
  auto const one = call("SELECT orders")
                       .set("db.system", "postgresql")
                       .set("db.name", "orders")
                       .set("db.connection_string", "postgresql://app:secret@db.example:5432")
                       .set("db.user", "app")
                       .set("db.statement", "SELECT ? FROM private");
  auto const off = document(one);
  CHECK(off["sql"] == R"({"url":"SELECT orders","connection_string":"postgresql://db.example:5432/orders","database_type":"postgresql","user":"app"})");
  CHECK(off.text.find("private") == std::string::npos);
  CHECK(off.text.find("secret") == std::string::npos);
  CHECK(document(one, {.collect_sql = true})["sql"]["sanitized_query"] == "SELECT ? FROM private");
  auto const fresh = document(call().set("db.system.name", "mysql").set("db.namespace", "orders").set("db.query.text", "SELECT 1").set("server.address", "db"), {.collect_sql = true});
  CHECK(fresh["sql"] == R"({"url":"call","connection_string":"db/orders","database_type":"mysql","sanitized_query":"SELECT 1"})");
}

TEST_CASE("xray_document: data bases without SQL have no sql, and keep their queries to themselves") {
  auto const one = document(call().set("db.system", "redis").set("db.statement", "SET k secret").set("db.connection_string", "redis://u:secret@h"));
  CHECK_FALSE(one.document.has("sql"));
  CHECK(one["metadata"]["default"]["db.system"] == "redis");
  CHECK(one.text.find("secret") == std::string::npos);
}

TEST_CASE("xray_document: a call to AWS") {
  auto const one = document(call()
                                .set("rpc.system", "aws-api")
                                .set("rpc.service", "DynamoDB")
                                .set("rpc.method", "UpdateItem")
                                .set("aws.region", "us-west-2")
                                .set("aws.account_id", "123456789012")
                                .set("aws.request_id", "3AIENM5J")
                                .set("aws.extended_request_id", "x2")
                                .set("aws.table_name", "orders")
                                .set("http.request.resend_count", 1));
  CHECK(one["name"] == "DynamoDB");
  CHECK(one["namespace"] == "aws");
  CHECK(one["aws"] == R"({"operation":"UpdateItem","account_id":"123456789012","region":"us-west-2","request_id":"3AIENM5J","id_2":"x2","table_name":"orders","retries":1})");
  CHECK_FALSE(one.document.has("metadata"));
  CHECK(document(call().set("aws.operation", "Send").set("messaging.url", "https://q"))["aws"] == R"({"operation":"Send","queue_url":"https://q"})");
  CHECK(document(call().set("aws.dynamodb.table_names", fl::array{"a", "b"}))["aws"]["table_names"] == R"(["a","b"])");
  CHECK(document(call().set("aws.dynamodb.table_names", fl::array{"a"}))["aws"] == R"({"table_name":"a"})");
  CHECK_FALSE(document(call().set("rpc.method", "Get")).document.has("aws"));
}

TEST_CASE("xray_document: a segment says who sends it") {
  fl::resource who;
  who.attributes.set("service.version", "2").set("cloud.provider", "aws").set("cloud.platform", "aws_ecs").set("aws.ecs.launchtype", "fargate");
  who.attributes.set("cloud.account.id", "123456789012").set("container.id", "c0ffee").set("aws.ecs.task.family", "shop");
  who.attributes.set("aws.log.group.arns", fl::array{"arn:aws:logs:us-east-1:123456789012:log-group:/shop:*"});
  auto const one = document(segment().set("aws.xray.sampling_rule_name", "base"), {}, who);
  CHECK(one["origin"] == "AWS::ECS::Fargate");
  CHECK(one["service"]["version"] == "2");
  CHECK(one["aws"]["account_id"] == "123456789012");
  CHECK(one["aws"]["ecs"] == R"({"container_id":"c0ffee","task_family":"shop","launch_type":"fargate"})");
  CHECK(one["aws"]["cloudwatch_logs"] == R"([{"log_group":"/shop","arn":"arn:aws:logs:us-east-1:123456789012:log-group:/shop:*"}])");
  CHECK(one["aws"]["xray"]["sampling_rule_name"] == "base");
  CHECK_FALSE(document(child(), {}, who).document.has("origin"));
}

TEST_CASE("xray_document: origins") {
  auto const origin = [](char const* platform, char const* launch = "") {
    fl::resource who;
    who.attributes.set("cloud.provider", "aws").set("cloud.platform", platform).set("host.id", "i-1");
    if (*launch != 0) who.attributes.set("aws.ecs.launchtype", launch);
    return document(segment(), {}, who)["origin"].text();
  };
  CHECK(origin("aws_ec2") == "AWS::EC2::Instance");
  CHECK(origin("aws_ecs") == "AWS::ECS::Container");
  CHECK(origin("aws_ecs", "ec2") == "AWS::ECS::EC2");
  CHECK(origin("aws_eks") == "AWS::EKS::Container");
  CHECK(origin("aws_elastic_beanstalk") == "AWS::ElasticBeanstalk::Environment");
  CHECK(origin("aws_app_runner") == "AWS::AppRunner::Service");
  fl::resource elsewhere;
  elsewhere.attributes.set("cloud.provider", "gcp").set("cloud.platform", "gcp_compute_engine").set("host.id", "7");
  auto const other = document(segment(), {}, elsewhere);
  CHECK_FALSE(other.document.has("origin"));
  CHECK_FALSE(other["aws"].has("ec2"));
}

TEST_CASE("xray_document: user, traced, precursors, links") {
  CHECK(document(segment().set("enduser.id", "u-81"))["user"] == "u-81");
  CHECK(document(segment().set("user.id", std::string(251, 'u')))["user"] == std::string(250, 'u'));
  CHECK(document(child().set("user.id", "u-81"))["metadata"]["default"]["user.id"] == "u-81");
  CHECK(document(call().set("aws.xray.traced", true))["traced"] == "true");
  auto const after = document(child().set("aws.xray.precursor_ids", fl::array{"00000000000000B2", "nonsense", "0000000000000000"}));
  CHECK(after["precursor_ids"] == R"(["00000000000000b2"])");
  auto const linked = document(child().link("5759e988bd862e3fe1be46a994272793", "53995c3f42cd8ad8", 1, {}, {{"why", "cause"}}));
  CHECK(linked["links"] == R"([{"trace_id":"1-5759e988-bd862e3fe1be46a994272793","id":"53995c3f42cd8ad8","attributes":{"why":"cause"}}])");
}

// ---- flags and cause ------------------------------------------------------------------------------------------------------------------

TEST_CASE("xray_document: what the program says of itself wins over status and exceptions") {
  auto const flags = [](entry const& one, xray_form const& form = {}) {
    auto const d = document(one, form);
    return std::string{d.document.has("error") ? "e" : ""} + (d.document.has("throttle") ? "t" : "") + (d.document.has("fault") ? "f" : "");
  };
  auto const thrown = call().event("exception", 1, {{"exception.type", "E"}});
  CHECK(flags(thrown) == "f");
  CHECK(flags(thrown, {.exceptions_as_error = true}) == "e");
  CHECK(flags(entry{thrown}.status(status_code::ok)).empty());
  CHECK(flags(entry{thrown}.set("http.status_code", 404)) == "e");
  CHECK(flags(entry{thrown}.set("http.status_code", 200)) == "f");
  CHECK(flags(entry{thrown}.set("aws.xray.error", true)) == "e");
  CHECK(flags(call().set("http.status_code", 503).set("aws.xray.throttle", true)) == "t");
  CHECK(flags(call().set("http.status_code", 503).set("aws.xray.fault", false)).empty());
  CHECK(flags(call().status(status_code::error, "why")) == "f");
}

TEST_CASE("xray_document: a flag that the program sets needs no exception, words, a type and what left by force do") {
  auto const flagged = [] { return call().status(status_code::error).set("aws.xray.error", true); };
  CHECK(document(flagged())["error"] == "true");
  CHECK_FALSE(document(flagged()).document.has("cause"));
  CHECK(document(flagged().set("error.type", "E"))["cause"]["exceptions"].at(0)["type"] == "E");
  CHECK(document(call().status(status_code::error, "why").set("aws.xray.error", true))["cause"]["exceptions"].at(0)["message"] == "why");
  CHECK(document(call().status(status_code::error).set("aws.xray.fault", false))["cause"]["exceptions"].size() == 1);
}

TEST_CASE("xray_document: exceptions with id, type, message, stack and where they came from") {
  auto const one = document(call().event("exception", 1,
                                         {{"exception.type", "class shop::error"},
                                          {"exception.message", "no stock"},
                                          {"fanlight.error.id", "9e0a2b7a-5d2c-4f10-8a00-000000000000"},
                                          {"fanlight.error.cause_id", "00000000-0000-4f10-8a00-000000000000"},
                                          {"exception.stacktrace", "#0 place() at order.cpp:42\n  at main (main.cpp:7)\n??\n"}}));
  auto const exception = one["cause"]["exceptions"].at(0);
  CHECK(exception ==
        R"({"id":"9e0a2b7a5d2c4f10","message":"no stock","type":"shop::error","remote":true,"cause":"0000000000004f10",)"
        R"x("stack":[{"path":"order.cpp","line":42,"label":"place()"},{"path":"main.cpp","line":7,"label":"main"},{"label":"??"}]})x");
}

TEST_CASE("xray_document: 32 frames are kept, and how many are missing is said") {
  std::string stack;
  for (int i = 0; i < 40; ++i) stack += "f" + std::to_string(i) + " at a.cpp:" + std::to_string(i) + "\n";
  auto const exception = document(child().event("exception", 1, {{"exception.stacktrace", stack}}))["cause"]["exceptions"].at(0);
  CHECK(exception["stack"].size() == 32);
  CHECK(exception["truncated"] == "8");
}

TEST_CASE("xray_document: a failure without an exception") {
  auto const said = document(child().status(status_code::error, "card declined"));
  CHECK(said["cause"]["exceptions"].at(0)["message"] == "card declined");
  CHECK(said["cause"]["exceptions"].at(0)["id"].text().size() == 16);
  CHECK(document(child().status(status_code::error))["cause"]["exceptions"].at(0).size() == 1);
  CHECK_FALSE(document(call().status(status_code::error).set("http.status_code", 500)).document.has("cause"));
}

TEST_CASE("xray_document: an error that an inner span tells of is named by its id") {
  auto const outer = document(child()
                                  .status(status_code::error, "boom")
                                  .set("fanlight.error.id", "9e0a2b7a-5d2c-4f10-8a00-000000000000")
                                  .fact(fact_key::error_id, "9e0a2b7a-5d2c-4f10-8a00-000000000000")
                                  .set("error.type", "std::runtime_error"));
  CHECK(outer["cause"] == "9e0a2b7a5d2c4f10");
  CHECK(outer["fault"] == "true");
  CHECK_FALSE(outer.document.has("metadata"));
}

TEST_CASE("xray_document: exceptions without a uuid have ids of their own") {
  auto const two = document(child().event("exception", 1, {{"exception.type", "A"}}).event("exception", 2, {{"exception.type", "B"}}));
  auto const all = two["cause"]["exceptions"];
  REQUIRE(all.size() == 2);
  CHECK(all.at(0)["id"].text().size() == 16);
  CHECK(all.at(0)["id"].text() != all.at(1)["id"].text());
}

// ---- annotations and metadata -----------------------------------------------------------------------------------------------------------

TEST_CASE("xray_document: annotations hold texts, numbers and truth") {
  auto const one = document(child()
                                .annotate("big", INT64_MAX)
                                .annotate("huge", UINT64_MAX)
                                .annotate("nan", std::numeric_limits<double>::quiet_NaN())
                                .annotate("inf", -std::numeric_limits<double>::infinity())
                                .annotate("list", fl::array{1, 2})
                                .annotate("text", std::string(1001, 't')));
  CHECK_THAT(one.text, ContainsSubstring(R"("annotations":{"big":9223372036854775807,"huge":18446744073709551615,"text":"ttt)"));
  CHECK(one["annotations"]["text"] == std::string(1000, 't'));
  CHECK(one["metadata"] == R"({"default":{"list":[1,2]}})");
  CHECK(one.told(problem_code::value_dropped) == 3);
  CHECK(one.told(problem_code::value_cut) == 1);
}

TEST_CASE("xray_document: keys that become equal are one, the last") {
  auto const one = document(child().annotate("a-b", 1).annotate("c", 2).annotate("a b", 3).annotate("a_b", 4));
  CHECK(one["annotations"] == R"({"c":2,"a_b":4})");
  CHECK(one.told(problem_code::key_changed) == 2);
}

TEST_CASE("xray_document: more than fifty annotations are sent, and that is told") {
  auto one = child();
  for (int i = 0; i < 51; ++i) one.annotate("k" + std::to_string(i), i);
  fl::detail::xray_assembler assembler;
  assembler.take(batch_of({one}), std::chrono::steady_clock::now());
  assembler.end();
  REQUIRE(assembler.outbox().size() == 1);  // not kept for the schema, which wants fifty
  CHECK(json_value{std::string{assembler.outbox().body(0)}}["annotations"].size() == 51);
  CHECK(times_of(assembler.notices(), problem_code::annotations_over_50) == 1);
}

TEST_CASE("xray_document: attributes become annotations where that is asked for") {
  auto const one = child().set("app.tier", "gold").set("app-zone", 7).set("list", fl::array{1}).set("http.route", "/x");
  CHECK(document(one)["metadata"]["default"].size() == 4);
  auto const named = document(one, {.indexed_attributes = {"app.tier", "app-zone"}});
  CHECK(named["annotations"] == R"({"app.tier":"gold","app_zone":7})");
  CHECK(named["metadata"]["default"].size() == 2);
  auto const all = document(one, {.index_all = true});
  CHECK(all["annotations"].size() == 3);
  CHECK(all["metadata"] == R"({"default":{"list":[1]}})");
  auto const listed = document(entry{one}.set("aws.xray.annotations", fl::array{"http.route"}));
  CHECK(listed["annotations"] == R"({"http.route":"/x"})");
  CHECK_FALSE(listed["metadata"]["default"].has("aws.xray.annotations"));
  auto const block_too = document(call().set("http.method", "GET"), {.indexed_attributes = {"http.method"}});
  CHECK(block_too["annotations"] == R"({"http.method":"GET"})");
  CHECK(block_too["http"]["request"]["method"] == "GET");
}

TEST_CASE("xray_document: metadata by namespace, no member twice") {
  auto const one = document(child()
                                .set("k", "attribute")
                                .set("nan", std::numeric_limits<double>::quiet_NaN())
                                .metadata("default", "k", "metadata")
                                .metadata("AWS.own", "x", 1)
                                .metadata("billing", "plan", "pro")
                                .metadata("AWS_own", "x", 2));
  CHECK(one["metadata"] == R"({"default":{"nan":"NaN","k":"metadata"},"billing":{"plan":"pro"},"AWS_own":{"x":2}})");
  CHECK(one.told(problem_code::key_changed) == 1);
}

TEST_CASE("xray_document: a whole namespace as JSON text") {
  auto const one = document(child().set("aws.xray.metadata.raw", "{ \"a\" : [ 1 ] }").set("aws.xray.metadata.bad", "[1]").set("aws.xray.metadata.both", "{}").metadata("both", "k", 1));
  CHECK(one["metadata"] == R"({"raw":{"a":[1]},"both":{"k":1}})");
  CHECK(one.told(problem_code::value_dropped) == 1);
}

TEST_CASE("xray_document: every text is UTF-8") {
  auto const one = document(child("na\xFFme")
                                .set("bro\xFFken", "va\xFFlue")
                                .annotate("a\xFF", "va\xFFlue")
                                .metadata("sp\xFF" "ace", "k\xFF", "v\xFF")
                                .event("exception", 1, {{"exception.message", "m\xFF"}}));
  CHECK(fl::detail::is_utf8(one.text));
  CHECK(one["name"] == "name");
  CHECK(one["annotations"] == "{\"a_\":\"va\xEF\xBF\xBDlue\"}");
  CHECK(one["metadata"] == "{\"default\":{\"broken\":\"va\xEF\xBF\xBDlue\"},\"space\":{\"k\":\"v\xEF\xBF\xBD\"}}");
}

TEST_CASE("xray_document: where a span was made, and the resource, by option") {
  CHECK_FALSE(document(child()).document.has("metadata"));
  auto const source = document(child().set("code.file.path", "mine"), {.source_facts = true});
  CHECK(source["metadata"]["default"] == R"({"code.file.path":"mine","code.function.name":"test","code.line.number":1})");
  auto const resource = document(segment(), {.resource_facts = true});
  CHECK(resource["metadata"]["default"] == R"({"otel.resource.service.name":"shop","otel.resource.service.version":"1.4.0"})");
  CHECK_FALSE(document(child(), {.resource_facts = true}).document.has("metadata"));
}

// ---- size -----------------------------------------------------------------------------------------------------------------------------

namespace {
made within(std::size_t budget, entry const& one, xray_form form = {}) {
  fl::detail::xray_assembler assembler{std::move(form), {.budget = budget}};
  assembler.take(batch_of({one}), std::chrono::steady_clock::now());
  assembler.end();
  auto const all = bodies_of(assembler.outbox());
  REQUIRE(all.size() == 1);
  CHECK(all[0].size() <= budget);
  return {json_value{all[0]}, all[0], assembler.notices()};
}
}  // namespace

TEST_CASE("xray_document: the largest entries of metadata go first, and no more than must") {
  auto const one = within(8'000, child().set("small", 1).set("large", std::string(7'000, 'l')).metadata("x", "larger", std::string(9'000, 'm')));
  CHECK(one["metadata"]["default"]["small"] == "1");
  CHECK(one["metadata"]["default"].has("large"));
  CHECK_FALSE(one["metadata"].has("x"));
  REQUIRE(one["metadata"]["fanlight"]["truncated"].size() == 1);
  CHECK_THAT(one["metadata"]["fanlight"]["truncated"].at(0).text(), ContainsSubstring("x.larger"));
  CHECK(one.told(problem_code::doc_trimmed) == 1);
}

TEST_CASE("xray_document: then queries, stacks, exceptions, messages, annotations, each with its mark") {
  auto const marks = [](made const& one) { return one["metadata"]["fanlight"]["truncated"].text(); };
  auto const sql = within(8'000, call().set("db.system", "mysql").set("db.statement", std::string(20'000, 'q')), {.collect_sql = true});
  CHECK(sql["sql"]["sanitized_query"].text().size() == 1000);
  CHECK_THAT(marks(sql), ContainsSubstring("sanitized_query"));
  std::string stack;
  for (int i = 0; i < 20; ++i) stack.append(500, 'f').append("\n");
  auto const stacks = within(8'000, child().event("exception", 1, {{"exception.message", "m"}, {"exception.stacktrace", stack}}));
  CHECK_FALSE(stacks["cause"]["exceptions"].at(0).has("stack"));
  CHECK_THAT(marks(stacks), ContainsSubstring("stacks"));
  auto many = child();
  for (int i = 0; i < 10; ++i) many.event("exception", i, {{"exception.message", std::string(2'000, 'm')}});
  auto const first = within(8'000, many);
  CHECK(first["cause"]["exceptions"].size() == 1);
  auto const message = within(8'000, child().event("exception", 1, {{"exception.message", std::string(20'000, 'm')}}));
  CHECK(message["cause"]["exceptions"].at(0)["message"].text().size() == 1000);
  auto indexed = child();
  for (int i = 0; i < 20; ++i) indexed.annotate("k" + std::to_string(i), std::string(900, 'a'));
  CHECK_FALSE(within(8'000, indexed).document.has("annotations"));
}

TEST_CASE("xray_document: many losses are summed up") {
  auto one = child();
  for (int i = 0; i < 300; ++i) one.metadata("m", "key" + std::to_string(i), std::string(300, 'x'));
  auto const made = within(6'000, one);
  CHECK(made["metadata"]["fanlight"]["truncated"].size() == 21);
  CHECK_THAT(made["metadata"]["fanlight"]["truncated"].at(20).text(), ContainsSubstring("more"));
}

TEST_CASE("xray_document: an attribute that is a mark of ours is not written twice") {
  auto const made = within(6'000, child().metadata("fanlight", "truncated", "mine").metadata("fanlight", "other", 1).set("big", std::string(9'000, 'x')));
  CHECK(made["metadata"]["fanlight"]["truncated"].size() == 1);
  CHECK(made["metadata"]["fanlight"]["other"] == "1");
}

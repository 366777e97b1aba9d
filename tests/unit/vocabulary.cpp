// vocabulary.hpp: words that become attributes by the conventions' names, and X-Ray's blocks by way of them.
#include <fanlight/testing.hpp>
#include <fanlight/trace.hpp>

#include "support/xray_story.hpp"

#include <string>

using namespace support;
using Catch::Matchers::ContainsSubstring;

static_assert(noexcept(std::declval<fl::scoped_span&>().set_http({}).set_sql({}).set_aws({}).set_user({}).remote().set_fault().after({})));
static_assert(std::string_view{fl::annotation_key{"http.route"}} == "http.route");

TEST_CASE("vocabulary: http, for every back end and as X-Ray's block") {
  story told;
  {
    fl::segment svc{"svc"};
    svc.set_http({.method = "POST", .url = "https://u:p@shop.example/api?k=v", .user_agent = "curl/8", .client_ip = "192.0.2.7", .forwarded = true, .status = 404, .content_length = 64});
  }
  auto const document = told.send_one();
  CHECK(document["http"] ==
        R"({"request":{"method":"POST","url":"https://shop.example/api","user_agent":"curl/8","client_ip":"192.0.2.7","x_forwarded_for":true},"response":{"status":404,"content_length":64}})");
  CHECK(document["error"] == "true");
  CHECK_FALSE(document.has("metadata"));
}

TEST_CASE("vocabulary: attributes have the conventions' names, and no password gets into them") {
  fl::testing::capture taken;
  {
    fl::scoped_span one{"one"};
    one.set_http({.method = "GET", .url = "https://u:secret@h.example/x?q=a@b", .route = "/x", .status = 200}).set_user("u-81", "andrew");
    fl::scoped_span two{"two"};
    two.set_http({.url = "https://h.example/p@th"});
    fl::scoped_span three{"three"};
    three.set_http({.url = "https://u:secret@h.example/" + std::string(5'000, 'x')});
    fl::scoped_span four{"four"};
    four.set_http({.url = "https://bucket.example/key?X-Amz-Signature=secret&x=1"});
    fl::scoped_span five{"five"};
    five.set_http({.url = "https://h.example/?x=" + std::string(5'000, 'x')});
    for (auto const* const url : {"http://user:pa/ss@h/", "http://user:pa?ss@h/", "http://user:pa#ss@h/"}) fl::scoped_span{"not escaped"}.set_http({.url = url});
  }
  auto const spans = taken.spans();
  CHECK(spans["one"].find("url.full").as_text() == "https://h.example/x?q=a@b");
  CHECK(spans["one"].find("http.response.status_code").as_int64() == 200);
  CHECK(spans["one"].find("http.route").as_text() == "/x");
  CHECK(spans["one"].find("user.id").as_text() == "u-81");
  CHECK(spans["one"].find("user.name").as_text() == "andrew");
  CHECK(spans["two"].find("url.full").as_text() == "https://h.example/p@th");
  CHECK(spans["three"].find("url.full").as_text() == "https://h.example/" + std::string(1'982, 'x'));
  CHECK(spans["five"].find("url.full").as_text().size() == 5'021);
  for (auto const& span : spans)
    if (span.name == std::string_view{"not escaped"}) CHECK(span.find("url.full").as_text() == "http://REDACTED");
  CHECK(spans["four"].find("url.full").as_text() == "https://bucket.example/key?X-Amz-Signature=REDACTED&x=1");
}

TEST_CASE("vocabulary: calls to data bases, to AWS and to others") {
  story told;
  {
    fl::segment const svc{"svc"};
    { fl::scoped_span{"SELECT orders"}.set_sql({.system = "postgresql", .query = "SELECT ?", .database = "orders", .server = "db.example", .user = "app"}); }
    { fl::scoped_span{"put"}.set_aws({.service = "DynamoDB", .operation = "PutItem", .region = "us-west-2", .table_name = "orders", .retries = 1}); }
    { fl::subsegment{"pay.example"}.remote(true); }
  }
  auto const document = told.send_one();
  auto const sql = document["subsegments"].at(0), aws = document["subsegments"].at(1), other = document["subsegments"].at(2);
  CHECK(sql["name"] == "orders@db.example");
  CHECK(sql["namespace"] == "remote");
  CHECK(sql["sql"] == R"({"url":"SELECT orders","connection_string":"db.example/orders","database_type":"postgresql","user":"app"})");
  CHECK(aws["name"] == "DynamoDB");
  CHECK(aws["namespace"] == "aws");
  CHECK(aws["aws"] == R"({"operation":"PutItem","region":"us-west-2","table_name":"orders","retries":1})");
  CHECK(other["name"] == "pay.example");
  CHECK(other["namespace"] == "remote");
  CHECK(other["traced"] == "true");
  for (auto const* const one : {&sql, &aws, &other}) CHECK_FALSE(one->has("fault"));
}

TEST_CASE("vocabulary: error, fault and throttle, each apart") {
  story told;
  fl::segment{"svc"}.set_throttle().set_error();
  auto const document = told.send_one();
  CHECK(document["error"] == "true");
  CHECK(document["throttle"] == "true");
  CHECK_FALSE(document.has("fault"));
  fl::testing::capture taken;
  fl::scoped_span{"one"}.set_fault();
  fl::scoped_span{"two"}.set_fault(false);
  CHECK(taken.spans()["one"].status == fl::status_code::error);
  CHECK(taken.spans()["two"].status == fl::status_code::unset);
}

TEST_CASE("vocabulary: what had to end before") {
  story told;
  {
    fl::segment const svc{"svc"};
    fl::context first;
    {
      fl::subsegment const one{"one"};
      first = one.context();
    }
    fl::subsegment{"two"}.after({first, fl::context{}});
  }
  auto const document = told.send_one();
  CHECK(document["subsegments"].at(1)["precursor_ids"].at(0) == document["subsegments"].at(0)["id"].text());
  CHECK(document["subsegments"].at(1)["precursor_ids"].size() == 1);
}

TEST_CASE("vocabulary: keys at run time, of any kind of text") {
  story told;
  {
    fl::segment svc{"svc"};
    char buffer[8] = "a-b";
    char const* const pointer = "c-d";
    svc.annotate(buffer, 1).annotate(pointer, 2).annotate(std::string{"e-f"}, 3).annotate(std::string_view{"g-h"}, 4).annotate("i.j", 5);
    fl::annotation const scoped{std::string{"k-l"}, 6};
  }
  CHECK(told.send_one()["annotations"] == R"({"a_b":1,"c_d":2,"e_f":3,"g_h":4,"i.j":5,"k_l":6})");
}

TEST_CASE("vocabulary: words to a span that is not recorded, or has ended, do nothing") {
  fl::testing::capture taken{{.sampler = fl::always_off()}};
  fl::scoped_span{"one"}.set_http({.method = "GET", .url = "https://u@h/x"}).set_sql({.system = "mysql"}).remote(true).set_fault().after({});
  fl::span ended{"two"};
  ended.end();
  ended.set_http({.method = "GET"}).set_user("u");
  CHECK(taken.spans().empty());
}

// The resource as a value.
#include <fanlight/resource.hpp>

#include "catch.hpp"

using namespace fanlight;

TEST_CASE("the stronger resource wins, even with an empty value") {
  resource weak{{{"service.name", "a"}, {"team", "x"}, {"zone", "eu"}}, ""};
  CHECK(weak.merge({{{"service.name", "b"}, {"team", ""}, {"shift", 3}}, ""}));
  CHECK(weak.get("service.name") == "b");
  CHECK(weak.attributes.contains("team"));
  CHECK(weak.get("team").empty());
  CHECK(weak.get("zone") == "eu");
  CHECK(weak.attributes.get("shift").as_int64() == 3);
}

TEST_CASE("schema URLs are kept when equal or when one is empty") {
  auto const merged = [](std::string ours, std::string theirs) {
    resource out{{}, std::move(ours)};
    bool const agreed = out.merge({{}, std::move(theirs)});
    return std::pair{agreed, out.schema_url};
  };
  CHECK(merged("", "") == std::pair{true, std::string{}});
  CHECK(merged("u1", "") == std::pair{true, std::string{"u1"}});
  CHECK(merged("", "u1") == std::pair{true, std::string{"u1"}});
  CHECK(merged("u1", "u1") == std::pair{true, std::string{"u1"}});
  CHECK(merged("u1", "u2") == std::pair{false, std::string{"u1"}});
}

TEST_CASE("get gives the text, or nothing") {
  resource const who{{{"service.name", "shop"}, {"process.pid", 7}}, ""};
  CHECK(who.get("service.name") == "shop");
  CHECK(who.get("process.pid").empty());
  CHECK(who.get("none").empty());
}

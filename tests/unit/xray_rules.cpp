// impl/xray/rules.hpp: patterns, requests, reservoirs, and decisions while rules change.
#include <fanlight/impl/xray/rules.hpp>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "catch.hpp"

using namespace fanlight;
using namespace fanlight::detail;

namespace {

[[nodiscard]] rule_facts facts(std::string name, std::uint32_t priority, std::string path, std::uint32_t reservoir, double rate) {
  rule_facts out;
  out.as.name = std::move(name);
  out.as.path = std::move(path);
  out.as.fixed_target = reservoir;
  out.as.rate = rate;
  out.priority = priority;
  return out;
}
[[nodiscard]] rule_verdict ask(rule_book& book, std::string_view path, std::uint32_t now = 100, double chance = 0.5) {
  rule_request what;
  what.path = path;
  return book.decide(what, now, [](void* of) { return *static_cast<double*>(of); }, &chance);
}

}  // namespace

TEST_CASE("xray_rules: patterns with several stars, and letters of several bytes") {
  CHECK(matches_pattern("a*b*c", "aXXbYYbc"));
  CHECK_FALSE(matches_pattern("a*b*c", "aXXbYYb"));
  CHECK(matches_pattern("**", "x"));
  CHECK(matches_pattern("?*", "x"));
  CHECK_FALSE(matches_pattern("?*", ""));
  CHECK(matches_pattern("caf?", "caf\xC3\xA9"));
  CHECK_FALSE(matches_pattern("", "x"));
  CHECK(matches_pattern("*" + std::string(60, 'a') + "*", std::string(5000, 'a')));
}

TEST_CASE("xray_rules: a request is read from attributes of either convention") {
  attribute const modern[]{{"http.request.method", "GET"}, {"url.full", "https://u:p@shop.example:8443/a/b?q=1#f"}};
  auto const one = read_request(modern, 2);
  CHECK(one.method == "GET");
  CHECK(one.host == "shop.example:8443");
  CHECK(one.path == "/a/b");
  attribute const old[]{{"http.method", "POST"}, {"http.target", "/x?y=/z"}, {"http.host", "h"}, {"net.host.name", "other"}};
  auto const two = read_request(old, 4);
  CHECK(two.method == "POST");
  CHECK(two.host == "h");
  CHECK(two.path == "/x");
  attribute const bare[]{{"url.full", "http://h"}, {"server.address", "s"}, {"url.path", 7}};
  auto const three = read_request(bare, 3);
  CHECK(three.host == "s");
  CHECK(three.path == "/");
  CHECK(read_request(nullptr, 0).path.empty());
}

TEST_CASE("xray_rules: what a request does not say matches") {
  rule_book book{{facts("posts", 1, "/p", 0, 1)}, {0, 0}, true};
  CHECK(ask(book, {}).rule->name == "posts");
  CHECK(ask(book, "/q").rule->name == "default");
}

TEST_CASE("xray_rules: host, method, service and service type are conditions too") {
  auto only = facts("only", 1, "*", 0, 1);
  only.as.host = "*.example", only.as.method = "get", only.as.service = "shop", only.as.service_type = "AWS::EC2::*";
  rule_book book{{only}, {0, 0}, true};
  auto const name = [&](rule_request const& what) { return book.decide(what, 1, [](void*) { return 0.5; }, nullptr).rule->name; };
  rule_request what{"a.example", "GET", "/", "shop", "AWS::EC2::Instance"};
  CHECK(name(what) == "only");
  for (auto rule_request::*part : {&rule_request::host, &rule_request::method, &rule_request::service, &rule_request::service_type}) {
    auto other = what;
    other.*part = "other";
    CHECK(name(other) == "default");
  }
}

TEST_CASE("xray_rules: a rule with attributes wants all of them, and is passed over where none are given") {
  auto tiered = facts("tiered", 1, "*", 0, 1);
  tiered.attributes = {{"tier", "g*"}, {"items", "3"}};
  rule_book book{{tiered}, {0, 0}, true};
  auto const name = [&](std::vector<attribute> const& given) {
    auto const what = read_request(given.data(), given.size());
    return book.decide(what, 1, [](void*) { return 0.5; }, nullptr).rule->name;
  };
  CHECK(name({{"tier", "gold"}, {"items", 3}}) == "tiered");
  CHECK(name({{"tier", "gold"}, {"items", 4}}) == "default");
  CHECK(name({{"tier", "gold"}}) == "default");
  CHECK(name({}) == "default");
}

TEST_CASE("xray_rules: local rules take their target and then their rate, second by second") {
  rule_book book{{}, {2, 0.1}, true};
  for (std::uint32_t second : {100u, 101u, 150u}) {
    CHECK(ask(book, "/", second).by == sampling_means::reservoir);
    CHECK(ask(book, "/", second).sampled);
    auto const third = ask(book, "/", second);
    CHECK_FALSE(third.sampled);
    CHECK(third.by == sampling_means::rate);
    CHECK(ask(book, "/", second, 0.09).sampled);
    CHECK_FALSE(ask(book, "/", second, 0.1).sampled);
  }
  // A thread whose clock is a moment late does not open the second anew.
  CHECK_FALSE(ask(book, "/", 149).sampled);
  CHECK_FALSE(ask(book, "/", 150).sampled);
}

TEST_CASE("xray_rules: a quota is taken while it is valid, and nothing is borrowed beside it") {
  rule_book book{{}, {0, 0}, true};
  book.use_central({facts("q", 1, "*", 5, 0)});
  auto& state = *book.find_central("q");
  state.quota = std::uint64_t{101} << 32 | 2;
  CHECK(ask(book, "/", 100).by == sampling_means::reservoir);
  CHECK(ask(book, "/", 100).sampled);
  CHECK_FALSE(ask(book, "/", 100).sampled);
  CHECK(ask(book, "/", 101).sampled);
  CHECK(ask(book, "/", 102).by == sampling_means::borrowed);  // it has run out
  CHECK_FALSE(ask(book, "/", 102).sampled);
  state.quota = std::uint64_t{200} << 32;  // none at all, and valid
  CHECK_FALSE(ask(book, "/", 103).sampled);
  CHECK(state.requests == 7);
  CHECK(state.sampled == 3);
  CHECK(state.borrowed == 1);
}

TEST_CASE("xray_rules: without a reservoir the rate alone decides") {
  rule_book book{{}, {0, 0}, true};
  book.use_central({facts("r", 1, "*", 0, 0.5)});
  CHECK(ask(book, "/", 100, 0.49).sampled);
  CHECK_FALSE(ask(book, "/", 100, 0.5).sampled);
  CHECK(book.find_central("r")->sampled == 1);
}

TEST_CASE("xray_rules: order is by priority, then by name, and Default is last") {
  rule_book book{{}, {0, 0}, true};
  book.use_central({facts("Default", 1, "*", 0, 0), facts("b", 5, "/same", 0, 0), facts("a", 5, "/same", 0, 0), facts("c", 2, "/other", 0, 0)});
  std::string order;
  for (auto const& each : book.in_force().rules) order += each.facts.as.name + " ";
  CHECK(order == "c a b Default ");
  CHECK(ask(book, "/same").rule->name == "a");
}

TEST_CASE("xray_rules: where no central rule matches the local ones decide") {
  rule_book book{{}, {0, 1}, true};
  book.use_central({facts("x", 1, "/x", 0, 0)});
  auto const verdict = ask(book, "/y");
  CHECK(verdict.rule->origin == rule_origin::local);
  CHECK(verdict.sampled);
}

TEST_CASE("xray_rules: what a rule has counted, and its quota, stay through a refresh, a rate of its target too, until the rule's own changes") {
  rule_book book{{}, {0, 0}, true};
  book.use_central({facts("x", 1, "*", 0, 0.1)});
  CHECK_FALSE(ask(book, "/").sampled);
  book.find_central("x")->rate = 0.9;
  book.use_central({facts("x", 3, "*", 0, 0.1)});
  CHECK(book.find_central("x")->requests == 1);
  CHECK(ask(book, "/").sampled);
  book.use_central({facts("x", 3, "*", 0, 0.2)});
  CHECK_FALSE(ask(book, "/").sampled);
}

TEST_CASE("xray_rules: decisions race with refreshes, and none is lost or counted twice") {
  rule_book book{{}, {0, 0}, true};
  book.use_central({facts("even", 1, "*", 0, 1)});
  constexpr unsigned threads = 4, each = 5000;
  std::atomic<unsigned> running{threads}, wrong{0};
  std::vector<std::thread> deciders;
  for (unsigned i = 0; i < threads; ++i)
    deciders.emplace_back([&] {
      for (unsigned n = 0; n < each; ++n) {
        auto const verdict = ask(book, "/", n / 100);
        if (verdict.rule == nullptr || !verdict.sampled || (verdict.rule->name != "even" && verdict.rule->name != "odd")) ++wrong;
      }
      --running;
    });
  unsigned refreshes = 0;
  do {
    bool const odd = ++refreshes % 2 != 0;
    book.use_central({facts(odd ? "odd" : "even", 1, "*", odd ? 1u : 0u, 1), facts("Default", 10'000, "*", 0, 0)});
    book.tidy();
    std::this_thread::yield();
  } while (running != 0);
  for (auto& one : deciders) one.join();
  CHECK(wrong == 0);
  CHECK(book.find_central("even")->requests + (book.find_central("odd") != nullptr ? book.find_central("odd")->requests.load() : 0) == threads * each);
}

// Any bytes as a file of sampling rules, as X-Ray's rules and as its targets: nothing is read that is not there, what is used lies within its
// bounds, what is refused is told, and decisions by what was read are sound.
#include <fanlight/impl/xray/rule_reader.hpp>

#include "check.hpp"

#include <cstddef>
#include <cstdint>
#include <string>

namespace fl = fanlight;
using namespace fl::detail;

namespace {

void check_rule(rule_facts const& rule) {
  MUST(rule.as.rate >= 0 && rule.as.rate <= 1);
  MUST(rule.as.fixed_target <= 0x7FFFFFFF);
  MUST(matches_pattern("*", rule.as.path));
  bool const has_wildcard = rule.as.path.find_first_of("*?") != std::string::npos;
  if (!has_wildcard) MUST(matches_pattern(rule.as.path, rule.as.path));
}

void decide_by(rule_book& book) {
  rule_request what;
  what.path = "/a/b";
  what.host = "h";
  for (std::uint32_t now = 1; now < 4; ++now) MUST(book.decide(what, now, [](void*) { return 0.5; }, nullptr).rule != nullptr);
}

void read_as_file(std::string_view text) {
  std::vector<fl::problem> said;
  auto const rules = read_local_rules(text, "fuzz", said);
  bool refused = false;
  for (auto const& each : said) {
    refused = refused || each.code == fl::problem_code::rules_bad;
    for (char const letter : each.what) MUST(static_cast<unsigned char>(letter) >= 0x20);
  }
  MUST(refused == !rules);
  if (!rules) return;
  for (auto const& each : rules->rules) check_rule(each);
  MUST(rules->otherwise.rate >= 0 && rules->otherwise.rate <= 1);
  rule_book book{rules->rules, rules->otherwise, true};
  decide_by(book);
}

void read_as_answers(std::string_view text) {
  auto page = read_rules_page(text);
  MUST(page.readable || page.rules.empty());
  for (auto const& each : page.rules) check_rule(each);
  rule_book book{{}, {}, false};
  book.use_central(std::move(page.rules));
  decide_by(book);
  auto const targets = read_targets(text);
  for (auto const& each : targets.targets) {
    MUST(each.rate == -1 || (each.rate >= 0 && each.rate <= 1));
    MUST(each.quota >= -1 && each.quota <= 0xFFFFFFFF && each.quota_until >= 0 && each.quota_until <= 0xFFFFFFFF && each.interval >= -1);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  std::string_view const text{reinterpret_cast<char const*>(data), size};
  read_as_file(text);
  read_as_answers(text);
  return 0;
}

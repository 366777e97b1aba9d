// Sampling rules as text: the documents of the X-Ray SDKs, version 1 and 2, and what X-Ray's API takes and gives. Pure functions; any thread.
// What is wrong is told with the place it stands at and what was expected there. [AWS X-Ray SDKs, sampling rules; X-Ray API]
#pragma once

#include <fanlight/impl/json_tree.hpp>
#include <fanlight/impl/xray/rules.hpp>
#include <fanlight/problem.hpp>

FANLIGHT_BEGIN
namespace detail {

struct local_rules {
  std::vector<rule_facts> rules = {};
  xray_default otherwise = {};
};

/// `where`: the name of the text in what is told. Nothing: it cannot be used.
[[nodiscard]] std::optional<local_rules> read_local_rules(std::string_view document, std::string const& where, std::vector<problem>& said);
/// Of rules that were given in code.
[[nodiscard]] std::optional<local_rules> check_local_rules(std::vector<xray_rule> const& given, xray_default const& otherwise, std::vector<problem>& said);

/// One page of an answer to GetSamplingRules. Rules that no SDK can use (another version, an ARN of their own) are passed over.
struct rules_page {
  std::vector<rule_facts> rules = {};
  std::string next_token = {};
  std::string wrong = {};  // the first rule that made no sense, and was left out; or all of it
  bool readable = false;
};
[[nodiscard]] rules_page read_rules_page(std::string_view document);

struct rule_target {
  std::string rule = {};
  double rate = -1;                                            // below 0: none
  std::int64_t quota = -1, quota_until = 0, interval = -1;
};
struct targets_answer {
  std::vector<rule_target> targets = {};
  double modified = 0;                      // when the rules were, in seconds of the epoch
  bool fetch_rules = false;                 // a rule is not known there any more
  std::vector<std::string> try_again = {};  // rules whose counts could not be used this time
  bool readable = false;
};
[[nodiscard]] targets_answer read_targets(std::string_view document);

}  // namespace detail
FANLIGHT_END

#ifndef FANLIGHT_COMPILED
#include <fanlight/impl/xray/rule_reader.ipp>
#endif

// Bodies of rule_reader.hpp.
#pragma once

#include <fanlight/impl/joined.hpp>
#include <fanlight/impl/json_tree.ipp>
#include <fanlight/impl/places.hpp>
#include <fanlight/impl/xray/rule_reader.hpp>

#include <algorithm>
#include <initializer_list>

FANLIGHT_BEGIN
namespace detail {

/// Reads members one by one, and keeps what was wrong first.
class rule_reading {
 public:
  explicit rule_reading(std::string where) : where_{std::move(where)} {}

  [[nodiscard]] bool good() const noexcept { return wrong_.empty(); }
  [[nodiscard]] std::string const& wrong() const noexcept { return wrong_; }
  [[nodiscard]] std::string const& where() const noexcept { return where_; }

  FANLIGHT_COLD void fail(std::string const& path, std::string const& expected, json_at const& found) {
    if (wrong_.empty()) wrong_ = joined({path, " must be ", expected, ", and is ", found.shown()});
  }
  FANLIGHT_COLD void text(json_at const& in, std::string_view key, std::string& to, bool must) {
    auto const found = in.find(key);
    if (found.is(json_kind::text)) to = found.text();
    else if (found || must) fail(joined({in.path(), ".", key}), "a text", found);
  }
  FANLIGHT_COLD void share(json_at const& in, std::string_view key, double& to, bool must) {
    auto const found = in.find(key);
    double number = 0;
    if (found.real(number) && number >= 0 && number <= 1) to = number;
    else if (found || must) fail(joined({in.path(), ".", key}), "a number from 0 to 1", found);
  }
  FANLIGHT_COLD void count(json_at const& in, std::string_view key, std::uint32_t& to, bool must) {
    auto const found = in.find(key);
    std::uint64_t number = 0;
    if (found.natural(number) && number <= 0x7FFFFFFF) to = static_cast<std::uint32_t>(number);
    else if (found || must) fail(joined({in.path(), ".", key}), "a whole number, 0 or more", found);
  }
  /// Members that nobody reads.
  FANLIGHT_COLD void others(json_at const& in, std::initializer_list<std::string_view> known, std::vector<problem>& said) const {
    for (auto each = in.first(); each; each = each.next())
      if (std::find(known.begin(), known.end(), each.key()) == known.end()) {
        problem one;
        one.code = problem_code::ignored;
        one.what = joined({"X-Ray sampling rules in ", where_, ": ", each.path(), " is not known and is ignored"});
        said.push_back(std::move(one));
      }
  }

 private:
  std::string where_, wrong_;
};

FANLIGHT_COLD inline void tell_rules(std::vector<problem>& said, problem_code code, std::string const& where, std::string const& what) {
  problem one;
  one.code = code;
  one.what = joined({"X-Ray sampling rules in ", where, ": ", what});
  said.push_back(std::move(one));
}

// ---- the SDKs' documents --------------------------------------------------------------------------------------------------------------

[[nodiscard]] FANLIGHT_COLD FANLIGHT_INLINE rule_facts read_sdk_rule(json_at const& in, bool second, rule_reading& how, std::vector<problem>& said) {
  rule_facts out;
  if (!in.is(json_kind::object)) how.fail(in.path(), "an object", in);
  how.text(in, "description", out.as.name, false);
  how.text(in, second ? "host" : "service_name", out.as.host, true);
  how.text(in, "http_method", out.as.method, true);
  how.text(in, "url_path", out.as.path, true);
  how.count(in, "fixed_target", out.as.fixed_target, true);
  how.share(in, "rate", out.as.rate, true);
  how.others(in, {"description", second ? "host" : "service_name", "http_method", "url_path", "fixed_target", "rate"}, said);
  return out;
}

[[nodiscard]] FANLIGHT_COLD FANLIGHT_INLINE local_rules read_sdk_rules(json_at const& root, rule_reading& how, std::vector<problem>& said) {
  local_rules out;
  std::uint64_t version = 0;
  auto const stated = root.find("version"), last = root.find("default"), rules = root.find("rules");
  if (!stated.natural(version) || version < 1 || version > 2) how.fail("$.version", "1 or 2", stated);
  if (last.is(json_kind::object)) {
    how.count(last, "fixed_target", out.otherwise.fixed_target, true);
    how.share(last, "rate", out.otherwise.rate, true);
    for (auto each = last.first(); each; each = each.next())
      if (each.key() != "fixed_target" && each.key() != "rate") how.fail(each.path(), "left out: the default has fixed_target and rate alone", each);
  } else {
    how.fail("$.default", "an object with fixed_target and rate", last);
  }
  if (rules && !rules.is(json_kind::array)) how.fail("$.rules", "an array", rules);
  if (rules.is(json_kind::array))
    for (auto each = rules.first(); each && how.good(); each = each.next()) out.rules.push_back(read_sdk_rule(each, version == 2, how, said));
  how.others(root, {"version", "default", "rules"}, said);
  return out;
}

// ---- the API's shapes -----------------------------------------------------------------------------------------------------------------

/// A SamplingRule. `usable`: of the one version, and for every resource.
[[nodiscard]] FANLIGHT_COLD FANLIGHT_INLINE rule_facts read_api_rule(json_at const& in, rule_reading& how, bool& usable) {
  rule_facts out;
  if (!in.is(json_kind::object)) how.fail(in.path(), "an object with RuleName, FixedRate and ReservoirSize", in);
  how.text(in, "RuleName", out.as.name, true);
  how.share(in, "FixedRate", out.as.rate, true);
  how.count(in, "ReservoirSize", out.as.fixed_target, true);
  out.priority = out.as.name == "Default" ? 10'000 : 9'999;
  how.count(in, "Priority", out.priority, false);
  how.text(in, "Host", out.as.host, false);
  how.text(in, "HTTPMethod", out.as.method, false);
  how.text(in, "URLPath", out.as.path, false);
  how.text(in, "ServiceName", out.as.service, false);
  how.text(in, "ServiceType", out.as.service_type, false);
  std::string resource = "*";
  std::uint32_t version = 1;
  how.text(in, "ResourceARN", resource, false);
  how.count(in, "Version", version, false);
  usable = version == 1 && resource == "*";
  for (auto each = in.find("Attributes").first(); each; each = each.next())
    if (each.is(json_kind::text)) out.attributes.emplace_back(each.key(), each.text());
    else how.fail(each.path(), "a text", each);
  return out;
}

/// The SamplingRule objects of `{"SamplingRule":…}`, of a list of those, or of an answer to GetSamplingRules.
[[nodiscard]] FANLIGHT_COLD FANLIGHT_INLINE std::vector<json_at> find_api_rules(json_at const& root) {
  std::vector<json_at> out;
  auto const one = [&out](json_at const& in) {
    if (auto const rule = in.find("SamplingRule")) out.push_back(rule);
  };
  auto const list = root.is(json_kind::array) ? root : root.find("SamplingRuleRecords");
  if (list.is(json_kind::array))
    for (auto each = list.first(); each; each = each.next()) one(each);
  one(root);
  return out;
}

[[nodiscard]] FANLIGHT_COLD FANLIGHT_INLINE local_rules convert_api_rules(std::vector<json_at> const& from, rule_reading& how, std::vector<problem>& said) {
  local_rules out;
  bool has_default = false;
  for (auto const& each : from) {
    bool usable = true;
    auto rule = read_api_rule(each, how, usable);
    if (!how.good()) return out;
    if (!usable) {
      tell_rules(said, problem_code::ignored, how.where(), each.path() + " is for another version or one resource, and is ignored");
    } else if (rule.as.name == "Default") {
      out.otherwise = {rule.as.fixed_target, rule.as.rate};
      has_default = true;
    } else {
      out.rules.push_back(std::move(rule));
    }
  }
  sort_list(out.rules, [](rule_facts const& a, rule_facts const& b) { return a.priority < b.priority; });
  tell_rules(said, problem_code::rules_converted, how.where(),
             "this is the shape of X-Ray's API, and not of local rules; it is used all the same: ReservoirSize as fixed_target, FixedRate as rate, "
             "in the order of Priority" +
                 std::string{has_default ? "" : "; there is no rule named Default in it, so 1 a second and 5 % hold where none matches"});
  return out;
}

FANLIGHT_COLD FANLIGHT_INLINE std::optional<local_rules> read_local_rules(std::string_view document, std::string const& where, std::vector<problem>& said) {
  json_tree tree;
  rule_reading how{where};
  std::string wrong;
  local_rules out;
  if (document.substr(0, 3) == "\xEF\xBB\xBF") document.remove_prefix(3);
  if (tree.read(document, wrong)) {
    json_at const root{tree};
    auto const of_api = find_api_rules(root);
    if (!of_api.empty()) out = convert_api_rules(of_api, how, said);
    else if (root.is(json_kind::object)) out = read_sdk_rules(root, how, said);
    else how.fail("$", "an object with version, default and rules", root);
    wrong = how.wrong();
  }
  if (wrong.empty()) return out;
  tell_rules(said, problem_code::rules_bad, where, wrong + "; the rules in force stay");
  return std::nullopt;
}

FANLIGHT_COLD FANLIGHT_INLINE std::optional<local_rules> check_local_rules(std::vector<xray_rule> const& given, xray_default const& otherwise,
                                                                           std::vector<problem>& said) {
  std::string wrong;
  auto const check = [&](double rate, std::string const& name) {
    if (!(rate >= 0 && rate <= 1) && wrong.empty()) wrong = name + " must be a number from 0 to 1";
  };
  local_rules out;
  for (auto const& each : given) {
    check(each.rate, joined({"rules[", std::to_string(out.rules.size()), "].rate"}));
    out.rules.push_back({each, 0, {}});
  }
  check(otherwise.rate, "otherwise.rate");
  out.otherwise = otherwise;
  if (wrong.empty()) return out;
  tell_rules(said, problem_code::rules_bad, "code", wrong + "; the rules in force stay");
  return std::nullopt;
}

// ---- answers --------------------------------------------------------------------------------------------------------------------------

FANLIGHT_COLD FANLIGHT_INLINE rules_page read_rules_page(std::string_view document) {
  rules_page out;
  json_tree tree;
  if (!tree.read(document, out.wrong)) return out;
  json_at const root{tree};
  auto const list = root.find("SamplingRuleRecords");
  out.readable = list.is(json_kind::array);
  if (!out.readable) return out.wrong = "there is no SamplingRuleRecords in it", out;
  for (auto each = list.first(); each; each = each.next()) {
    rule_reading how{{}};
    bool usable = true;
    auto rule = read_api_rule(each.find("SamplingRule"), how, usable);
    if (!how.good() && out.wrong.empty()) out.wrong = how.wrong();
    if (how.good() && usable) out.rules.push_back(std::move(rule));
  }
  if (auto const token = root.find("NextToken"); token.is(json_kind::text)) out.next_token = token.text();
  return out;
}

[[nodiscard]] FANLIGHT_COLD FANLIGHT_INLINE std::int64_t whole_or(json_at const& in, std::int64_t otherwise) noexcept {
  double number = 0;
  return in.real(number) && number >= 0 && number <= 4294967295.0 ? static_cast<std::int64_t>(number) : otherwise;
}

[[nodiscard]] FANLIGHT_COLD FANLIGHT_INLINE rule_target read_target(json_at const& in) {
  rule_target out;
  out.rule = in.find("RuleName").text();
  double rate = -1;
  if (in.find("FixedRate").real(rate) && rate >= 0 && rate <= 1) out.rate = rate;
  out.quota = whole_or(in.find("ReservoirQuota"), -1);
  out.quota_until = whole_or(in.find("ReservoirQuotaTTL"), 0);
  out.interval = whole_or(in.find("Interval"), -1);
  return out;
}

FANLIGHT_COLD FANLIGHT_INLINE targets_answer read_targets(std::string_view document) {
  targets_answer out;
  json_tree tree;
  std::string wrong;
  if (!tree.read(document, wrong)) return out;
  json_at const root{tree};
  auto const list = root.find("SamplingTargetDocuments");
  out.readable = list.is(json_kind::array);
  for (auto each = list.is(json_kind::array) ? list.first() : json_at{}; each; each = each.next()) out.targets.push_back(read_target(each));
  static_cast<void>(root.find("LastRuleModification").real(out.modified));
  for (auto each = root.find("UnprocessedStatistics").first(); each; each = each.next()) {
    auto const code = each.find("ErrorCode").text();
    if (!code.empty() && code.front() == '4') out.fetch_rules = true;
    if (!code.empty() && code.front() == '5') out.try_again.emplace_back(each.find("RuleName").text());
  }
  return out;
}

}  // namespace detail
FANLIGHT_END

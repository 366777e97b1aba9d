// Bodies of scrub.hpp: keys, and the walk over an item. What is done inside a text is in scrub_text.ipp.
#pragma once

#include <fanlight/impl/rollbar/scrub.hpp>

#include <algorithm>

FANLIGHT_BEGIN
namespace detail {

[[nodiscard]] FANLIGHT_COLD FANLIGHT_INLINE std::string plain_key(std::string_view key) {
  std::string out;
  for (char const letter : key.substr(0, 256)) {
    if (letter == '-' || letter == '_' || letter == '.' || letter == '+' || letter == ' ') continue;
    out += letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter | 0x20) : letter;
  }
  return out;
}

[[nodiscard]] FANLIGHT_COLD FANLIGHT_INLINE bool is_known_secret(std::string_view key) noexcept {
  // Sorted.
  static constexpr std::string_view whole[]{
      "auth", "authenticitytoken", "authentication", "authorization", "authtoken", "card#", "cardholder", "cardnum", "cardnumber",
      "cardtype", "cardverification", "ccexp", "cccsc", "ccmonth", "ccname", "ccnum", "ccnumber", "cctype", "ccv2", "ccyear", "confirmpassword",
      "connectsid", "cookie", "cookies", "creditcard", "creditcardno", "creditcardnumber", "csrf", "csrftoken", "cvc", "cvc2", "cvv", "cvv2",
      "expdate", "expirationdate", "httpauthorization", "httpcookie", "httpxcsrftoken", "httpxforwardedfor", "httpxrealip", "ipaddress", "mysqlpwd",
      "nameoncard", "nameoncreditcard", "namedeskarteninhabers", "newcreditcard", "newcreditcardnumber", "omniauthauth", "pass", "passwd",
      "passwordconfirmation", "paymenttype", "pgpassword", "proxyauthorization", "pw", "pwd", "remoteaddr", "secretkey", "secrettoken", "securitycode",
      "session", "sessionid", "setcookie", "usersessionsecret", "wwwauthorization", "xforwardedfor", "xrealip", "xcsrftoken"};
  static constexpr std::string_view ends[]{"password",   "passwd",     "secret",      "token",  "apikey",
                                           "accesskey",  "privatekey", "credentials", "cookie", "secretaccesskey"};
  for (auto const each : whole)
    if (key == each) return true;
  for (auto const each : ends)
    if (key.size() >= each.size() && key.substr(key.size() - each.size()) == each) return true;
  return false;
}

FANLIGHT_COLD FANLIGHT_INLINE rollbar_scrubber::rollbar_scrubber(std::vector<std::string> const& keys, std::vector<std::string> tokens) {
  for (auto const& each : keys) more_.push_back(plain_key(each));
  for (auto& each : tokens)
    if (each.size() >= 4) tokens_.push_back(std::move(each));
}

FANLIGHT_COLD FANLIGHT_INLINE bool rollbar_scrubber::is_secret(std::string_view key) const {
  auto const known = [this](std::string const& plain) { return is_known_secret(plain) || std::find(more_.begin(), more_.end(), plain) != more_.end(); };
  if (known(plain_key(key))) return true;
  auto const dot = key.rfind('.');  // `http.request.header.authorization`
  return dot != std::string_view::npos && known(plain_key(key.substr(dot + 1)));
}

FANLIGHT_COLD FANLIGHT_INLINE void rollbar_scrubber::clean_text(rollbar_node& one) const {
  if (!one.words.empty()) one.words = clean(one.words);
}

[[nodiscard]] FANLIGHT_COLD FANLIGHT_INLINE bool is_key_letter(char letter) noexcept {
  return (letter >= 'A' && letter <= 'Z') || (letter >= 'a' && letter <= 'z') || (letter >= '0' && letter <= '9') || letter == '+' ||
         letter == '/';
}
/// As long, and of such letters, as AWS makes the secret that goes with a key's id.
[[nodiscard]] FANLIGHT_COLD FANLIGHT_INLINE bool looks_like_aws_secret(std::string_view text) noexcept {
  return text.size() == 40 && std::all_of(text.begin(), text.end(), is_key_letter);
}
[[nodiscard]] bool holds_aws_id(std::string_view text) noexcept;

FANLIGHT_COLD FANLIGHT_INLINE void rollbar_scrubber::clean_members(rollbar_node& one) const {
  bool const aws = std::any_of(one.members.begin(), one.members.end(), [](rollbar_node const& each) { return holds_aws_id(each.words); });
  bool named_secret = false;  // {"name": "password", "value": …}
  for (auto const& each : one.members)
    if (each.is_text() && (each.key == "key" || each.key == "name")) named_secret = named_secret || is_secret(each.words);
  for (auto& each : one.members) {
    bool const secret = (one.is_object() && is_secret(each.key)) || (named_secret && each.key == "value") ||
                        (aws && each.is_text() && looks_like_aws_secret(each.words));
    auto key = clean(each.key);
    if (secret) each = rollbar_node::text(filtered);
    else clean(each);
    each.key = std::move(key);
  }
}

FANLIGHT_COLD FANLIGHT_INLINE void rollbar_scrubber::clean(rollbar_node& all) const {
  if (all.is_text()) clean_text(all);
  else if (!all.members.empty()) clean_members(all);
}

FANLIGHT_COLD FANLIGHT_INLINE std::string anonymous_ip(std::string_view address) {
  if (address.find_first_not_of("0123456789.") == std::string_view::npos && std::count(address.begin(), address.end(), '.') == 3)
    return std::string{address.substr(0, address.rfind('.'))} + ".0";
  if (address.find(':') == std::string_view::npos || address.find_first_not_of("0123456789abcdefABCDEF:.%") != std::string_view::npos)
    return address.empty() || address.front() == '$' ? std::string{address} : std::string{};  // neither an address nor a word for one
  std::string out;
  auto const gap = address.find("::");
  unsigned groups = 0;
  for (auto rest = address.substr(0, gap); groups < 3 && !rest.empty(); ++groups) {
    auto const end = std::min(rest.find(':'), rest.size());
    out += std::string{rest.substr(0, end)} + ":";
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return out.empty() ? "::" : out + ":";
}

}  // namespace detail
FANLIGHT_END

#include <fanlight/impl/rollbar/scrub_text.ipp>

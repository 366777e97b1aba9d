// Bodies of sigv4.hpp.
#pragma once

#include <fanlight/detail/environment.hpp>
#include <fanlight/impl/aws/aws_text.ipp>
#include <fanlight/impl/aws/sha.ipp>
#include <fanlight/impl/aws/sigv4.hpp>
#include <fanlight/impl/http_answer.hpp>
#include <fanlight/impl/places.hpp>

#include <algorithm>

FANLIGHT_BEGIN
namespace detail {

FANLIGHT_COLD FANLIGHT_INLINE aws_url split_url(std::string_view url) {
  aws_url out;
  auto const colon = url.find("://");
  if (colon == std::string_view::npos) return out;
  auto const scheme = lower_case(url.substr(0, colon));
  out.plain = scheme == "http";
  url = url.substr(colon + 3, url.find('#') == std::string_view::npos ? std::string_view::npos : url.find('#') - colon - 3);
  auto const end = std::min(url.find_first_of("/?"), url.size());
  auto authority = url.substr(0, end);
  if (auto const at = authority.rfind('@'); at != std::string_view::npos) authority.remove_prefix(at + 1);
  out.host = lower_case(authority);
  std::string_view const usual = out.plain ? ":80" : ":443";
  if (out.host.size() > usual.size() && std::string_view{out.host}.substr(out.host.size() - usual.size()) == usual)
    out.host.resize(out.host.size() - usual.size());
  url.remove_prefix(end);
  auto const mark = url.find('?');
  out.path = url.substr(0, mark);
  if (mark != std::string_view::npos) out.query = url.substr(mark + 1);
  out.good = (out.plain || scheme == "https") && !out.host.empty() && fits_header(out.host);
  return out;
}

/// Without `.`, `..` and repeated slashes; a slash at the end stays, and one stands for a dot at the end, which is how libcurl sends it.
[[nodiscard]] FANLIGHT_COLD FANLIGHT_INLINE std::string normalized_path(std::string_view path) {
  std::vector<std::string_view> parts;
  auto const last = path.substr(path.rfind('/') == std::string_view::npos ? 0 : path.rfind('/') + 1);
  bool const folder = last.empty() || last == "." || last == "..";
  while (!path.empty()) {
    auto const slash = std::min(path.find('/'), path.size());
    auto const part = path.substr(0, slash);
    if (part == "..") {
      if (!parts.empty()) parts.pop_back();
    } else if (!part.empty() && part != ".") {
      parts.push_back(part);
    }
    path.remove_prefix(std::min(slash + 1, path.size()));
  }
  std::string out;
  for (auto const part : parts) out.append("/").append(part);
  if (folder || out.empty()) out += '/';
  return out;
}

[[nodiscard]] FANLIGHT_COLD FANLIGHT_INLINE std::string canonical_query(std::string_view query) {
  std::vector<std::pair<std::string, std::string>> pairs;
  auto const encoded = [](std::string_view text) {
    auto const plain = percent_decoded(text);
    return percent_encoded(plain ? std::string_view{*plain} : text);
  };
  while (!query.empty()) {
    auto const end = std::min(query.find('&'), query.size());
    auto const pair = query.substr(0, end);
    auto const equals = std::min(pair.find('='), pair.size());
    if (!pair.empty()) pairs.emplace_back(encoded(pair.substr(0, equals)), encoded(pair.substr(std::min(equals + 1, pair.size()))));
    query.remove_prefix(std::min(end + 1, query.size()));
  }
  sort_list(pairs, [](auto const& one, auto const& other) { return one < other; });
  std::string out;
  for (auto const& [name, value] : pairs) out.append(out.empty() ? "" : "&").append(name).append("=").append(value);
  return out;
}

/// Trimmed, and runs of spaces as one.
[[nodiscard]] FANLIGHT_COLD FANLIGHT_INLINE std::string canonical_value(std::string_view value) {
  std::string out;
  for (char const letter : trimmed(value)) {
    bool const blank = letter == ' ' || letter == '\t';
    if (blank && out.back() == ' ') continue;  // a trimmed text does not begin with one
    out += blank ? ' ' : letter;
  }
  return out;
}

FANLIGHT_COLD FANLIGHT_INLINE sigv4_canonical canonical_request(sigv4_request const& of) {
  aws_headers sorted;
  for (auto const& [name, value] : of.headers) sorted.emplace_back(lower_case(name), canonical_value(value));
  sort_list(sorted, [](auto const& one, auto const& other) { return one.first < other.first; });
  std::string lines, names;
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    bool const again = i != 0 && sorted[i].first == sorted[i - 1].first;
    if (again) lines.back() = ',';
    else lines.append(sorted[i].first).append(":"), names.append(names.empty() ? "" : ";").append(sorted[i].first);
    lines.append(sorted[i].second).append("\n");
  }
  sigv4_canonical out;
  out.text.append(of.method).append("\n");
  out.text.append(percent_encoded(of.normalize      ? normalized_path(of.path)
                                  : of.path.empty() ? std::string{"/"}
                                                    : std::string{of.path},
                                  true));
  out.text.append("\n").append(canonical_query(of.query)).append("\n");
  out.text.append(lines).append("\n").append(names).append("\n").append(of.payload);
  out.signed_headers = std::move(names);
  return out;
}

[[nodiscard]] FANLIGHT_COLD FANLIGHT_INLINE std::string scope_text(std::string_view day, aws_scope scope) {
  return std::string{day}.append("/").append(scope.region).append("/").append(scope.service).append("/aws4_request");
}

FANLIGHT_COLD FANLIGHT_INLINE std::string string_to_sign(std::string_view time, aws_scope scope, std::string_view canonical) {
  std::string out = "AWS4-HMAC-SHA256\n";
  out.append(time).append("\n").append(scope_text(time.substr(0, 8), scope)).append("\n");
  return out.append(hex_text(as_text(sha256(canonical))));
}

FANLIGHT_COLD FANLIGHT_INLINE std::string sigv4_key::sign(std::string_view secret, std::string_view day, aws_scope scope,
                                                          std::string_view text) {
  auto const from = sha256(scope_text(day, scope).append("\n").append(secret));
  std::string made{as_text(from)};
  if (made != of_) {
    key_ = hmac_sha256(std::string{"AWS4"}.append(secret), day);
    for (auto const part : {scope.region, scope.service, std::string_view{"aws4_request"}}) key_ = hmac_sha256(as_text(key_), part);
    of_ = std::move(made);
  }
  return hex_text(as_text(hmac_sha256(as_text(key_), text)));
}

FANLIGHT_COLD FANLIGHT_INLINE std::string authorization(std::string_view id, std::string_view time, aws_scope scope,
                                                        std::string_view signed_headers, std::string_view signature) {
  std::string out = "AWS4-HMAC-SHA256 Credential=";
  out.append(id).append("/").append(scope_text(time.substr(0, 8), scope)).append(", SignedHeaders=").append(signed_headers);
  return out.append(", Signature=").append(signature);
}

FANLIGHT_COLD FANLIGHT_INLINE bool is_signed(std::string_view header) noexcept {
  for (std::string_view const whole : {"content-type", "content-encoding", "host"})
    if (same_but_case(header, whole)) return true;
  for (std::string_view const prefix : {"x-amz-", "x-aws-", "amz-sdk-"})
    if (same_but_case(header.substr(0, prefix.size()), prefix)) return true;
  return false;
}

FANLIGHT_COLD FANLIGHT_INLINE std::string sign_request(std::string_view method, std::string_view url, std::string_view body,
                                                       aws_headers& headers, aws_keys const& keys, aws_scope scope, std::int64_t now,
                                                       sigv4_key& key) {
  auto const to = split_url(url);
  if (!to.good) return "its address is none of http or https, so it cannot be signed";
  if (keys.id.empty() || keys.secret.empty()) return "there are no keys to sign with";
  if (!fits_header(keys.id) || !fits_header(keys.token))
    return "the access key id or the session token has a line break in it, so it cannot be sent";
  auto const replaced = [](auto const& one) {
    for (std::string_view const name : {"host", "x-amz-date", "x-amz-security-token", "authorization"})
      if (same_but_case(one.first, name)) return true;
    return false;
  };
  headers.erase(std::remove_if(headers.begin(), headers.end(), replaced), headers.end());
  auto const time = basic_time(now);
  headers.emplace_back("Host", to.host);
  headers.emplace_back("X-Amz-Date", time);
  if (!keys.token.empty()) headers.emplace_back("X-Amz-Security-Token", keys.token);
  aws_headers chosen;
  for (auto const& one : headers)
    if (is_signed(one.first)) chosen.push_back(one);
  auto const payload = hex_text(as_text(sha256(body)));
  auto const canonical = canonical_request({method, to.path, to.query, chosen, payload});
  auto const signature = key.sign(keys.secret, std::string_view{time}.substr(0, 8), scope, string_to_sign(time, scope, canonical.text));
  headers.emplace_back("Authorization", authorization(keys.id, time, scope, canonical.signed_headers, signature));
  return {};
}

}  // namespace detail
FANLIGHT_END

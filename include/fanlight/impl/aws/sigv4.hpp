// Signature Version 4: from a request, keys, a scope and a time to the header that AWS wants. Pure functions; any thread. What is signed
// is what is sent: the caller sends the headers exactly as they stand after sign_request(), with the same body.
#pragma once

#include <fanlight/impl/aws/sha.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

FANLIGHT_BEGIN
namespace detail {

using aws_headers = std::vector<std::pair<std::string, std::string>>;

/// One set of keys, taken as a whole for each request. Has no operator<<, and nothing in fanlight writes it anywhere.
struct aws_keys {
  std::string id = {}, secret = {}, token = {};
  [[nodiscard]] bool operator==(aws_keys const&) const = default;
};
/// A key's id as people may see it: `AKIA****WXYZ`.
[[nodiscard]] std::string masked_id(std::string_view id);

struct aws_scope {
  std::string_view region, service;
};

/// A URL in the pieces that signatures are made of.
struct aws_url {
  bool good = false, plain = false;  // plain: http
  std::string host = {};             // as in the Host header: lower case, with a port unless it is the scheme's
  std::string_view path = {}, query = {};
};
[[nodiscard]] aws_url split_url(std::string_view url);

struct sigv4_request {
  std::string_view method, path, query;  // as they are sent
  aws_headers const& headers;            // exactly those that are signed
  std::string_view payload;              // SHA-256 of the body, in hex
  bool normalize = true;                 // false for S3 alone
};
struct sigv4_canonical {
  std::string text, signed_headers;
};
[[nodiscard]] sigv4_canonical canonical_request(sigv4_request const& of);
/// `time`: 20150830T123600Z.
[[nodiscard]] std::string string_to_sign(std::string_view time, aws_scope scope, std::string_view canonical);

/// The key that is derived from a secret holds for a day and a scope; the latest is kept. For one thread.
class sigv4_key {
 public:
  /// In hex.
  [[nodiscard]] std::string sign(std::string_view secret, std::string_view day, aws_scope scope, std::string_view text);

 private:
  std::string of_;  // a hash of all that it was made from
  sha256_digest key_{};
};

[[nodiscard]] std::string authorization(std::string_view id, std::string_view time, aws_scope scope, std::string_view signed_headers,
                                        std::string_view signature);

/// Of the headers that fanlight sets: whether it signs this one. What proxies and transports may touch is never signed.
[[nodiscard]] bool is_signed(std::string_view header) noexcept;
/// Adds Host, X-Amz-Date, X-Amz-Security-Token and Authorization in place of those of an earlier attempt. Gives what is wrong instead, in
/// words without secrets, when the request cannot be signed; empty: it is.
[[nodiscard]] std::string sign_request(std::string_view method, std::string_view url, std::string_view body, aws_headers& headers,
                                       aws_keys const& keys, aws_scope scope, std::int64_t now, sigv4_key& key);

/// 20150830T123600Z.
[[nodiscard]] std::string basic_time(std::int64_t seconds);
/// RFC 3339, as AWS writes expirations; `UTC` may stand for `Z`. False: it cannot be read.
[[nodiscard]] bool read_time(std::string_view text, std::int64_t& seconds) noexcept;
/// Every byte but letters, digits and `-._~` as %XX; slashes stay where `path` says so.
[[nodiscard]] std::string percent_encoded(std::string_view text, bool path = false);
/// False: it would break a header up.
[[nodiscard]] bool fits_header(std::string_view value) noexcept;

}  // namespace detail
FANLIGHT_END

#ifndef FANLIGHT_COMPILED
#include <fanlight/impl/aws/sigv4.ipp>
#endif

// Bodies of vocabulary.hpp. [OpenTelemetry semantic conventions: HTTP, database, RPC, user]
#pragma once

#include <fanlight/detail/draft.hpp>
#include <fanlight/impl/url_keys.hpp>
#include <fanlight/vocabulary.hpp>

FANLIGHT_BEGIN
namespace detail {

FANLIGHT_COLD inline void put_text(draft& d, std::string_view key, std::string_view text) noexcept {
  if (!text.empty()) put_attribute(d, item_role::attribute, key, text);
}

/// A URL without user and password, escaped or not, and without the keys and signatures of its query; up to 2,000 bytes of it, if it has any.
FANLIGHT_COLD inline void put_url(draft& d, std::string_view url) noexcept {
  if (url.empty()) return;
  auto const scheme = url.find("://");
  auto const begin = scheme == std::string_view::npos ? url.size() : scheme + 3;
  auto const authority = url.substr(begin, url.find_first_of("/?#", begin) - begin);
  auto const at = authority.rfind('@');
  auto const rest = at == std::string_view::npos ? url.substr(begin) : url.substr(begin + at + 1);
  auto const mark = rest.find('?');
  char room[2000];
  std::size_t size = 0;
  auto const put = [&](std::string_view more) {
    auto const fits = more.size() < sizeof room - size ? more.size() : sizeof room - size;
    std::memcpy(room + size, more.data(), fits);
    size += fits;
  };
  put(url.substr(0, begin));
  if (hides_password(authority)) return put("REDACTED"), put_text(d, "url.full", {room, size});
  put(rest.substr(0, mark));
  bool opens = at != std::string_view::npos;
  if (mark != std::string_view::npos) put("?"), opens = redact_query(rest.substr(mark + 1), put) || opens;
  put_text(d, "url.full", opens ? std::string_view{room, size} : url);
}

FANLIGHT_COLD FANLIGHT_INLINE void put_http(draft& d, http_facts const& facts) noexcept {
  put_text(d, "http.request.method", facts.method);
  put_url(d, facts.url);
  put_text(d, "http.route", facts.route);
  put_text(d, "user_agent.original", facts.user_agent);
  put_text(d, "client.address", facts.client_ip);
  if (!facts.client_ip.empty()) put_attribute(d, item_role::attribute, "aws.xray.x_forwarded_for", facts.forwarded);
  if (facts.status >= 0) put_attribute(d, item_role::attribute, "http.response.status_code", facts.status);
  if (facts.content_length >= 0) put_attribute(d, item_role::attribute, "http.response.body.size", facts.content_length);
}

FANLIGHT_COLD FANLIGHT_INLINE void put_sql(draft& d, sql_facts const& facts) noexcept {
  put_remote(d, false);
  put_text(d, "db.system.name", facts.system);
  put_text(d, "db.query.text", facts.query);
  put_text(d, "db.namespace", facts.database);
  put_text(d, "server.address", facts.server);
  put_text(d, "db.user", facts.user);
  put_text(d, "db.version", facts.version);
  put_text(d, "db.driver_version", facts.driver_version);
  put_text(d, "db.preparation", facts.preparation);
}

FANLIGHT_COLD FANLIGHT_INLINE void put_aws(draft& d, aws_facts const& facts) noexcept {
  put_remote(d, false);
  put_text(d, "rpc.system", "aws-api");
  put_text(d, "aws.service", facts.service);
  put_text(d, "rpc.service", facts.service);
  put_text(d, "rpc.method", facts.operation);
  put_text(d, "aws.region", facts.region);
  put_text(d, "aws.account_id", facts.account_id);
  put_text(d, "aws.request_id", facts.request_id);
  put_text(d, "aws.extended_request_id", facts.extended_request_id);
  put_text(d, "aws.queue_url", facts.queue_url);
  put_text(d, "aws.table_name", facts.table_name);
  if (facts.retries >= 0) put_attribute(d, item_role::attribute, "http.request.resend_count", facts.retries);
}

FANLIGHT_COLD FANLIGHT_INLINE void put_user(draft& d, std::string_view id, std::string_view name) noexcept {
  put_text(d, "user.id", id);
  put_text(d, "user.name", name);
}

/// A span that was made without a kind calls another service.
FANLIGHT_COLD FANLIGHT_INLINE void put_remote(draft& d, bool traced) noexcept {
  if (!d.is_open()) return;
  if (d.head().kind == static_cast<std::uint8_t>(span_kind::internal)) d.head().kind = static_cast<std::uint8_t>(span_kind::client);
  if (traced) put_attribute(d, item_role::attribute, "aws.xray.traced", true);
}

FANLIGHT_COLD FANLIGHT_INLINE void put_flag(draft& d, std::string_view key, bool yes) noexcept {
  put_attribute(d, item_role::attribute, key, yes);
  if (yes) put_status(d, status_code::error, {});
}

FANLIGHT_COLD FANLIGHT_INLINE void put_precursors(draft& d, context const* first, std::size_t count) noexcept {
  if (!d.is_open()) return;
  array ids;
  for (std::size_t i = 0; i < count; ++i)
    if (first[i].is_valid()) ids.push(first[i].span_id().hex().view());
  if (!ids.empty()) put_attribute(d, item_role::attribute, "aws.xray.precursor_ids", ids);
}

}  // namespace detail
FANLIGHT_END

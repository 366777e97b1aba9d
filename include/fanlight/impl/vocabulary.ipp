// Bodies of vocabulary.hpp. [OpenTelemetry semantic conventions: HTTP, database, RPC, user]
#pragma once

#include <fanlight/detail/draft.hpp>
#include <fanlight/vocabulary.hpp>

FANLIGHT_BEGIN
namespace detail {

FANLIGHT_COLD inline void put_text(draft& d, std::string_view key, std::string_view text) noexcept {
  if (!text.empty()) put_attribute(d, item_role::attribute, key, text);
}

/// A URL without user and password, up to 2,000 bytes of it if it has them.
FANLIGHT_COLD inline void put_url(draft& d, std::string_view url) noexcept {
  auto const scheme = url.find("://");
  auto const begin = scheme == std::string_view::npos ? url.size() : scheme + 3;
  auto const authority = url.substr(begin, url.find_first_of("/?#", begin) - begin);
  auto const at = authority.rfind('@');
  if (at == std::string_view::npos) return put_text(d, "url.full", url);
  char room[2000];
  auto const rest = url.substr(begin + at + 1);
  if (begin >= sizeof room) return;
  std::size_t const more = rest.size() < sizeof room - begin ? rest.size() : sizeof room - begin;
  std::memcpy(room, url.data(), begin);
  std::memcpy(room + begin, rest.data(), more);
  put_text(d, "url.full", {room, begin + more});
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

// The attributes that X-Ray's blocks are made of, by their names in OpenTelemetry's conventions, old and new, and fanlight's own words for
// what has no convention. A table that is made when compiling, and a look into it. Pure.
#pragma once

#include <fanlight/detail/config.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>

FANLIGHT_BEGIN
namespace detail {

enum class xray_key : std::uint8_t {
  local_service, remote_service, peer_service, aws_service, db_name, db_namespace, db_connection, db_system, db_system_name, db_user,
  db_statement, db_query, db_version, db_driver, db_preparation, rpc_service, rpc_system, rpc_method, http_host, peer_name,
  server_address, server_port, peer_ip, peer_address, method_old, method, url_old, url, scheme_old, scheme, target, path, query, host_name,
  host_port, server_name, agent_old, agent, client_ip, client_address, status_old, status, length_old, length, operation, account, region,
  request_id, request_id_camel, extended_id, queue_url, queue_url_dotted, message_url, sqs_url, table_name, table_name_dotted, table_names,
  dynamo_tables, resource_names, resends, enduser, user, error_id, error_type, error, fault, throttle, traced, precursors, rule_name,
  annotations, forwarded,
  count_
};
inline constexpr std::size_t xray_keys = static_cast<std::size_t>(xray_key::count_);

/// In the order of the enumeration.
inline constexpr std::string_view xray_key_names[] = {
    "aws.local.service", "aws.remote.service", "peer.service", "aws.service", "db.name", "db.namespace", "db.connection_string", "db.system",
    "db.system.name", "db.user", "db.statement", "db.query.text", "db.version", "db.driver_version", "db.preparation", "rpc.service",
    "rpc.system", "rpc.method", "http.host", "net.peer.name", "server.address", "server.port", "net.peer.ip", "network.peer.address",
    "http.method", "http.request.method", "http.url", "url.full", "http.scheme", "url.scheme", "http.target", "url.path", "url.query",
    "net.host.name", "net.host.port", "http.server_name", "http.user_agent", "user_agent.original", "http.client_ip", "client.address",
    "http.status_code", "http.response.status_code", "http.response_content_length", "http.response.body.size", "aws.operation",
    "aws.account_id", "aws.region", "aws.request_id", "aws.requestId", "aws.extended_request_id", "aws.queue_url", "aws.queue.url",
    "messaging.url", "aws.sqs.queue.url", "aws.table_name", "aws.table.name", "aws.table_names", "aws.dynamodb.table_names",
    "aws.resource_names", "http.request.resend_count", "enduser.id", "user.id", "fanlight.error.id", "error.type", "aws.xray.error",
    "aws.xray.fault", "aws.xray.throttle", "aws.xray.traced", "aws.xray.precursor_ids", "aws.xray.sampling_rule_name",
    "aws.xray.annotations", "aws.xray.x_forwarded_for",
};
static_assert(sizeof xray_key_names / sizeof xray_key_names[0] == xray_keys && xray_keys <= 128);

/// An open table of 256 places.
class xray_key_table {
 public:
  constexpr xray_key_table() noexcept {
    for (std::size_t key = 0; key < xray_keys; ++key) {
      std::uint8_t at = hash(xray_key_names[key]);
      while (places_[at] != 0) ++at;
      places_[at] = static_cast<std::uint8_t>(key + 1);
    }
  }
  /// count_: it is none of them.
  [[nodiscard]] constexpr xray_key find(std::string_view key) const noexcept {
    if (key.size() < 7) return xray_key::count_;
    for (std::uint8_t at = hash(key); places_[at] != 0; ++at)
      if (xray_key_names[places_[at] - 1] == key) return static_cast<xray_key>(places_[at] - 1);
    return xray_key::count_;
  }

 private:
  [[nodiscard]] static constexpr std::uint8_t hash(std::string_view key) noexcept {
    auto const letter = [key](std::size_t at) { return static_cast<unsigned>(static_cast<unsigned char>(key[at])); };
    std::size_t const size = key.size();
    unsigned const mixed = letter(0) * 3 + letter(size / 2) * 5 + letter(size - 1) * 17 + letter(size - 4) * 29 + static_cast<unsigned>(size) * 59;
    return static_cast<std::uint8_t>(mixed ^ mixed >> 8);
  }
  std::uint8_t places_[256]{};
};
inline constexpr xray_key_table xray_known_keys{};

}  // namespace detail
FANLIGHT_END

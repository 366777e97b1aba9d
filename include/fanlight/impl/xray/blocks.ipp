// The blocks http, sql and aws. Part of document.hpp's writer. [xray.md 1.3, 2]
#pragma once

#include <fanlight/impl/xray/entry_writer.ipp>

FANLIGHT_BEGIN
namespace detail {

FANLIGHT_INLINE bool xray_writer::entry_writer::is_http() const noexcept {
  return has(xray_key::method) || has(xray_key::method_old) || has(xray_key::url) || has(xray_key::url_old) || has(xray_key::status) ||
         has(xray_key::status_old) || has(xray_key::agent) || has(xray_key::agent_old) || has(xray_key::client_ip) || has(xray_key::target);
}

/// In one piece, or put together of scheme, host, port and path.
FANLIGHT_INLINE void xray_writer::entry_writer::write_url() {
  auto const whole = use(xray_key::url, xray_key::url_old).as_text();
  auto& url = owner_.scratch_;
  url.clear();
  if (!whole.empty()) {
    write_clean_url(url, whole, form_.keep_query);
  } else {
    auto const first = [&](auto... keys) {
      xray_key out = xray_key::count_;
      ((out = out == xray_key::count_ && has(keys) ? keys : out), ...);
      return out;
    };
    auto const host_key = calls_out() ? first(xray_key::http_host, xray_key::server_address, xray_key::peer_name)
                                      : first(xray_key::http_host, xray_key::server_address, xray_key::server_name, xray_key::host_name);
    auto const path_key = first(xray_key::path, xray_key::target);
    if (host_key == xray_key::count_ && path_key == xray_key::count_) return;
    auto const scheme = use(xray_key::scheme, xray_key::scheme_old).as_text();
    if (host_key != xray_key::count_) {
      auto const host = use(host_key).as_text();
      auto const port = number_of(calls_out() ? use(xray_key::server_port) : use(xray_key::server_port, xray_key::host_port));
      url.append(scheme.empty() ? "http" : scheme);
      url.literal("://");
      url.append(host);
      bool const has_port = host.rfind(':') != std::string_view::npos && host.back() != ']';
      if (port > 0 && port != 80 && port != 443 && !has_port) url.push(':'), json_writer{url}.integer(port);
    }
    if (path_key != xray_key::count_) {
      auto const path = use(path_key).as_text();
      if (path.empty() || path[0] != '/') url.push('/');
      url.append(form_.keep_query ? path : path.substr(0, path.find_first_of("?#")));
      auto const query = use(xray_key::query).as_text();
      if (form_.keep_query && !query.empty()) url.push('?'), url.append(query);
    }
  }
  limited_member("url", url.view());
}

FANLIGHT_INLINE void xray_writer::entry_writer::http_request() {
  std::size_t const before = to_.size();
  json_.name("request");
  json_.open_object();
  std::size_t const empty = to_.size();
  limited_member("method", use(xray_key::method, xray_key::method_old).as_text());
  write_url();
  limited_member("user_agent", use(xray_key::agent, xray_key::agent_old).as_text());
  bool const peer = has(xray_key::peer_ip) || has(xray_key::peer_address);
  auto const client = use(xray_key::client_address, xray_key::client_ip).as_text();
  if (!client.empty()) {
    limited_member("client_ip", client);
    auto const said = use(xray_key::forwarded);
    if (segment_ && (said.kind() == value_kind::boolean ? said.as_bool() : !peer)) json_.name("x_forwarded_for"), json_.boolean(true);
  } else if (peer && !calls_out()) {
    limited_member("client_ip", use(xray_key::peer_address, xray_key::peer_ip).as_text());
  }
  if (to_.size() != empty) return json_.close_object();
  to_.cut(before);
  json_.after_fragment(false);
}

FANLIGHT_INLINE void xray_writer::entry_writer::http_response() {
  auto const length_key = has(xray_key::length) ? xray_key::length : xray_key::length_old;
  std::int64_t const length = has(length_key) ? number_of(use(length_key)) : received_;
  bool const has_status = status_ >= 0 && status_ <= 999;
  if (!has_status && length < 0) return;
  json_.name("response");
  json_.open_object();
  if (has_status) json_.name("status"), json_.integer(status_);
  if (length >= 0) json_.name("content_length"), json_.integer(length);
  json_.close_object();
}

FANLIGHT_INLINE void xray_writer::entry_writer::http() {
  // Nothing of a query gets into metadata either.
  if (!form_.keep_query) static_cast<void>(use(xray_key::query)), static_cast<void>(use(xray_key::target));
  if (!is_http()) return;
  status_ = number_of(use(xray_key::status, xray_key::status_old));
  std::size_t const before = to_.size();
  json_.name("http");
  json_.open_object();
  std::size_t const empty = to_.size();
  http_request();
  http_response();
  if (to_.size() != empty) return json_.close_object();
  to_.cut(before);
  json_.after_fragment(true);
}

/// Data bases that speak SQL, by their old and new names.
[[nodiscard]] FANLIGHT_COLD FANLIGHT_INLINE bool is_sql(std::string_view system) noexcept {
  constexpr std::string_view known[] = {"db2", "derby", "hive", "mariadb", "mssql", "mysql", "oracle", "postgresql", "sqlite", "teradata", "other_sql",
                                        "ibm.db2", "microsoft.sql_server", "oracle.db", "cockroachdb", "aws.redshift", "redshift"};
  for (auto const each : known)
    if (each == system) return true;
  return false;
}

FANLIGHT_COLD FANLIGHT_INLINE void xray_writer::entry_writer::sql() {
  // The text of a query may hold anything; where it is not wanted it goes nowhere. A connection string may hold a password.
  if (!form_.collect_sql) static_cast<void>(use(xray_key::db_query, xray_key::db_statement));
  static_cast<void>(use(xray_key::db_connection));
  auto const system = text(has(xray_key::db_system_name) ? xray_key::db_system_name : xray_key::db_system);
  if (segment_ || !is_sql(system)) return;
  json_.name("sql");
  json_.open_object();
  text_member("url", utf8_front(name_, xray_text_length));
  owner_.scratch_.clear();
  write_clean_connection(owner_.scratch_, use(xray_key::db_connection).as_text());
  auto const base = use(xray_key::db_namespace, xray_key::db_name).as_text();
  if (!owner_.scratch_.empty() && !base.empty()) owner_.scratch_.push('/');
  if (!owner_.scratch_.empty()) owner_.scratch_.append(base);
  else if (!base.empty()) owner_.scratch_.append(text(xray_key::server_address)), owner_.scratch_.push('/'), owner_.scratch_.append(base);
  text_member("connection_string", owner_.scratch_.view());
  text_member("database_type", use(xray_key::db_system_name, xray_key::db_system).as_text());
  text_member("database_version", use(xray_key::db_version).as_text());
  text_member("driver_version", use(xray_key::db_driver).as_text());
  limited_member("user", use(xray_key::db_user).as_text());
  if (auto const how = use(xray_key::db_preparation).as_text(); how == "statement" || how == "call") text_member("preparation", how);
  if (form_.collect_sql) {
    auto const text = use(xray_key::db_query, xray_key::db_statement).as_text();
    text_member("sanitized_query", trim_ != nullptr && trim_->short_query ? utf8_front(text, 1000) : text);
  }
  json_.close_object();
}

FANLIGHT_COLD FANLIGHT_INLINE void xray_writer::entry_writer::texts(value const& from) {
  json_.open_array();
  if (from.kind() == value_kind::text) json_.text(limited(from.as_text(), xray_text_length, "aws"));
  for (auto const each : from.members())
    if (each.value.kind() == value_kind::text) json_.text(limited(each.value.as_text(), xray_text_length, "aws"));
  json_.close_array();
}

/// Of a call to an AWS service.
FANLIGHT_COLD FANLIGHT_INLINE void xray_writer::entry_writer::aws() {
  std::size_t const before = to_.size();
  json_.name("aws");
  json_.open_object();
  std::size_t const empty = to_.size();
  auto const first = [&](auto... keys) {
    std::string_view out;
    ((out = out.empty() ? use(keys).as_text() : (static_cast<void>(use(keys)), out)), ...);
    return out;
  };
  bool const is_api = has(xray_key::aws_service) || text(xray_key::rpc_system) == "aws-api";
  auto const operation = use(xray_key::operation).as_text();
  limited_member("operation", operation.empty() && is_api ? use(xray_key::rpc_method).as_text() : operation);
  limited_member("account_id", use(xray_key::account).as_text());
  limited_member("region", use(xray_key::region).as_text());
  limited_member("request_id", first(xray_key::request_id, xray_key::request_id_camel));
  limited_member("id_2", use(xray_key::extended_id).as_text());
  limited_member("queue_url", first(xray_key::queue_url, xray_key::queue_url_dotted, xray_key::sqs_url, xray_key::message_url));
  auto const tables = has(xray_key::table_names) ? use(xray_key::table_names) : use(xray_key::dynamo_tables);
  auto table = first(xray_key::table_name, xray_key::table_name_dotted);
  std::size_t count = 0;
  for (auto const each : tables.members())
    if (++count == 1 && table.empty()) table = each.value.as_text();
  if (tables.kind() == value_kind::text && table.empty()) table = tables.as_text();
  if (count < 2) limited_member("table_name", table);
  else json_.name("table_names"), texts(tables);
  if (has(xray_key::resource_names)) json_.name("resource_names"), texts(use(xray_key::resource_names));
  if (auto const retries = is_api && has(xray_key::resends) ? number_of(use(xray_key::resends)) : -1; retries >= 0) json_.name("retries"), json_.integer(retries);
  if (to_.size() != empty) {
    // What the namespace and the name were made of is said.
    if (is_api) static_cast<void>(use(xray_key::rpc_system)), static_cast<void>(use(xray_key::rpc_service)), static_cast<void>(use(xray_key::aws_service));
    return json_.close_object();
  }
  to_.cut(before);
  json_.after_fragment(true);
}

FANLIGHT_INLINE void xray_writer::entry_writer::segment_aws() {
  auto const& sender = owner_.sender_;
  to_.append(sender.service());
  if (!sender.origin().empty()) to_.literal(",\"origin\":\""), to_.append(sender.origin()), to_.push('"');
  to_.literal(",\"aws\":{");
  to_.append(sender.aws());
  json_.after_fragment(true);
  limited_member("sampling_rule_name", use(xray_key::rule_name).as_text());
  to_.literal("}}");
}

}  // namespace detail
FANLIGHT_END

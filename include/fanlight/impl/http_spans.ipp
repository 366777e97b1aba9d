// Bodies of http.hpp. [OpenTelemetry semantic conventions for HTTP spans, 1.3x]
#pragma once

#include <fanlight/http.hpp>
#include <fanlight/impl/access_log.ipp>
#include <fanlight/impl/propagation.ipp>
#include <fanlight/impl/url_keys.hpp>
#include <fanlight/impl/vocabulary.ipp>

FANLIGHT_BEGIN
namespace detail {

// ---- texts -----------------------------------------------------------------------------------------------------------------------

[[nodiscard]] FANLIGHT_INLINE std::string_view without_blanks(std::string_view text) noexcept {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

[[nodiscard]] constexpr char small_letter(char letter) noexcept {
  return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
}
FANLIGHT_INLINE bool same_word(std::string_view a, std::string_view b) noexcept {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i)
    if (small_letter(a[i]) != small_letter(b[i])) return false;
  return true;
}

/// Of `a, b, c` the first; `list` loses it.
[[nodiscard]] FANLIGHT_INLINE std::string_view take_listed(std::string_view& list) noexcept {
  auto const comma = list.find(',');
  auto const out = without_blanks(list.substr(0, comma));
  list = comma == std::string_view::npos ? std::string_view{} : list.substr(comma + 1);
  return out;
}

FANLIGHT_INLINE std::string_view known_method(std::string_view method, std::string_view list) noexcept {
  if (!list.empty()) {
    while (!list.empty())
      if (take_listed(list) == method && !method.empty()) return method;
    return "_OTHER";
  }
  constexpr std::string_view names[]{"GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH", "QUERY"};
  for (auto const one : names)
    if (method == one) return one;
  return "_OTHER";
}

FANLIGHT_INLINE std::string_view http_methods_here(std::string_view own) noexcept {
  if (!own.empty()) return own;
  auto const* const core = core_here(here());
  return core != nullptr && core->layout == layout_version ? core->known_http_methods : std::string_view{};
}

FANLIGHT_INLINE host_and_port split_host(std::string_view authority) noexcept {
  auto const bracket = authority.rfind(']'), colon = authority.rfind(':');
  bool const has_port = colon != std::string_view::npos && (bracket == std::string_view::npos ? authority.find(':') == colon : colon > bracket);
  host_and_port out{authority, -1};
  if (has_port) out = {authority.substr(0, colon), read_port(authority.substr(colon + 1))};
  if (out.host.size() > 1 && out.host.front() == '[' && out.host.back() == ']') out.host = out.host.substr(1, out.host.size() - 2);
  return out;
}

FANLIGHT_INLINE url_parts read_url(std::string_view url) noexcept {
  url_parts out;
  if (auto const mark = end_of_scheme(url); mark != std::string_view::npos) {
    out.scheme = url.substr(0, mark);
    url.remove_prefix(mark + 3);
  }
  url = url.substr(0, url.find('#'));
  auto const end = url.find_first_of("/?");
  auto authority = url.substr(0, end);
  if (hides_password(authority)) return out;
  if (auto const at = authority.rfind('@'); at != std::string_view::npos) authority.remove_prefix(at + 1);
  out.server = split_host(authority);
  if (out.server.port < 0) out.server.port = out.scheme == "http" ? 80 : out.scheme == "https" ? 443 : -1;
  auto const rest = end == std::string_view::npos ? std::string_view{} : url.substr(end);
  auto const query = rest.find('?');
  out.path = rest.substr(0, query);
  if (query != std::string_view::npos) out.query = rest.substr(query + 1);
  return out;
}

FANLIGHT_INLINE std::string_view forwarded_entry(std::string_view list, unsigned proxies) noexcept {
  if (proxies == 0) return {};
  for (; proxies > 1; --proxies) {
    auto const comma = list.rfind(',');
    if (comma == std::string_view::npos) return {};
    list = list.substr(0, comma);
  }
  auto const comma = list.rfind(',');
  return without_blanks(comma == std::string_view::npos ? list : list.substr(comma + 1));
}

FANLIGHT_INLINE std::string_view forwarded_address(std::string_view list, unsigned proxies) noexcept {
  auto const out = split_host(forwarded_entry(list, proxies)).host;
  for (char const letter : out)
    if (std::string_view{"0123456789abcdefABCDEF.:"}.find(letter) == std::string_view::npos) return {};
  return out;
}

FANLIGHT_INLINE std::string_view forwarded_pair(std::string_view entry, std::string_view name) noexcept {
  while (!entry.empty()) {
    auto const semicolon = entry.find(';');
    auto const pair = without_blanks(entry.substr(0, semicolon));
    entry = semicolon == std::string_view::npos ? std::string_view{} : entry.substr(semicolon + 1);
    auto const equals = pair.find('=');
    if (equals == std::string_view::npos || !same_word(pair.substr(0, equals), name)) continue;
    auto out = pair.substr(equals + 1);
    if (out.size() > 1 && out.front() == '"' && out.back() == '"') out = out.substr(1, out.size() - 2);
    return out;
  }
  return {};
}

FANLIGHT_INLINE void write_clean_url(text_writer& to, std::string_view url) noexcept {
  url = url.substr(0, url.find('#'));
  auto const mark = url.find('?');
  auto const before = url.substr(0, mark);
  auto const scheme = end_of_scheme(url);
  std::size_t const begin = scheme == std::string_view::npos ? 0 : scheme + 3;
  auto const authority = before.substr(begin, before.find('/', begin) - begin);
  auto const at = authority.rfind('@');
  append_tame(to, before.substr(0, begin));
  if (hides_password(authority)) {
    to.append("REDACTED");
    return;
  }
  if (at != std::string_view::npos) to.append("REDACTED:REDACTED@");
  append_tame(to, before.substr(at == std::string_view::npos ? begin : begin + at + 1));
  if (mark != std::string_view::npos) write_redacted_query(to.push('?'), url.substr(mark + 1));
}

// ---- attributes --------------------------------------------------------------------------------------------------------------------

/// The attributes that a span begins with, which samplers see.
struct first_attributes {
  attribute all[8];
  std::size_t count = 0;

  void text(std::string_view key, std::string_view what) noexcept {
    if (!what.empty()) all[count++] = {key, what};
  }
  void number(std::string_view key, std::int64_t what) noexcept {
    if (what >= 0) all[count++] = {key, what};
  }
};

FANLIGHT_INLINE void put_if(draft& d, std::string_view key, std::int64_t what) noexcept {
  if (what >= 0) put_attribute(d, item_role::attribute, key, what);
}

/// A method that is none of the known ones stands beside.
FANLIGHT_INLINE void put_method_original(draft& d, std::string_view method, std::string_view methods) noexcept {
  if (known_method(method, methods) != method) put_text(d, "http.request.method_original", method);
}

[[nodiscard]] FANLIGHT_INLINE std::string_view span_name_of(std::string_view method, std::string_view methods) noexcept {
  auto const known = known_method(method, methods);
  return known == method ? known : "HTTP";
}

/// `GET /users/{id}`
FANLIGHT_INLINE void write_http_name(text_writer& to, std::string_view method, std::string_view methods, std::string_view route) noexcept {
  to.append(span_name_of(method, methods));
  if (!route.empty()) to.push(' ').append(route);
}

FANLIGHT_INLINE void put_http_header(draft& d, std::string_view which, std::string_view name, array const& values) noexcept {
  if (!d.is_open() || name.empty()) return;
  text_writer key;
  key.append("http.").append(which).append(".header.");
  for (char const letter : name) key.push(small_letter(letter));
  put_attribute(d, item_role::attribute, key.view(), values);
}

FANLIGHT_INLINE void begin_http_client(draft& d, http_client_request const& request, std::string_view methods) noexcept {
  put_method_original(d, request.method, methods);
  put_text(d, "url.template", request.url_template);
  put_if(d, "http.request.body.size", request.body_size);
  if (request.resend > 0) put_attribute(d, item_role::attribute, "http.request.resend_count", request.resend);
}

FANLIGHT_INLINE void end_http(draft& d, int status, std::int64_t body_size, int fails_from) noexcept {
  put_attribute(d, item_role::attribute, "http.response.status_code", status);
  put_if(d, "http.response.body.size", body_size);
  if (status < fails_from) return;
  text_writer code;
  append_status(code, status);
  // What failed before, an exception perhaps, says more than the status that was made of it.
  if (find_item(d, item_role::attribute, "error.type") == nullptr) put_text(d, "error.type", code.view());
  if (d.head().status != static_cast<std::uint8_t>(status_code::error)) put_status(d, status_code::error, {});
}

FANLIGHT_INLINE void fail_http(draft& d, std::string_view kind, std::string_view message) noexcept {
  put_text(d, "error.type", kind.empty() ? std::string_view{"_OTHER"} : kind);
  put_status(d, status_code::error, message);
}

/// Now, on the clock that the pipeline's durations come from.
[[nodiscard]] FANLIGHT_INLINE std::int64_t ticks_here() noexcept {
  auto const* const core = core_here(here());
  return core != nullptr ? ticks_now(*core) : read_clock(CLOCK_MONOTONIC);
}

/// What one's own proxies say of a request, by the form that they write.
struct proxies_view {
  std::string_view client, scheme;
  host_and_port server;

  proxies_view(http_server_request const& of, http_server_options const& how) noexcept {
    if (how.proxies == 0) return;
    auto const entry = forwarded_entry(of.forwarded, how.proxies);
    bool const standard = how.standard_forwarded;
    client = standard ? forwarded_address(forwarded_pair(entry, "for"), 1) : forwarded_address(of.forwarded_for, how.proxies);
    auto const named = standard ? forwarded_pair(entry, "proto") : first_of(of.forwarded_proto, how.proxies);
    if (same_word(named, "http")) scheme = "http";
    if (same_word(named, "https")) scheme = "https";
    server = split_host(standard ? forwarded_pair(entry, "host") : first_of(of.forwarded_host, how.proxies));
  }
  /// Proxies add to the list of addresses; of these they often write one only.
  [[nodiscard]] static std::string_view first_of(std::string_view list, unsigned proxies) noexcept {
    auto const out = forwarded_entry(list, proxies);
    return out.empty() ? forwarded_entry(list, 1) : out;
  }
};

/// What follows from a request, and from whom to believe. [semantic conventions: HTTP server definitions]
struct server_view {
  std::string_view path, query, client, scheme;
  std::string_view target;  // the path with its query
  host_and_port server;
  bool forwarded;

  server_view(http_server_request const& of, http_server_options const& how) noexcept {
    proxies_view const seen{of, how};
    bool const whole = end_of_scheme(of.target) != std::string_view::npos;
    auto const parts = whole ? read_url(of.target) : url_parts{};
    auto const mark = of.target.find('?');
    path = whole ? parts.path : of.target.substr(0, mark);
    if (mark != std::string_view::npos) query = whole ? parts.query : of.target.substr(mark + 1);
    target = whole ? target_of(parts) : of.target;
    forwarded = !seen.client.empty();
    client = forwarded ? seen.client : of.peer_address;
    scheme = seen.scheme.empty() ? of.scheme : seen.scheme;
    server = !seen.server.host.empty() ? seen.server : whole ? parts.server : split_host(of.host);
    if (server.host.empty()) server = {of.local_address, of.local_port};
    else if (server.port < 0) server.port = scheme == "https" ? 443 : scheme == "http" ? 80 : -1;
  }
  /// Both are of one URL, the query behind the path's end.
  [[nodiscard]] static std::string_view target_of(url_parts const& parts) noexcept {
    if (parts.query.empty()) return parts.path;
    if (parts.path.empty()) return {parts.query.data() - 1, parts.query.size() + 1};
    return {parts.path.data(), parts.path.size() + 1 + parts.query.size()};
  }
};

FANLIGHT_INLINE void put_server_facts(draft& d, http_server_request const& of, server_view const& seen, std::string_view methods) noexcept {
  put_method_original(d, of.method, methods);
  put_text(d, "user_agent.original", of.user_agent);
  put_text(d, "network.protocol.version", of.version);
  put_text(d, "network.peer.address", of.peer_address);
  put_if(d, "network.peer.port", of.peer_port);
  if (!seen.forwarded) put_if(d, "client.port", of.peer_port);
  else put_attribute(d, item_role::attribute, "aws.xray.x_forwarded_for", true);
  put_if(d, "http.request.body.size", of.body_size);
}

}  // namespace detail

FANLIGHT_INLINE wall_time wall_now_here() noexcept {
  auto const* const core = detail::core_here(detail::here());
  return core != nullptr ? detail::wall_now(*core) : wall_time{};
}

// ---- a server's span ---------------------------------------------------------------------------------------------------------------

FANLIGHT_INLINE http_server_span::http_server_span(http_server_request const& request, fanlight::context const& caller,
                                                   http_server_options const& how, source where) noexcept
    : scoped_span{later{}},
      methods_{detail::http_methods_here(how.known_methods)},
      logger_{how.access_logger},
      where_{where},
      begun_{detail::ticks_here()} {
  detail::server_view const seen{request, how};
  text_writer path, query;
  detail::append_tame(path, seen.path);
  if (!seen.query.empty()) detail::write_redacted_query(query, seen.query);
  detail::first_attributes first;
  first.text("http.request.method", detail::known_method(request.method, methods_));
  first.text("url.scheme", seen.scheme), first.text("url.path", path.view()), first.text("url.query", query.view());
  first.text("server.address", seen.server.host), first.number("server.port", seen.server.port);
  first.text("client.address", seen.client);
  detail::start_facts start;
  start.name = detail::span_name_of(request.method, methods_);
  start.kind = span_kind::server;
  start.has_parent = true, start.parent = &caller;
  start.attributes = first.all, start.attribute_count = first.count;
  start.where = where;
  begin(start);
  if (auto& d = draft_here(); d.is_open()) detail::put_server_facts(d, request, seen, methods_);
  access_.remote_address = seen.client, access_.method = request.method, access_.scheme = seen.scheme;
  access_.target = seen.target, access_.user_agent = request.user_agent;
}

FANLIGHT_INLINE void http_server_span::set_route(std::string_view route) noexcept {
  access_.route = route;
  if (route.empty() || !is_recording()) return;
  text_writer name;
  detail::write_http_name(name, access_.method, methods_, route);
  update_name(name.view());
  set("http.route", route);
}

FANLIGHT_INLINE void http_server_span::set_response(int status, std::int64_t body_size) noexcept {
  access_.status = status, access_.response_bytes = body_size;
  if (is_recording()) detail::end_http(draft_here(), status, body_size, 500);
}

FANLIGHT_INLINE void http_server_span::set_failure(std::string_view kind, std::string_view message) noexcept {
  if (is_recording()) detail::fail_http(draft_here(), kind, message);
}

FANLIGHT_INLINE http_server_span::~http_server_span() noexcept {
  if (access_.status == 0 || logger_.empty()) return;
  access_.duration_ns = detail::ticks_here() - begun_;
  log_access(access_, logger_, where_);
}

// ---- a client's span ---------------------------------------------------------------------------------------------------------------

FANLIGHT_INLINE http_client_span::http_client_span(http_client_request const& request, source where) noexcept : scoped_span{later{}} {
  auto const parts = detail::read_url(request.url);
  auto const methods = detail::http_methods_here(request.known_methods);
  text_writer url, name;
  detail::write_clean_url(url, request.url);
  detail::write_http_name(name, request.method, methods, request.url_template);
  detail::first_attributes first;
  first.text("http.request.method", detail::known_method(request.method, methods));
  first.text("url.full", url.view());
  first.text("server.address", parts.server.host), first.number("server.port", parts.server.port);
  detail::start_facts start;
  start.name = name.view();
  start.kind = span_kind::client;
  start.attributes = first.all, start.attribute_count = first.count;
  start.where = where;
  begin(start);
  if (auto& d = draft_here(); d.is_open()) detail::begin_http_client(d, request, methods);
}

FANLIGHT_INLINE void http_client_span::set_response(http_response const& answer) noexcept {
  if (!is_recording()) return;
  auto& d = draft_here();
  detail::put_text(d, "network.protocol.version", answer.version);
  detail::put_text(d, "network.peer.address", answer.peer_address);
  if (!answer.peer_address.empty()) detail::put_if(d, "network.peer.port", answer.peer_port);
  detail::end_http(d, answer.status, answer.body_size, 400);
}

FANLIGHT_INLINE void http_client_span::set_failure(std::string_view kind, std::string_view message) noexcept {
  if (is_recording()) detail::fail_http(draft_here(), kind, message);
}

FANLIGHT_END

// The name of a segment or subsegment, its namespace, and its times. Part of document.hpp's writer. [xray.md 1.5, 2]
#pragma once

#include <fanlight/impl/joined.hpp>
#include <fanlight/impl/xray/entry_writer.ipp>
#include <fanlight/impl/xray/names.ipp>

FANLIGHT_BEGIN
namespace detail {

FANLIGHT_INLINE std::int64_t xray_writer::entry_writer::number_of(value const& from, std::int64_t none) noexcept {
  if (from.is_integer()) return from.as_int64();
  if (from.kind() == value_kind::float64 && from.as_double() > -1e15 && from.as_double() < 1e15) return static_cast<std::int64_t>(from.as_double());
  auto const digits = from.as_text();
  if (digits.empty() || digits.size() > 18) return none;
  std::int64_t out = 0;
  for (char const digit : digits) {
    if (digit < '0' || digit > '9') return none;
    out = out * 10 + (digit - '0');
  }
  return out;
}

FANLIGHT_INLINE std::string_view xray_writer::entry_writer::limited(std::string_view any, std::size_t most, std::string_view what) {
  std::size_t const size = utf8_cut(any, most);
  if (size != any.size())
    owner_.notices_.add(problem_code::value_cut, [&] {
      return joined({"'", what, "' of '", utf8_front(name_, 60), "' was cut: X-Ray keeps ", std::to_string(most), " characters"});
    });
  return any.substr(0, size);
}

/// `orders@db.example`
FANLIGHT_COLD FANLIGHT_INLINE std::string_view xray_writer::entry_writer::name_of_database() {
  bool const old = has(xray_key::db_name);
  auto const base = text(old ? xray_key::db_name : xray_key::db_namespace);
  if (base.empty() || (!old && !calls_out())) return {};
  auto host = host_of_url(text(xray_key::db_connection));
  if (text(xray_key::db_connection).find("://") == std::string_view::npos) host = {};
  if (host.empty() && !old) host = text(xray_key::server_address);
  if (host.empty()) return base;
  return keep(std::string{base} + '@' + std::string{host});
}

/// The first that is set, as in the collector; but what was named in X-Ray's own words keeps its name.
FANLIGHT_INLINE std::string_view xray_writer::entry_writer::chosen_name() {
  if (segment_ && !form_.tracing_name.empty()) return form_.tracing_name;
  bool const server = is_kind(span_kind::server);
  if ((head_.flags & (entry_flag::segment | entry_flag::subsegment)) != 0) return name_;
  auto const first = [&](auto... keys) {
    std::string_view out;
    ((out = out.empty() ? text(keys) : out), ...);
    return out;
  };
  bool const local = server || (is_kind(span_kind::internal) && segment_);
  if (auto const own = local ? text(xray_key::local_service) : is_kind(span_kind::internal) ? std::string_view{} : text(xray_key::remote_service); !own.empty()) return own;
  if (auto const peer = first(xray_key::peer_service, xray_key::aws_service); !peer.empty()) return peer;
  if (auto const database = name_of_database(); !database.empty()) return database;
  if (server && !owner_.sender_.service_name().empty()) return owner_.sender_.service_name();
  if (auto const other = first(xray_key::rpc_service, xray_key::http_host, xray_key::peer_name); !other.empty()) return other;
  if (!calls_out()) return name_;
  if (auto const host = text(xray_key::server_address); !host.empty()) return host;
  auto const host = host_of_url(first(xray_key::url, xray_key::url_old));
  return host.empty() ? name_ : host;
}

FANLIGHT_INLINE void xray_writer::entry_writer::name() {
  auto name = chosen_name();
  if (name.empty() && head_.function != nullptr) name = keep(qualified_name(head_.function, owner_.scratch_));
  to_.literal(",\"name\":\"");
  std::size_t const begin = to_.size();
  bool const changed = write_xray_name(to_, name);
  if (changed)
    owner_.notices_.add(problem_code::name_changed, [&] {
      return joined(
          {"the name of a span was changed to '", to_.view().substr(begin),
           "': X-Ray refuses documents with other characters than letters, numbers, blanks and _.:/%&#=+-@ in it, or more than 200"});
    });
  to_.push('"');
}

FANLIGHT_INLINE void xray_writer::entry_writer::times() {
  to_.literal(",\"start_time\":");
  write_xray_time(to_, anchor_.start_of(head_));
  if (head_.type == entry_type::start) return to_.literal(",\"in_progress\":true");
  to_.literal(",\"end_time\":");
  write_xray_time(to_, anchor_.end_of(head_));
}

FANLIGHT_INLINE void xray_writer::entry_writer::name_space() {
  if (segment_) return;
  if (has(xray_key::aws_service) || text(xray_key::rpc_system) == "aws-api") to_.literal(",\"namespace\":\"aws\"");
  else if (is_kind(span_kind::client)) to_.literal(",\"namespace\":\"remote\"");
}

FANLIGHT_INLINE void xray_writer::entry_writer::traced() {
  if (segment_ || use(xray_key::traced).kind() != value_kind::boolean) return;
  if (look(xray_key::traced).as_bool()) to_.literal(",\"traced\":true");
}

FANLIGHT_INLINE void xray_writer::entry_writer::user() {
  if (!segment_) return;
  auto const who = use(xray_key::user, xray_key::enduser);
  limited_member("user", who.as_text());
}

/// Ids of siblings, as 16 hex digits.
FANLIGHT_COLD FANLIGHT_INLINE void xray_writer::entry_writer::precursors() {
  if (segment_ || !has(xray_key::precursors)) return;
  bool any = false;
  auto const one = [&](std::string_view digits) {
    if (!span_id::from_hex(digits).is_valid()) return;
    if (!any) json_.name("precursor_ids"), json_.open_array();
    any = true;
    json_.text(span_id::from_hex(digits).hex());
  };
  auto const list = use(xray_key::precursors);
  if (list.kind() == value_kind::text) one(list.as_text());
  for (auto const each : list.members()) one(each.value.as_text());
  if (any) json_.close_array();
}

FANLIGHT_COLD FANLIGHT_INLINE void xray_writer::entry_writer::links() {
  if (trim_ != nullptr && trim_->brief) return;
  json_.name("links");
  json_.open_array();
  for (auto const& link : link_list{found_.items, found_.end, anchor_}) {
    if (!link.trace_id.is_valid() || !link.span_id.is_valid()) continue;
    auto const trace = link.trace_id.hex();
    json_.open_object();
    json_.name("trace_id");
    json_.text(std::string{"1-"}.append(trace.view().substr(0, 8)).append("-").append(trace.view().substr(8)));
    json_.name("id");
    json_.text(link.span_id.hex());
    if (!link.attributes().empty()) {
      json_.name("attributes");
      json_.open_object();
      for (auto const& each : link.attributes()) json_.key(each.key), json_.plain(each.value);
      json_.close_object();
    }
    json_.close_object();
  }
  json_.close_array();
}

}  // namespace detail
FANLIGHT_END

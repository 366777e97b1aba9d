// Bodies of telemetry.hpp. [Rollbar: create item, telemetry]
#pragma once

#include <fanlight/impl/places.hpp>
#include <fanlight/impl/rollbar/event.hpp>
#include <fanlight/impl/rollbar/telemetry.hpp>

#include <algorithm>
#include <utility>

FANLIGHT_BEGIN
namespace detail {

/// Larger entries are not worth their place: they would be most of an item.
inline constexpr std::size_t most_telemetry_bytes = 16'384;

FANLIGHT_INLINE void rollbar_ring::forget() {
  while (kept_.size() > how_.count) kept_.pop_front();
}

FANLIGHT_INLINE void rollbar_ring::add(std::int64_t time, entry_type type, unsigned char const* at, batch_data const& from) {
  std::uint32_t size = 0;
  std::memcpy(&size, at, sizeof size);
  if (size > most_telemetry_bytes) return;
  auto place = kept_.end();
  while (place != kept_.begin() && std::prev(place)->time > time) --place;
  kept_.insert(place, entry{time, type, from.anchor, std::string{reinterpret_cast<char const*>(at), size}});
}

FANLIGHT_INLINE void rollbar_ring::take(entry_type type, batch_ref const& records) {
  if (how_.count == 0 || (type == entry_type::span && !how_.spans)) return;
  if (std::exchange(latest_, records.get()) != records.get() || std::exchange(latest_number_, records->sequence) != records->sequence) forget();
  latest_number_ = records->sequence;
  struct place {
    std::int64_t time;
    unsigned char const* at;
  };
  std::vector<place> found;
  // Documents are lines of metrics, for machines.
  auto const is_shown = [least = static_cast<std::uint8_t>(how_.level)](entry_head const& head) {
    return head.type != entry_type::log || (head.kind >= least && (head.flags & entry_flag::document) == 0);
  };
  for (auto const *at = records->data, *end = at + records->size; at != end;) {
    auto const& head = *reinterpret_cast<entry_head const*>(at);
    if (head.type == type && is_shown(head))
      found.push_back({type == entry_type::span ? records->anchor.end_of(head) : records->anchor.start_of(head), at});
    at += head.size;
  }
  auto const later = [](place const& one, place const& other) { return one.time < other.time; };
  sort_list(found, later);
  // No error in it will ask for what is older than the newest.
  std::size_t first = 0;
  if (records->count(entry_type::error) == 0 && found.size() > how_.count) first = found.size() - how_.count;
  for (; first < found.size(); ++first) add(found[first].time, type, found[first].at, *records);
  if (records->count(entry_type::error) == 0) forget();
}

[[nodiscard]] FANLIGHT_COLD FANLIGHT_INLINE rollbar_node telemetry_event(std::string_view type, std::string_view level, std::int64_t time) {
  auto out = rollbar_node::object();
  out.put("level", level);
  out.put("type", type);
  out.put("source", "server");
  out.put("timestamp_ms", rollbar_node::number(time / 1'000'000));
  return out;
}

[[nodiscard]] FANLIGHT_COLD FANLIGHT_INLINE rollbar_node telemetry_of(log_record const& from) {
  auto out = telemetry_event("log", name_of(level_of(from.level)), from.time.nanoseconds);
  auto body = rollbar_node::object();
  for (auto const& each : from.attributes()) body.put(each.key, rollbar_node::from(each.value));
  body.put_some("logger", from.logger());
  body.put("message", from.body);
  out.put("body", std::move(body));
  return out;
}

[[nodiscard]] FANLIGHT_COLD FANLIGHT_INLINE rollbar_node telemetry_of(error_record const& from) {
  auto out = telemetry_event("error", name_of(level_of(from.level)), from.time.nanoseconds);
  auto body = rollbar_node::object();
  body.put("message", from.message);
  body.put_some("class", from.exception_type());
  body.put_some("uuid", from.uuid());
  out.put("body", std::move(body));
  return out;
}

/// The address of a call by HTTP, in the words of the conventions, old and new.
[[nodiscard]] FANLIGHT_COLD FANLIGHT_INLINE std::string url_of(span_record const& from) {
  for (std::string_view const key : {std::string_view{"url.full"}, std::string_view{"http.url"}})
    if (auto const url = from.find(key).as_text(); !url.empty()) return std::string{url};
  std::string out;
  if (auto const host = from.find("server.address").as_text(); !host.empty()) {
    auto const scheme = from.find("url.scheme").as_text();
    out = std::string{scheme.empty() ? "http" : scheme} + "://" + std::string{host};
    if (auto const port = from.find("server.port").as_int64(); port != 0) out += ":" + std::to_string(port);
  }
  auto const path = from.find("url.path").as_text();
  return out + std::string{path.empty() ? from.find("http.target").as_text() : path};
}

[[nodiscard]] FANLIGHT_COLD FANLIGHT_INLINE rollbar_node network_of(span_record const& from, std::string_view method) {
  auto status = from.find("http.response.status_code");
  if (!status.is_integer()) status = from.find("http.status_code");
  auto const code = status.as_int64();
  bool const failed = from.status == status_code::error || code >= 500;
  auto out = telemetry_event("network", failed ? "error" : code >= 400 ? "warning" : "info", from.end.nanoseconds);
  auto body = rollbar_node::object();
  body.put("method", method);
  body.put("url", url_of(from));
  body.put("status_code", std::to_string(code));
  body.put("subtype", "http");
  body.put("start_timestamp_ms", rollbar_node::number(from.start.nanoseconds / 1'000'000));
  body.put("end_timestamp_ms", rollbar_node::number(from.end.nanoseconds / 1'000'000));
  out.put("body", std::move(body));
  return out;
}

[[nodiscard]] FANLIGHT_COLD FANLIGHT_INLINE rollbar_node telemetry_of(span_record const& from) {
  auto method = from.find("http.request.method").as_text();
  if (method.empty()) method = from.find("http.method").as_text();
  if (from.kind == span_kind::client && !method.empty()) return network_of(from, method);
  bool const failed = from.status == status_code::error;
  auto out = telemetry_event("manual", failed ? "error" : "info", from.end.nanoseconds);
  auto body = rollbar_node::object();
  for (auto const& each : from.attributes()) body.put(each.key, rollbar_node::from(each.value));
  body.put("span", from.name);
  body.put("duration_ms", rollbar_node::from(value{static_cast<double>(from.duration().count()) / 1e6}));
  if (failed) body.put_some("status", from.status_message().empty() ? std::string_view{"error"} : std::string_view{from.status_message()});
  out.put("body", std::move(body));
  return out;
}

/// That very error itself.
FANLIGHT_COLD FANLIGHT_INLINE bool rollbar_ring::is_error(entry const& one, std::string_view uuid) {
  return one.type == entry_type::error && error_record{reinterpret_cast<unsigned char const*>(one.bytes.data()), batch_data{}}.uuid() == uuid;
}

FANLIGHT_COLD FANLIGHT_INLINE rollbar_node rollbar_ring::before(std::int64_t time, std::string_view uuid) const {
  std::vector<entry const*> chosen;
  for (auto at = kept_.rbegin(); at != kept_.rend() && chosen.size() < how_.count; ++at)
    if (at->time <= time && !is_error(*at, uuid)) chosen.push_back(&*at);
  auto out = rollbar_node::array();
  for (auto at = chosen.rbegin(); at != chosen.rend(); ++at) {
    batch_data frame;
    frame.anchor = (*at)->anchor;
    auto const* const bytes = reinterpret_cast<unsigned char const*>((*at)->bytes.data());
    if ((*at)->type == entry_type::log) {
      out.push(telemetry_of(log_record{bytes, frame}));
    } else if ((*at)->type == entry_type::span) {
      out.push(telemetry_of(span_record{bytes, frame}));
    } else {
      out.push(telemetry_of(error_record{bytes, frame}));
    }
  }
  return out;
}

}  // namespace detail
FANLIGHT_END

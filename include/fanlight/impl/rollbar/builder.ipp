// Bodies of builder.hpp. [Rollbar: create item]
#pragma once

#include <fanlight/impl/aws/sha.hpp>
#include <fanlight/impl/joined.hpp>
#include <fanlight/impl/rollbar/builder.hpp>
#include <fanlight/impl/rollbar/scrub.hpp>

#include <algorithm>

FANLIGHT_BEGIN
namespace detail {

/// A class name survives every step of truncation, and so has a length that always fits.
inline constexpr std::size_t longest_class = 500;

FANLIGHT_COLD FANLIGHT_INLINE rollbar_builder::rollbar_builder(rollbar_config const& how, std::shared_ptr<resource const> who)
    : how_{how}, who_{who ? std::move(who) : std::make_shared<resource const>()} {
  environment_ = how.environment;
  if (environment_.empty()) environment_ = who_->get("deployment.environment.name");
  if (environment_.empty()) environment_ = who_->get("deployment.environment");
  if (environment_.empty()) environment_ = "production";
  code_version_ = how.code_version.empty() ? std::string{who_->get("service.version")} : how.code_version;
}

/// Of the report, of the scope it was made in, of its span: the first that has it.
[[nodiscard]] FANLIGHT_COLD FANLIGHT_INLINE rollbar_node const* fact_of(rollbar_source const& from, std::string_view key) {
  for (auto const* part : {&from.own, &from.scope, &from.span})
    if (auto const* const found = part->find(key); found != nullptr) return found;
  return nullptr;
}
[[nodiscard]] FANLIGHT_COLD FANLIGHT_INLINE std::string text_of(rollbar_source const& from, std::initializer_list<std::string_view> keys) {
  for (auto const key : keys)
    if (auto const* const found = fact_of(from, key); found != nullptr) {
      if (found->is_text() && !found->words.empty()) return found->words;
      if (found->what == rollbar_node::type::integer || found->what == rollbar_node::type::natural) return found->json();
    }
  return {};
}

FANLIGHT_COLD FANLIGHT_INLINE rollbar_event rollbar_builder::event_of(rollbar_source const& from) const {
  rollbar_event out;
  out.uuid = from.uuid;
  if (!from.is_message()) out.type = from.errors.front().type;
  if (!from.errors.empty()) out.message = rollbar_node::text(from.errors.front().message).words;
  out.level = level_of(from.level);
  out.uncaught = !from.uncaught.empty();
  out.context = text_of(from, {"rollbar.context"});
  if (out.context.empty()) out.context = text_of(from, {"http.route"});
  out.title = text_of(from, {"rollbar.title"});
  out.fingerprint = from.fingerprint.empty() ? text_of(from, {"rollbar.fingerprint"}) : from.fingerprint;
  out.span_path = from.span_path;
  return out;
}

FANLIGHT_COLD FANLIGHT_INLINE rollbar_node rollbar_builder::frame(rollbar_frame const& from) const {
  auto out = rollbar_node::object();
  out.put("filename", from.filename.empty() ? std::string_view{"unknown"} : std::string_view{from.filename});
  if (from.line != 0) out.put("lineno", rollbar_node::number(from.line));
  out.put("method", from.method.empty() ? rollbar_node{} : rollbar_node::text(from.method));
  out.put_some("module", from.module);
  out.put_some("module_offset", from.module_offset);
  out.put_some("build_id", from.build_id);
  out.put_some("address", from.address);
  if (from.inlined) out.put("inlined", rollbar_node::from(value{true}));
  return out;
}

FANLIGHT_COLD FANLIGHT_INLINE rollbar_node rollbar_builder::trace(rollbar_error const& from) const {
  auto frames = rollbar_node::array();
  for (auto const& each : from.frames) frames.push(frame(each));
  auto exception = rollbar_node::object();
  exception.put("class", utf8_front(from.type, longest_class));
  exception.put("message", from.message);
  auto out = rollbar_node::object();
  out.put("frames", std::move(frames));
  out.put("exception", std::move(exception));
  return out;
}

/// What the report itself says belongs to a message; an exception has `custom` for that.
FANLIGHT_COLD FANLIGHT_INLINE rollbar_node rollbar_builder::body(rollbar_source const& from, rollbar_event const& as) const {
  auto out = rollbar_node::object();
  if (as.type.empty()) {
    auto message = rollbar_node::object();
    for (auto const& each : from.own.members)
      if (each.key != "body" && each.key.compare(0, 8, "rollbar.") != 0) message.push(each);
    message.put("body", as.message);
    out.put("message", std::move(message));
    return out;
  }
  auto first = from.errors.front();
  first.type = as.type, first.message = as.message;
  if (from.errors.size() == 1) {
    out.put("trace", trace(first));
    return out;
  }
  auto chain = rollbar_node::array();
  chain.push(trace(first));
  for (std::size_t i = 1; i < from.errors.size(); ++i) chain.push(trace(from.errors[i]));
  out.put("trace_chain", std::move(chain));
  return out;
}

/// True for attributes that become part of `request`, `person` and the like, and are not repeated in `custom`.
[[nodiscard]] FANLIGHT_COLD FANLIGHT_INLINE bool has_a_place(std::string_view key) noexcept {
  for (std::string_view const begin : {std::string_view{"rollbar."}, std::string_view{"http.request.header."}, std::string_view{"enduser."}})
    if (key.substr(0, begin.size()) == begin) return true;
  for (std::string_view const whole : {"user.id", "user.name", "user.email", "url.full", "url.query", "url.path", "url.scheme", "http.url", "http.target", "http.method",
                                       "http.request.method", "http.request.body", "client.address", "http.client_ip", "server.address", "server.port", "fanlight.error.id", "error.type"})
    if (key == whole) return true;
  return false;
}

[[nodiscard]] FANLIGHT_COLD FANLIGHT_INLINE std::string request_url(rollbar_source const& from) {
  auto out = text_of(from, {"url.full", "http.url"});
  if (!out.empty()) return out;
  auto const host = text_of(from, {"server.address"}), path = text_of(from, {"url.path", "http.target"}), query = text_of(from, {"url.query"});
  if (path.empty()) return out;
  if (!host.empty()) {
    auto const scheme = text_of(from, {"url.scheme"}), port = text_of(from, {"server.port"});
    out = joined({(scheme.empty() ? "http" : scheme), "://", host, (port.empty() || port == "80" || port == "443" ? "" : ":" + port)});
  }
  return out + path + (query.empty() || path.find('?') != std::string::npos ? "" : "?" + query);
}

FANLIGHT_COLD FANLIGHT_INLINE rollbar_node rollbar_builder::request(rollbar_source const& from) const {
  auto out = rollbar_node::object();
  if (auto const* const given = from.extra.find("request"); given != nullptr)
    for (auto const& each : given->members) out.put(each.key, each);
  auto const offer = [&](std::string_view name, std::string const& text) {
    if (!text.empty()) out.offer(name, rollbar_node::text(text));
  };
  offer("url", request_url(from));
  offer("method", text_of(from, {"http.request.method", "http.method"}));
  offer("query_string", text_of(from, {"url.query"}));
  offer("body", text_of(from, {"http.request.body"}));
  offer("user_ip", text_of(from, {"client.address", "http.client_ip"}));
  for (auto const* part : {&from.own, &from.scope, &from.span})
    for (auto const& each : part->members) {
      if (each.key.compare(0, 20, "http.request.header.") != 0) continue;
      bool const single = each.is_array() && each.members.size() == 1;
      out.within("headers").offer(std::string_view{each.key}.substr(20), single ? each.members.front() : each);
    }
  if (auto* const ip = out.find("user_ip"); ip != nullptr && ip->is_text() && how_.capture_ip == rollbar_ip::anonymize) ip->words = anonymous_ip(ip->words);
  if (how_.capture_ip == rollbar_ip::none) out.erase("user_ip");
  return out;
}

FANLIGHT_COLD FANLIGHT_INLINE void rollbar_builder::person(rollbar_node& to, rollbar_source const& from) const {
  auto const* const given = from.extra.find("person");
  auto const part = [&](std::string const& fact, char const* member, std::initializer_list<std::string_view> keys) {
    if (!fact.empty()) return fact;
    if (given != nullptr)
      if (auto const* const found = given->find(member); found != nullptr) return found->is_text() ? found->words : found->json();
    return text_of(from, keys);
  };
  auto const id = part(from.person_id, "id", {"user.id", "enduser.id"});
  if (id.empty()) return;
  auto out = rollbar_node::object();
  out.put("id", utf8_front(id, 40));
  if (how_.capture_username) out.put_some("username", utf8_front(part(from.person_name, "username", {"user.name"}), 255));
  if (how_.capture_email) out.put_some("email", utf8_front(part(from.person_email, "email", {"user.email"}), 255));
  to.put("person", std::move(out));
}

/// What the caller says wins over what is put there besides.
FANLIGHT_COLD FANLIGHT_INLINE rollbar_node rollbar_builder::custom(rollbar_source const& from) const {
  auto out = rollbar_node::object();
  for (auto const item : how_.custom.members()) out.put(item.key, rollbar_node::from(item.value));
  auto const take = [&](rollbar_node const& all) {
    auto const known = out.members.size();  // within one source each key is there once
    for (auto const& each : all.members) {
      if (has_a_place(each.key)) continue;
      auto const end = out.members.begin() + static_cast<std::ptrdiff_t>(known);
      auto const at = std::find_if(out.members.begin(), end, [&](rollbar_node const& one) { return one.key == each.key; });
      if (at != end) *at = each;
      else out.push(each);
    }
  };
  take(from.span);
  take(from.scope);
  for (auto const& space : from.extra.members) {
    if (space.key == "request" || space.key == "person") continue;
    if (space.key == "default" || space.key == "custom") take(space);
    else
      for (auto const& each : space.members) out.within(space.key).put(each.key, each);
  }
  if (!from.is_message()) take(from.own);
  else if (auto const* const shadowed = from.own.find("body"); shadowed != nullptr) out.offer("body", *shadowed);
  auto const offer = [&](std::string_view name, std::string const& text) {
    if (!text.empty()) out.offer(name, rollbar_node::text(text));
  };
  offer("trace_id", from.trace_id);
  offer("span_id", from.span_id);
  if (from.trace_id.size() == 32) offer("xray_trace_id", joined({"1-", from.trace_id.substr(0, 8), "-", from.trace_id.substr(8)}));
  offer("log_group", how_.log_group);
  offer("log_stream", how_.log_stream);
  offer("uncaught_by", from.uncaught);
  if (!from.span_path.empty()) {
    auto path = rollbar_node::array();
    for (auto const& each : from.span_path) path.push(rollbar_node::text(each));
    out.offer("span_path", std::move(path));
  }
  // A crash is told by a later run, and Rollbar shows when it got the item.
  if (from.uncaught == "signal") out.offer("occurred_at_ms", rollbar_node::number(from.time / 1'000'000));
  return out;
}

FANLIGHT_COLD FANLIGHT_INLINE rollbar_node rollbar_builder::server() const {
  auto out = rollbar_node::object();
  out.put_some("host", how_.host.empty() ? who_->get("host.name") : std::string_view{how_.host});
  out.put_some("root", how_.root);
  out.put_some("branch", how_.branch);
  out.put_some("code_version", utf8_front(code_version_, 40));
  out.put_some("cpu", utf8_front(who_->get("host.arch"), 255));
  out.put_some("service", who_->get("service.name"));
  if (auto const pid = who_->attributes.get("process.pid"); pid.is_integer()) out.put("pid", rollbar_node::from(pid));
  return out;
}

FANLIGHT_COLD FANLIGHT_INLINE void rollbar_builder::frame_of_item(rollbar_node& to, std::string_view level, std::string_view uuid, std::int64_t time) const {
  to.put("environment", utf8_front(environment_, 255));
  to.put("level", level);
  to.put("timestamp", rollbar_node::number(time / 1'000'000'000));
  to.put_some("code_version", utf8_front(code_version_, 40));
  to.put_some("platform", how_.platform);
  to.put("language", "c++");
  to.put_some("framework", how_.framework);
  to.put_some("uuid", uuid);
  to.put("server", server());
  auto notifier = rollbar_node::object();
  notifier.put("name", "fanlight");
  notifier.put("version", FANLIGHT_VERSION_STRING);
  to.put("notifier", std::move(notifier));
}

FANLIGHT_COLD FANLIGHT_INLINE void add_attribute(rollbar_node& to, std::string_view key, std::string_view text) {
  if (text.empty()) return;
  auto one = rollbar_node::object();
  one.put("key", key);
  one.put("value", text);
  to.push(std::move(one));
}

FANLIGHT_COLD FANLIGHT_INLINE rollbar_node rollbar_builder::build(rollbar_source const& from, rollbar_event const& as) const {
  auto out = rollbar_node::object();
  frame_of_item(out, name_of(as.level), as.uuid, from.time);
  out.put("body", body(from, as));
  out.put_some("context", utf8_front(as.context, 255));
  out.put_some("title", utf8_front(as.title, 255));
  // Rollbar would take the SHA-1 of a longer one itself.
  out.put_some("fingerprint", utf8_count(as.fingerprint) <= 40 ? as.fingerprint : sha1_hex(as.fingerprint));
  if (auto asked = request(from); !asked.members.empty()) out.put("request", std::move(asked));
  person(out, from);
  if (auto said = custom(from); !said.members.empty()) out.put("custom", std::move(said));
  auto attributes = rollbar_node::array();
  add_attribute(attributes, "trace_id", from.trace_id);
  add_attribute(attributes, "span_id", from.span_id);
  add_attribute(attributes, "session_id", text_of(from, {"rollbar.session.id"}));
  add_attribute(attributes, "execution_scope_id", text_of(from, {"rollbar.execution.scope.id"}));
  if (as.uncaught) add_attribute(attributes, "is_uncaught", "true");
  if (!attributes.members.empty()) out.put("attributes", std::move(attributes));
  return out;
}

FANLIGHT_COLD FANLIGHT_INLINE rollbar_node rollbar_builder::notice(std::string_view text, std::string_view level, std::string_view uuid, std::int64_t time) const {
  auto out = rollbar_node::object();
  frame_of_item(out, level, uuid, time);
  out.within("body").within("message").put("body", text);
  out.within("custom").put("fanlight_internal", rollbar_node::from(value{true}));
  return out;
}

}  // namespace detail
FANLIGHT_END

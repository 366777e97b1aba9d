// Bodies of maker.hpp.
#pragma once

#include <fanlight/detail/process_facts.hpp>
#include <fanlight/impl/joined.hpp>
#include <fanlight/impl/otlp_ruling.hpp>
#include <fanlight/impl/rollbar/maker.hpp>

#include <cstdio>

FANLIGHT_BEGIN
namespace detail {

[[nodiscard]] FANLIGHT_COLD FANLIGHT_INLINE std::int64_t wall_now() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

[[nodiscard]] FANLIGHT_COLD FANLIGHT_INLINE std::uint64_t text_hash(std::string_view text, std::uint64_t seed = 0xCBF29CE484222325u) noexcept {
  for (char const letter : text) seed = (seed ^ static_cast<unsigned char>(letter)) * 0x100000001B3u;
  return seed ^ seed >> 29;
}

/// What makes two errors look the same: class and message, or the fingerprint that stands for both.
[[nodiscard]] FANLIGHT_COLD FANLIGHT_INLINE std::uint64_t look_of(rollbar_event const& as) noexcept {
  if (!as.fingerprint.empty()) return text_hash(as.fingerprint);
  return text_hash(as.message, text_hash(as.type));
}

FANLIGHT_COLD FANLIGHT_INLINE rollbar_maker::rollbar_maker(rollbar_config const& how, exporter_setup const& setup)
    : how_{how}, setup_{setup}, builder_{how, setup.who}, scrubber_{how.scrub_keys, {how.access_token}}, ignored_{how.ignore_messages},
      bucket_{how.items_per_minute}, alike_{how.duplicate_window} {}

template <class Call>
bool rollbar_maker::call(hook which, char const* name, Call what) {
  auto& failed = failed_[static_cast<std::size_t>(which)];
  if (failed) return false;
  std::string why;
  try {
    what();
    return true;
  } catch (std::bad_alloc const&) { throw; } catch (std::exception const& error) {
    why = scrubber_.clean(one_line(error.what(), 200));
  } catch (...) { why = "something that is no std::exception"; }
  failed = true;
  books().hook_failures.fetch_add(1, std::memory_order_relaxed);
  if (setup_.tell)
    setup_.tell(problem_code::process_threw,
                joined({how_.name, ": its function ", name, " threw (", why, ") and is not called again; items go without it"}));
  return false;
}

FANLIGHT_COLD FANLIGHT_INLINE void rollbar_maker::clean(rollbar_event& as) const {
  for (auto* const each : {&as.message, &as.context, &as.title, &as.fingerprint}) *each = scrubber_.clean(*each);
  for (auto& each : as.span_path) each = scrubber_.clean(each);
}

FANLIGHT_COLD FANLIGHT_INLINE void rollbar_maker::ask_hooks(rollbar_event& as) {
  if (how_.on_event) {
    auto changed = as;
    if (call(hook::on_event, "on_event", [&] { how_.on_event(changed); })) as = std::move(changed);
  }
  std::string given;
  if (how_.fingerprint && call(hook::fingerprint, "fingerprint", [&] { given = how_.fingerprint(as); }) && !given.empty()) as.fingerprint = given;
  given.clear();
  if (how_.title && call(hook::title, "title", [&] { given = how_.title(as); }) && !given.empty()) as.title = given;
  clean(as);  // before anything is cut: half a URL does not show its password for what it is
}

FANLIGHT_COLD FANLIGHT_INLINE rollbar_maker::verdict rollbar_maker::judge(rollbar_source const& from, rollbar_event& as) {
  if (from.level < how_.minimum_level) return verdict::ignored;
  if (!recent_.add(from.uuid)) return verdict::duplicate;
  for (auto const& rule : how_.rules) {
    if (!is_type(from, rule.type)) continue;
    if (rule.level == rollbar_level::ignored) return verdict::ignored;
    if (rule.level != rollbar_level::as_reported) as.level = rule.level;
    // By the uuid: whatever looks at the same error later decides alike.
    if (static_cast<double>(text_hash(from.uuid) >> 11) * 0x1p-53 >= rule.share) return verdict::sampled_out;
    break;
  }
  if (ignored_.match(as.message)) return verdict::ignored;
  ask_hooks(as);
  return as.drop || as.level == rollbar_level::ignored ? verdict::ignored : verdict::go;
}

FANLIGHT_COLD FANLIGHT_INLINE rollbar_maker::verdict rollbar_maker::judge_limits(rollbar_event const& as, moment at) {
  bool const over = how_.max_items != 0 && items_ >= how_.max_items;
  if (!over && bucket_.has_one(at)) return verdict::go;
  held_.add(as.type.empty() ? "message" : as.type, at);
  return verdict::rate_limited;
}

/// A hook may have made it longer than Rollbar takes.
FANLIGHT_COLD FANLIGHT_INLINE void keep_within_limits(rollbar_node& data) {
  struct row {
    char const* path;
    std::size_t most;
  };
  constexpr row rows[]{{"environment", 255}, {"context", 255}, {"title", 255}, {"code_version", 40}, {"fingerprint", 40},
                       {"person/id", 40}, {"person/username", 255}, {"person/email", 255}, {"uuid", 36}};
  for (auto const& each : rows)
    if (auto* const found = data.at(each.path); found != nullptr && found->is_text())
      found->words.resize(utf8_front(found->words, each.most).size());
}

FANLIGHT_COLD FANLIGHT_INLINE rollbar_maker::made rollbar_maker::make(error_record const& from, rollbar_ring const& before, moment at) {
  auto source = read_error(from);
  if (source.uuid.empty()) source.uuid = random_uuid();  // by it a second attempt is known for one
  made out;
  out.uuid = source.uuid;
  auto as = builder_.event_of(source);
  clean(as);
  out.how = judge(source, as);
  if (out.how == verdict::go) out.how = judge_limits(as, at);
  if (out.how != verdict::go) return out;
  out.type = as.type;
  out.data = builder_.build(source, as);
  if (auto list = before.before(source.time, source.uuid); !list.members.empty()) out.data.within("body").put("telemetry", std::move(list));
  scrubber_.clean(out.data);
  rollbar_item shown{out.data};
  bool ignore = false;
  if (how_.ignore) static_cast<void>(call(hook::ignore, "ignore", [&] { ignore = how_.ignore(as, shown); }));
  if (ignore) return out.how = verdict::ignored, out;
  if (alike_.is_on()) {
    auto const left_out = alike_.see(look_of(as), at);
    if (!left_out) return out.how = verdict::duplicate, out;
    if (*left_out != 0) out.data.within("custom").put("duplicates_left_out", rollbar_node::number(static_cast<std::int64_t>(*left_out)));
  }
  if (how_.transform && !failed_[static_cast<std::size_t>(hook::transform)]) {
    auto changed = out.data;
    rollbar_item open{changed};
    if (call(hook::transform, "transform", [&] { how_.transform(open); })) out.data = std::move(changed);
    scrubber_.clean(out.data);
    keep_within_limits(out.data);
  }
  bucket_.take_one();
  ++items_;
  return out;
}

FANLIGHT_COLD FANLIGHT_INLINE rollbar_node rollbar_maker::failsafe(rollbar_node const& of) {
  auto& from = const_cast<rollbar_node&>(of);
  auto const text = [&](std::initializer_list<char const*> paths) {
    for (auto const* path : paths)
      if (auto const* const found = from.at(path); found != nullptr && found->is_text()) return found->words;
    return std::string{};
  };
  auto const type = text({"body/trace/exception/class", "body/trace_chain/0/exception/class"});
  auto const message = text({"body/trace/exception/message", "body/trace_chain/0/exception/message", "body/message/body"});
  std::string const shown{utf8_front(message, 255)};
  auto out = builder_.notice(joined({"The item was too large for Rollbar: ", (type.empty() ? "" : type + ": "), shown}), text({"level"}),
                             random_uuid(), wall_now());
  out.put_some("environment", text({"environment"}));
  out.put_some("title", text({"title"}));
  auto& custom = out.within("custom");
  custom.put("original_uuid", text({"uuid"}));
  custom.put_some("original_class", type);
  for (char const* const name : {"trace_id", "span_id", "xray_trace_id"}) custom.put_some(name, text({(std::string{"custom/"} + name).c_str()}));
  scrubber_.clean(out);
  return out;
}

FANLIGHT_COLD FANLIGHT_INLINE rollbar_node rollbar_maker::notice() {
  auto const count = held_.count();
  auto const types = held_.take();
  bool const in_all = how_.max_items != 0 && items_ >= how_.max_items;
  std::string words = joined({std::to_string(count), (count == 1 ? " report was" : " reports were"), " not sent: "});
  words += in_all ? joined({"the limit of ", std::to_string(how_.max_items), " items is reached"})
                  : joined({"the limit of ", std::to_string(how_.items_per_minute), " items per minute was reached"});
  for (std::size_t i = 0; i < types.size() && i < 5; ++i)
    words += joined({(i == 0 ? ". Most of them: " : ", "), types[i].first, " (", std::to_string(types[i].second), ")"});
  auto out = builder_.notice(words, "warning", random_uuid(), wall_now());
  auto& custom = out.within("custom");
  custom.put("dropped", rollbar_node::number(static_cast<std::int64_t>(count)));
  for (std::size_t i = 0; i < types.size() && i < 10; ++i) custom.within("classes").put(types[i].first, rollbar_node::number(static_cast<std::int64_t>(types[i].second)));
  scrubber_.clean(out);
  return out;
}

/// Without a function to take them, items that are not sent are printed.
FANLIGHT_COLD FANLIGHT_INLINE void rollbar_maker::show(std::string_view body) {
  if (how_.on_item) static_cast<void>(call(hook::on_item, "on_item", [&] { how_.on_item(body); }));
  else if (!how_.transmit) std::fprintf(stderr, "%.*s\n", static_cast<int>(body.size()), body.data());
}

FANLIGHT_COLD FANLIGHT_INLINE void rollbar_maker::tell_result(std::string_view uuid, rollbar_result how) {
  if (how_.on_result && !uuid.empty()) static_cast<void>(call(hook::on_result, "on_result", [&] { how_.on_result(uuid, how); }));
}

}  // namespace detail

FANLIGHT_COLD FANLIGHT_INLINE rollbar_watch::rollbar_watch() : books_{std::make_unique<detail::rollbar_books>()} {}
FANLIGHT_COLD FANLIGHT_INLINE rollbar_watch::~rollbar_watch() = default;

FANLIGHT_COLD FANLIGHT_INLINE rollbar_stats rollbar_watch::stats() const {
  auto const& from = *books_;
  auto const read = [](auto const& one) { return one.load(std::memory_order_relaxed); };
  rollbar_stats out;
  out.queued = read(from.queued), out.sent = read(from.sent), out.retried = read(from.retried), out.truncated = read(from.truncated);
  out.hook_failures = read(from.hook_failures), out.ignored = read(from.ignored), out.sampled_out = read(from.sampled_out);
  out.duplicates = read(from.duplicates), out.rate_limited = read(from.rate_limited), out.queue_full = read(from.queue_full);
  out.rejected = read(from.rejected), out.failed = read(from.failed), out.expired = read(from.expired);
  out.spooled = read(from.spooled), out.spool_dropped = read(from.spool_dropped);
  return out;
}

FANLIGHT_END

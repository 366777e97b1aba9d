// Bodies of exporter.hpp, and the factory of exporters/cloudwatch.hpp: how records become events, and events requests. What does not go
// well is in delivery.ipp, groups and streams are in places.ipp.
#pragma once

#include <fanlight/exporters/cloudwatch.hpp>
#include <fanlight/impl/cloudwatch/delivery.ipp>
#include <fanlight/impl/cloudwatch/places.ipp>
#include <fanlight/impl/joined.hpp>

FANLIGHT_BEGIN
namespace detail {

FANLIGHT_COLD FANLIGHT_INLINE cloudwatch_exporter::cloudwatch_exporter(cloudwatch_settings how, waiter wait)
    : how_{std::move(how)}, wait_{std::move(wait)}, lines_{how_.form}, streams_{how_.stream}, service_{how_} {}

FANLIGHT_COLD FANLIGHT_INLINE record_types cloudwatch_exporter::kinds() const noexcept {
  return takes<log_record> | (how_.given.errors ? takes<error_record> : 0u) | (how_.given.spans ? takes<span_record> : 0u);
}

FANLIGHT_COLD FANLIGHT_INLINE void cloudwatch_exporter::start(exporter_setup const& setup) {
  setup_ = setup;
  if (!how_.given.gzip) return;
  compressor_ = make_compressor();
  if (!compressor_)
    tell(problem_code::feature_missing,
         how_.given.name + ": this build of fanlight has no zlib, so requests are not compressed; build with FANLIGHT_WITH_ZLIB=ON");
}

// ---- records come in --------------------------------------------------------------------------------------------------------------------

FANLIGHT_COLD FANLIGHT_INLINE outcome cloudwatch_exporter::consume(entry_type type, batch_ref const& records, deadline until) {
  if (!latest_ || latest_.get() != records.get()) taken_ = 0;
  latest_ = records;
  auto out = take(type, until);
  if (out.kind() != outcome::kind::retry) latest_ = {};
  return out;
}

FANLIGHT_COLD FANLIGHT_INLINE outcome cloudwatch_exporter::take(entry_type type, deadline until) {
  if (type == entry_type::error) return take_all<error_record>(until);
  if (type == entry_type::span) return take_all<span_record>(until);
  return take_all<log_record>(until);
}

template <class Record>
outcome cloudwatch_exporter::take_all(deadline until) {
  std::size_t index = 0;
  for (auto const record : batch<Record>{latest_}) {
    if (index++ < taken_) continue;
    if (auto given_up = take_one(record, until)) return std::move(*given_up);
    ++taken_;
  }
  auto out = send_due(false, until);
  // All of it is here: that something cannot be sent is a matter of tend(), unless there is too much of it.
  return out.kind() == outcome::kind::retry ? outcome::delivered() : out;
}

/// Milliseconds of the epoch, also for times before it.
[[nodiscard]] FANLIGHT_COLD FANLIGHT_INLINE std::int64_t in_steps(wall_time when, std::int64_t step) noexcept {
  auto const out = when.nanoseconds / step;
  return out * step > when.nanoseconds ? out - 1 : out;
}

template <class Record>
std::optional<outcome> cloudwatch_exporter::take_one(Record const& record, deadline until) {
  auto const when = time_of(record);
  cloudwatch_pending* to = nullptr;
  if (auto given_up = find_stream({logger_of(record), record.thread_id, in_steps(when, 1'000'000'000)}, to, until)) return given_up;
  auto const line = lines_.write(record);
  if (line.kind == cloudwatch_line_kind::empty || line.kind == cloudwatch_line_kind::unfit) return refuse_line(line.kind), std::nullopt;
  while (!to->has_room(line.text.size(), how_.limits))
    if (auto given_up = send(*to, until)) return given_up;
  to->add(in_steps(when, 1'000'000), line.text, now());
  if (line.kind == cloudwatch_line_kind::cut)
    tell(problem_code::value_cut,
         joined({how_.given.name, ": a line was longer than max_message_bytes (", std::to_string(how_.form.most), ") and was cut"}));
  return std::nullopt;
}

FANLIGHT_COLD FANLIGHT_INLINE void cloudwatch_exporter::refuse_line(cloudwatch_line_kind why) {
  if (why == cloudwatch_line_kind::empty) settle(fate::empty, 1, "its message is empty, and CloudWatch takes no such event");
  else settle(fate::rejected, 1, "a document of metrics is longer than max_message_bytes, and cannot be cut");
}

/// A place among the streams that are open; for a further one the least used is emptied and closed.
FANLIGHT_COLD FANLIGHT_INLINE std::optional<outcome> cloudwatch_exporter::find_stream(cloudwatch_place const& where,
                                                                                      cloudwatch_pending*& to, deadline until) {
  while ((to = streams_.at(where)) == nullptr) {
    auto* const least = streams_.least_used();
    while (!least->empty())
      if (auto given_up = send(*least, until)) return given_up;
    streams_.close(least);
  }
  return std::nullopt;
}

// ---- requests go out --------------------------------------------------------------------------------------------------------------------

FANLIGHT_COLD FANLIGHT_INLINE cloudwatch_pending* cloudwatch_exporter::next_due(bool all) const {
  if (current_ != nullptr) return current_;
  constexpr std::size_t most_waiting = std::size_t{4} << 20;
  std::size_t waiting = 0;
  for (auto const& one : streams_.open()) waiting += one->bytes();
  all = all || waiting > most_waiting;
  auto const due = now() - how_.given.send_interval;
  cloudwatch_pending* out = nullptr;
  for (auto const& one : streams_.open())
    if (!one->empty() && (all || one->since() <= due) && (out == nullptr || one->since() < out->since())) out = one.get();
  return out;
}

FANLIGHT_COLD FANLIGHT_INLINE outcome cloudwatch_exporter::send_due(bool all, deadline until) {
  while (auto* const from = next_due(all))
    if (auto given_up = send(*from, until)) return std::move(*given_up);
  return outcome::delivered();
}

FANLIGHT_COLD FANLIGHT_INLINE outcome cloudwatch_exporter::tend(deadline until) {
  auto out = send_due(false, until);
  if (out.kind() == outcome::kind::retry) return out;
  auto first = (moment::max)();
  for (auto const& one : streams_.open())
    if (!one->empty()) first = std::min(first, one->since());
  if (first == (moment::max)()) return out;
  auto const wait = std::chrono::ceil<std::chrono::milliseconds>(first + how_.given.send_interval - now());
  return outcome::later(std::max(wait, std::chrono::milliseconds{1}));
}

FANLIGHT_COLD FANLIGHT_INLINE bool cloudwatch_exporter::flush(deadline until) {
  patient_ = true;
  bool well = false;
  try {
    well = send_due(true, until).kind() != outcome::kind::retry;
  } catch (...) {
    patient_ = false;
    throw;
  }
  patient_ = false;
  return well;
}

FANLIGHT_COLD FANLIGHT_INLINE void cloudwatch_exporter::hurry(deadline until) noexcept {
  {
    std::lock_guard const held{lock_};
    hurried_ = std::min(hurried_, until);
    bell_.notify_all();
  }
  service_.hurry(until);
}

/// One request of a stream, or what keeps it from being made.
FANLIGHT_COLD FANLIGHT_INLINE std::optional<outcome> cloudwatch_exporter::send(cloudwatch_pending& from, deadline until) {
  if (auto given_up = hold_off(until)) return given_up;
  auto const count = from.next(how_.limits);
  if (count == 0) return current_ = nullptr, std::nullopt;
  if (current_ != &from) begin_request();
  current_ = &from;
  if (id_.empty()) id_ = random_uuid();
  write_events(from, count);
  packed_.clear();
  bool const packed = compressor_ && compressor_->compress(body_.view(), packed_) && packed_.size() < body_.size();
  auto const body = packed ? packed_.view() : body_.view();
  auto reply = service_.call("PutLogEvents", body, packed, {id_, attempt_ + 1, how_.given.attempts}, until);
  count_request(body.size(), was_sent_, reply);
  was_sent_ = (was_sent_ || reply.sent != 0) && reply.verdict != cloudwatch_verdict::missing;
  body_.shrink_above(std::size_t{8} << 20);
  return judge(from, count, reply, until);
}

/// That something is missing is no error: it is made then.
FANLIGHT_COLD FANLIGHT_INLINE void cloudwatch_exporter::count_request(std::uint64_t bytes, bool was_sent,
                                                                      cloudwatch_reply const& reply) const {
  if (!setup_.count) return;
  bool const is_well = reply.verdict == cloudwatch_verdict::done || reply.verdict == cloudwatch_verdict::missing;
  setup_.count({bytes * reply.sent, was_sent ? reply.sent : reply.sent - std::min(reply.sent, 1u), is_well ? std::string_view{} : reply.why});
}

FANLIGHT_COLD FANLIGHT_INLINE void cloudwatch_exporter::write_events(cloudwatch_pending const& from, std::size_t count) {
  body_.clear();
  json_writer json{body_};
  json.open_object();
  json.name("logGroupName"), json.text(how_.given.log_group);
  json.name("logStreamName"), json.text(from.name());
  json.name("logEvents");
  json.open_array();
  for (std::size_t i = 0; i < count; ++i) {
    json.open_object();
    json.name("timestamp"), json.integer(from[i].time);
    json.name("message"), json.text(from.message(i));
    json.close_object();
  }
  json.close_array();
  if ((how_.given.entity || !how_.given.entity_keys.empty()) && !entity_off_) write_entity(json);
  json.close_object();
}

FANLIGHT_COLD FANLIGHT_INLINE void cloudwatch_exporter::write_pairs(json_writer& json,
                                                                    std::vector<std::pair<std::string, std::string>> const& pairs) const {
  json.open_object();
  for (auto const& [key, value] : pairs) json.key(key), json.text(value);
  json.close_object();
}

FANLIGHT_COLD FANLIGHT_INLINE void cloudwatch_exporter::write_entity(json_writer& json) const {
  auto keys = how_.given.entity_keys;
  if (keys.empty()) {
    auto const fact = [this](std::string_view name) { return setup_.who ? setup_.who->get(name) : std::string_view{}; };
    auto const cut = [](std::string_view text) { return std::string{utf8_front(text, 512)}; };
    auto const name = fact("service.name");
    auto where = fact("deployment.environment.name");
    if (where.empty()) where = fact("deployment.environment");
    if (name.empty()) return;
    keys = {{"Type", "Service"}, {"Name", cut(name)}};
    if (!where.empty()) keys.emplace_back("Environment", cut(where));
  }
  json.name("entity");
  json.open_object();
  json.name("keyAttributes"), write_pairs(json, keys);
  if (!how_.given.entity_attributes.empty()) json.name("attributes"), write_pairs(json, how_.given.entity_attributes);
  json.close_object();
}

// ---- the spec ---------------------------------------------------------------------------------------------------------------------------

FANLIGHT_COLD FANLIGHT_INLINE void complete_cloudwatch(cloudwatch_config const& given, exporter_spec& to, environment const& from, bool final) {
  auto const kept = std::make_shared<cloudwatch_settings const>(settle_cloudwatch(given, from, final, to.problems));
  to.make = [kept]() -> std::unique_ptr<exporter> { return std::make_unique<cloudwatch_exporter>(*kept); };
}

}  // namespace detail

FANLIGHT_COLD FANLIGHT_INLINE exporter_spec cloudwatch(cloudwatch_config given) {
  exporter_spec out;
  out.name = given.name;
  out.queue_records = given.queue_records, out.queue_bytes = given.queue_bytes;
  out.drop_oldest = given.on_full == cloudwatch_full::drop_oldest;
  out.only = takes<log_record> | (given.errors ? takes<error_record> : 0u) | (given.spans ? takes<span_record> : 0u);
  if (!given.aws.instead.transport) out.prepare = [] { detail::prepare_curl(); };
  std::vector<problem> said;
  auto const kept = std::make_shared<cloudwatch_config const>(std::move(given));
  detail::complete_cloudwatch(*kept, out, detail::environment{{}, said}, false);
  detail::check_cloudwatch(*kept, out.problems);
  if (out.problems.empty())
    out.complete = [kept](exporter_spec& self, detail::environment const& from) { detail::complete_cloudwatch(*kept, self, from, true); };
  return out;
}

FANLIGHT_END

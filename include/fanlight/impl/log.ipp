// Bodies of log.hpp.
#pragma once

#include <fanlight/impl/span.ipp>
#include <fanlight/impl/text_writer.ipp>
#include <fanlight/log.hpp>
#include <fanlight/span.hpp>

#include <exception>

FANLIGHT_BEGIN
namespace detail {

/// By level and name. What is below the least level of all is sorted out by one comparison.
[[nodiscard]] FANLIGHT_INLINE bool passes(core_face const& core, level at, std::string_view logger) noexcept {
  auto const number = static_cast<std::uint32_t>(at);
  if (number < core.minimum_level) return false;
  return __builtin_expect(core.log_levels == nullptr, 1) || number >= core.log_levels->of(logger);
}

FANLIGHT_INLINE bool is_log_on(level at, std::string_view logger) noexcept {
  auto& t = here();
  core_face const* const core = core_here(t);
  return core != nullptr && passes(*core, at, logger);
}

/// The pipeline for such a record; null: it is not kept.
[[nodiscard]] FANLIGHT_INLINE core_face* core_for_log(thread_block& t, level at, std::string_view logger) noexcept {
  core_face* const core = core_here(t);
  if (core == nullptr) return count_if_late(core_wanted(t), entry_type::log), nullptr;
  return passes(*core, at, logger) ? core : nullptr;
}

/// Room for a log record, on the stack of the thread that writes it.
struct log_room {
  alignas(8) unsigned char bytes[768];
};

FANLIGHT_INLINE void open_log(draft& d, thread_block& t, core_face& core, log_room& room, level at, std::string_view logger,
                              std::string_view message, source where) noexcept {
  write_source(room.bytes, where.file(), where.function(), where.line());
  open_draft_here(d, t, core, room.bytes, sizeof room.bytes, entry_type::log, message);
  auto& head = d.head();
  head.kind = static_cast<std::uint8_t>(at);
  head.start = ticks_now(core);
  join_trace(d, t);
  if (!logger.empty()) put_fact(d, fact_key::logger, logger);
  if (__builtin_expect(t.last_error != nullptr, 0)) core.operations->join_error(d, t);  // who never told of one pays for a load
}

FANLIGHT_INLINE void write_log(level at, std::string_view logger, std::string_view message, std::initializer_list<attribute> fields,
                               source where) noexcept {
  auto& t = here();
  core_face* const core = core_for_log(t, at, logger);
  if (core == nullptr) return;
  if (__builtin_expect(core->report_logs != 0, 0))
    core->operations->report_logged(t, *core, {at, logger, message, fields.begin(), fields.size(), where});
  log_room room;
  draft d;
  open_log(d, t, *core, room, at, logger, message, where);
  for (auto const& field : fields) put(d, item_role::attribute, field.key, field.value);
  close_draft(d, t);
}

FANLIGHT_COLD FANLIGHT_INLINE void write_log(log_parts const& what) noexcept {
  auto& t = here();
  core_face* const core = core_for_log(t, what.at, what.logger);
  if (core == nullptr) return;
  text_writer text;
  bool const wrote = what.write_text == nullptr || what.write_text(what.text_of, text);
  std::string_view const message = what.write_text == nullptr ? what.text : text.view();
  if (__builtin_expect(core->report_logs != 0, 0))
    core->operations->report_logged(t, *core, {what.at, what.logger, message, what.fields, what.field_count, what.where});
  log_room room;
  draft d;
  open_log(d, t, *core, room, what.at, what.logger, message, what.where);
  auto& head = d.head();
  if (what.time) head.start = what.time.nanoseconds, head.flags |= entry_flag::wall_start | entry_flag::wall_end;
  if (what.document) head.flags |= entry_flag::document;
  for (std::size_t i = 0; i < what.field_count; ++i) put_attribute(d, item_role::attribute, what.fields[i].key, what.fields[i].value);
  field_writer fields{d};
  bool const filled = what.write_fields == nullptr || what.write_fields(what.fields_of, fields);
  close_draft(d, t);
  if (!wrote || !filled) tell(core, 109, message);
}

}  // namespace detail
FANLIGHT_END

// Bodies of line.hpp: lines of text.
#pragma once

#include <fanlight/impl/cloudwatch/line.hpp>
#include <fanlight/impl/cloudwatch/pattern.ipp>

FANLIGHT_BEGIN
namespace detail {

/// At most `most` bytes, and no half letter at the end.
[[nodiscard]] FANLIGHT_INLINE std::size_t whole_letters(std::string_view text, std::size_t most) noexcept {
  if (text.size() <= most) return text.size();
  std::size_t at = most;
  for (int i = 0; i < 3 && at > 0 && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80; ++i) --at;
  return (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80 ? most : at;  // no UTF-8 at all
}

/// raw_ as UTF-8, and no longer than it may be.
FANLIGHT_INLINE cloudwatch_line cloudwatch_lines::cut_text() {
  out_.clear();
  utf8_repair(raw_.view(), [this](std::string_view piece) { out_.append(piece); });
  if (out_.empty()) return {{}, cloudwatch_line_kind::empty};
  if (out_.size() <= how_.most) return {out_.view(), cloudwatch_line_kind::whole};
  bool const has_room = how_.suffix.size() <= how_.most;
  out_.cut(whole_letters(out_.view(), has_room ? how_.most - how_.suffix.size() : how_.most));
  if (has_room) out_.append(how_.suffix);
  return {out_.view(), out_.empty() ? cloudwatch_line_kind::empty : cloudwatch_line_kind::cut};
}

/// ` key=value`; what has blanks or quotation marks in it is written as in JSON.
FANLIGHT_INLINE void put_text_fields(send_buffer& to, record_base const& record) {
  for (auto const each : record.attributes()) {
    to.push(' ');
    to.append(each.key);
    to.push('=');
    auto const text = each.value.as_text();
    if (each.value.kind() == value_kind::text && !text.empty() && text.find_first_of(" \"=\t\r\n") == std::string_view::npos) {
      to.append(text);
    } else {
      json_writer json{to};
      json.plain(each.value);
    }
  }
}
FANLIGHT_INLINE void put_text_ids(send_buffer& to, record_base const& record) {
  if (!record.trace_id.is_valid()) return;
  to.literal(" trace_id="), to.append(record.trace_id.hex().view());
  if (record.span_id.is_valid()) to.literal(" span_id="), to.append(record.span_id.hex().view());
}

[[nodiscard]] FANLIGHT_INLINE wall_time time_of(log_record const& record) noexcept { return record.time; }
[[nodiscard]] FANLIGHT_INLINE wall_time time_of(error_record const& record) noexcept { return record.time; }
/// When it was known.
[[nodiscard]] FANLIGHT_INLINE wall_time time_of(span_record const& record) noexcept { return record.end; }
[[nodiscard]] FANLIGHT_INLINE std::string_view level_of(log_record const& record) noexcept { return to_text(record.level); }
[[nodiscard]] FANLIGHT_INLINE std::string_view level_of(error_record const& record) noexcept { return to_text(record.level); }
[[nodiscard]] FANLIGHT_INLINE std::string_view level_of(span_record const& record) noexcept {
  return record.status == status_code::error ? "ERROR" : "INFO";
}
[[nodiscard]] FANLIGHT_INLINE std::string_view logger_of(log_record const& record) noexcept { return record.logger(); }
[[nodiscard]] FANLIGHT_INLINE std::string_view logger_of(record_base const&) noexcept { return {}; }
FANLIGHT_INLINE void put_text_extra(send_buffer& to, log_record const& record) {
  if (!record.error_id().empty()) to.literal(" error_id="), to.append(record.error_id());
}
FANLIGHT_INLINE void put_text_extra(send_buffer& to, error_record const& record) {
  if (!record.exception_type().empty()) to.literal(" exception.type="), to.append(record.exception_type());
  to.literal(" error_id="), to.append(record.uuid());
}
FANLIGHT_INLINE void put_text_extra(send_buffer& to, span_record const& record) {
  to.literal(" duration_ms=");
  json_writer{to}.real(static_cast<double>(record.duration().count()) / 1e6);
}

template <class Record>
void cloudwatch_lines::write_text(Record const& record, std::string_view body) {
  raw_.clear();
  for (auto const& piece : how_.line) {
    if (piece.name.empty()) raw_.append(piece.text);
    else if (piece.name == "message") raw_.append(body);
    else if (piece.name == "fields") put_text_extra(raw_, record), put_text_fields(raw_, record);
    else if (piece.name == "ids") put_text_ids(raw_, record);
    else if (piece.name == "time") raw_.append(iso8601(time_of(record)));
    else if (piece.name == "level") raw_.append(level_of(record));
    else raw_.append(logger_of(record));
  }
}

}  // namespace detail
FANLIGHT_END

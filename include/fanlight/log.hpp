// Log records: a line with a level, a text and fields, and the ids of the span that is current. Free functions for the program itself, a
// `logger` for a part of it that has a name, and a least level of its own. Any thread, never blocks; all is read during the call. What
// costs something to make can be given as a callable: it is called only when the record is kept.
//
//   fl::info("served", {{"rows", rows.size()}});
//   fl::debug([&] { return dump(rows); });                                        // a text, made only where debug is on
//   fl::debug("rows", [&](auto& fields) { fields.set("dump", dump(rows)); });     // fields, the same
#pragma once

#include <fanlight/text_writer.hpp>

FANLIGHT_BEGIN

/// What a callable for the fields of a log record writes into. Borrows; valid during that call.
class field_writer {
 public:
  explicit field_writer(detail::draft& open) noexcept : open_{&open} {}
  field_writer& set(std::string_view key, value const& what) noexcept {
    detail::put_attribute(*open_, detail::item_role::attribute, key, what);
    return *this;
  }
  field_writer& metadata(std::string_view key, value const& what, std::string_view space = "default") noexcept {
    detail::put_metadata(*open_, space, key, what);
    return *this;
  }

 private:
  detail::draft* open_;
};

namespace detail {

void write_log(level at, std::string_view logger, std::string_view message, std::initializer_list<attribute> fields, source where) noexcept;
/// Whether a record of that level, by a logger of that name, would be kept here and now.
[[nodiscard]] bool is_log_on(level at, std::string_view logger) noexcept;

/// A log record in parts that may be written late. `text` counts where there is no `write_text`. False: the caller's code threw.
struct log_parts {
  level at{};
  std::string_view logger{}, text{};
  source where{};
  wall_time time{};  // none: now
  bool document = false;
  void const* text_of = nullptr;
  bool (*write_text)(void const* of, text_writer& to) noexcept = nullptr;
  attribute const* fields = nullptr;
  std::size_t field_count = 0;
  void const* fields_of = nullptr;
  bool (*write_fields)(void const* of, field_writer& to) noexcept = nullptr;
};
void write_log(log_parts const& what) noexcept;

template <class T>
concept returns_text = requires(T const& from, void (*take)(std::string_view)) { take(from()); };
template <class T>
concept late_text = writes_text<T> || returns_text<T>;
template <class T>
concept late_fields = requires(T const& from, field_writer& to) { from(to); };
using field_list = std::initializer_list<attribute>;
/// One of the two at least is made late.
template <class Text, class Fields>
concept late_log = (late_text<Text> && (late_fields<Fields> || __is_same(Fields, field_list))) || (textual<Text> && late_fields<Fields>);

template <class Text>
bool write_late_text(void const* of, text_writer& to) noexcept {
  try {
    if constexpr (writes_text<Text>) static_cast<Text const*>(of)->write_to(to);
    else to.append((*static_cast<Text const*>(of))());
    return true;
  } catch (...) { return false; }
}
template <class Fields>
bool write_late_fields(void const* of, field_writer& to) noexcept {
  try {
    (*static_cast<Fields const*>(of))(to);
    return true;
  } catch (...) { return false; }
}

template <class Text, class Fields>
void log_late(level at, std::string_view logger, Text const& text, Fields const& fields, source where) noexcept {
  log_parts parts;
  parts.at = at, parts.logger = logger, parts.where = where;
  if constexpr (late_text<Text>) parts.text_of = &text, parts.write_text = &write_late_text<Text>;
  else parts.text = text;
  if constexpr (late_fields<Fields>) parts.fields_of = &fields, parts.write_fields = &write_late_fields<Fields>;
  else parts.fields = fields.begin(), parts.field_count = fields.size();
  write_log(parts);
}

}  // namespace detail

/// False: a record of that level, without a logger, goes nowhere; spare yourself the work of making it.
[[nodiscard]] inline bool is_on(level at) noexcept { return detail::is_log_on(at, {}); }

inline void log(level at, std::string_view message, std::initializer_list<attribute> fields = {}, source where = source::current()) noexcept {
  detail::write_log(at, {}, message, fields, where);
}
inline void trace(std::string_view message, std::initializer_list<attribute> fields = {}, source where = source::current()) noexcept {
  detail::write_log(level::trace, {}, message, fields, where);
}
inline void debug(std::string_view message, std::initializer_list<attribute> fields = {}, source where = source::current()) noexcept {
  detail::write_log(level::debug, {}, message, fields, where);
}
inline void info(std::string_view message, std::initializer_list<attribute> fields = {}, source where = source::current()) noexcept {
  detail::write_log(level::info, {}, message, fields, where);
}
inline void warn(std::string_view message, std::initializer_list<attribute> fields = {}, source where = source::current()) noexcept {
  detail::write_log(level::warn, {}, message, fields, where);
}
inline void error(std::string_view message, std::initializer_list<attribute> fields = {}, source where = source::current()) noexcept {
  detail::write_log(level::error, {}, message, fields, where);
}
inline void critical(std::string_view message, std::initializer_list<attribute> fields = {}, source where = source::current()) noexcept {
  detail::write_log(level::critical, {}, message, fields, where);
}

// The same with a text, or fields, that are made only when the record is kept: a text that is returned by a callable or written by
// `write_to(text_writer&)`, fields set by a callable that takes a field_writer&. What they throw is told, and goes no further.
template <class Text, class Fields = detail::field_list>
  requires detail::late_log<Text, Fields>
void log(level at, Text const& text, Fields const& fields = {}, source where = source::current()) noexcept {
  detail::log_late(at, {}, text, fields, where);
}
template <class Text, class Fields = detail::field_list>
  requires detail::late_log<Text, Fields>
void trace(Text const& text, Fields const& fields = {}, source where = source::current()) noexcept {
  detail::log_late(level::trace, {}, text, fields, where);
}
template <class Text, class Fields = detail::field_list>
  requires detail::late_log<Text, Fields>
void debug(Text const& text, Fields const& fields = {}, source where = source::current()) noexcept {
  detail::log_late(level::debug, {}, text, fields, where);
}
template <class Text, class Fields = detail::field_list>
  requires detail::late_log<Text, Fields>
void info(Text const& text, Fields const& fields = {}, source where = source::current()) noexcept {
  detail::log_late(level::info, {}, text, fields, where);
}
template <class Text, class Fields = detail::field_list>
  requires detail::late_log<Text, Fields>
void warn(Text const& text, Fields const& fields = {}, source where = source::current()) noexcept {
  detail::log_late(level::warn, {}, text, fields, where);
}
template <class Text, class Fields = detail::field_list>
  requires detail::late_log<Text, Fields>
void error(Text const& text, Fields const& fields = {}, source where = source::current()) noexcept {
  detail::log_late(level::error, {}, text, fields, where);
}
template <class Text, class Fields = detail::field_list>
  requires detail::late_log<Text, Fields>
void critical(Text const& text, Fields const& fields = {}, source where = source::current()) noexcept {
  detail::log_late(level::critical, {}, text, fields, where);
}

namespace detail {

/// The words of a logger, for each kind of message: `Self` says its name().
template <class Self>
class log_words {
 public:
  using fields = std::initializer_list<attribute>;

  void log(level at, std::string_view message, fields with = {}, source where = source::current()) const noexcept { write(at, message, with, where); }
  void trace(std::string_view message, fields with = {}, source where = source::current()) const noexcept { write(level::trace, message, with, where); }
  void debug(std::string_view message, fields with = {}, source where = source::current()) const noexcept { write(level::debug, message, with, where); }
  void info(std::string_view message, fields with = {}, source where = source::current()) const noexcept { write(level::info, message, with, where); }
  void warn(std::string_view message, fields with = {}, source where = source::current()) const noexcept { write(level::warn, message, with, where); }
  void error(std::string_view message, fields with = {}, source where = source::current()) const noexcept { write(level::error, message, with, where); }
  void critical(std::string_view message, fields with = {}, source where = source::current()) const noexcept {
    write(level::critical, message, with, where);
  }

  template <class Text, class Fields = fields>
    requires late_log<Text, Fields>
  void log(level at, Text const& text, Fields const& with = {}, source where = source::current()) const noexcept {
    log_late(at, name_here(), text, with, where);
  }
  template <class Text, class Fields = fields>
    requires late_log<Text, Fields>
  void trace(Text const& text, Fields const& with = {}, source where = source::current()) const noexcept {
    log_late(level::trace, name_here(), text, with, where);
  }
  template <class Text, class Fields = fields>
    requires late_log<Text, Fields>
  void debug(Text const& text, Fields const& with = {}, source where = source::current()) const noexcept {
    log_late(level::debug, name_here(), text, with, where);
  }
  template <class Text, class Fields = fields>
    requires late_log<Text, Fields>
  void info(Text const& text, Fields const& with = {}, source where = source::current()) const noexcept {
    log_late(level::info, name_here(), text, with, where);
  }
  template <class Text, class Fields = fields>
    requires late_log<Text, Fields>
  void warn(Text const& text, Fields const& with = {}, source where = source::current()) const noexcept {
    log_late(level::warn, name_here(), text, with, where);
  }
  template <class Text, class Fields = fields>
    requires late_log<Text, Fields>
  void error(Text const& text, Fields const& with = {}, source where = source::current()) const noexcept {
    log_late(level::error, name_here(), text, with, where);
  }
  template <class Text, class Fields = fields>
    requires late_log<Text, Fields>
  void critical(Text const& text, Fields const& with = {}, source where = source::current()) const noexcept {
    log_late(level::critical, name_here(), text, with, where);
  }

  /// False: a record of that level goes nowhere.
  [[nodiscard]] bool is_on(level at) const noexcept { return is_log_on(at, name_here()); }

 private:
  [[nodiscard]] std::string_view name_here() const noexcept { return static_cast<Self const&>(*this).name(); }
  void write(level at, std::string_view message, fields with, source where) const noexcept { write_log(at, name_here(), message, with, where); }
};

}  // namespace detail

/// A named source of log records. A value; the name is cut at 63 bytes. Dots make families: the least level of `db` is that of `db.pool`
/// too, unless it has one of its own (config::levels, FANLIGHT_LOG_LEVEL).
class logger : public detail::log_words<logger> {
 public:
  explicit logger(std::string_view name) noexcept { name_.push(name.substr(0, 63)); }
  [[nodiscard]] std::string_view name() const noexcept { return name_; }

 private:
  short_text<63> name_;
};

FANLIGHT_END

#ifndef FANLIGHT_COMPILED
#include <fanlight/impl/log.ipp>
#endif

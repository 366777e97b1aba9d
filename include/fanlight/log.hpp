// Log records: a line with a level, a text and fields, and the ids of the span that is current. Free functions for the program itself, a
// `logger` for a part of it that has a name. Any thread, never blocks; fields are read during the call.
#pragma once

#include <fanlight/detail/draft.hpp>

FANLIGHT_BEGIN

namespace detail {
void write_log(level at, std::string_view logger, std::string_view message, std::initializer_list<attribute> fields, source where) noexcept;
}

/// A named source of log records. A value; the name is cut at 63 bytes.
class logger {
 public:
  explicit logger(std::string_view name) noexcept { name_.push(name.substr(0, 63)); }
  void log(level at, std::string_view message, std::initializer_list<attribute> fields = {}, source where = source::current()) const noexcept {
    detail::write_log(at, name_, message, fields, where);
  }
  [[nodiscard]] std::string_view name() const noexcept { return name_; }

 private:
  short_text<63> name_;
};

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

FANLIGHT_END

#ifndef FANLIGHT_COMPILED
#include <fanlight/impl/log.ipp>
#endif

// Texts as X-Ray takes them: names, annotation keys, limited strings, URLs, JSON from outside, times. Pure functions over borrowed bytes
// that write into a buffer of the caller's; any thread.
#pragma once

#include <fanlight/impl/send_buffer.hpp>

#include <cstdint>
#include <string_view>

FANLIGHT_BEGIN
namespace detail {

inline constexpr std::size_t xray_name_length = 200, xray_key_length = 500, xray_text_length = 250, xray_annotation_length = 1000;

/// A name without the characters that X-Ray refuses, at most 200 of them; `span` when none is left. True: it is not what was given.
bool write_xray_name(send_buffer& to, std::string_view name);

/// An annotation key: `_` for each character that is not allowed, at most 500; nothing of an empty one. True: it is not what was given.
bool write_xray_key(send_buffer& to, std::string_view key);
/// Nothing would be changed in this key.
[[nodiscard]] bool is_xray_key(std::string_view key) noexcept;

/// The text without broken UTF-8.
void write_without_broken(send_buffer& to, std::string_view text);

/// `std::vector<int>::at(size_t) const` is `std::vector::at`: the qualified name without template arguments, parameters and result.
[[nodiscard]] std::string_view qualified_name(std::string_view function, send_buffer& room);

/// A URL without user, password and fragment, and without its query unless asked for.
void write_clean_url(send_buffer& to, std::string_view url, bool with_query = false);
/// The host in a URL or in `host:port`, without brackets; empty when there is none.
[[nodiscard]] std::string_view host_of_url(std::string_view url) noexcept;
/// A connection string without its password, be it a URL or a list of `key=value`.
void write_clean_connection(send_buffer& to, std::string_view connection);

/// One JSON object from outside without the blanks between its tokens. False, and nothing is written: it is none, or it is not UTF-8.
bool write_compact_object(send_buffer& to, std::string_view json);

/// Seconds of the epoch with six digits behind the point.
void write_xray_time(send_buffer& to, std::int64_t nanoseconds);

}  // namespace detail
FANLIGHT_END

#ifndef FANLIGHT_COMPILED
#include <fanlight/impl/xray/names.ipp>
#endif

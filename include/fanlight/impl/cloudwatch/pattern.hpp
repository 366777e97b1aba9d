// Texts with `{pieces}` in them: the names of log streams, and lines of text. Read once, with the settings; what is wrong with one is found
// then, and never when a record comes. Values and pure functions.
#pragma once

#include <fanlight/detail/config.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

FANLIGHT_BEGIN
namespace detail {

struct cloudwatch_piece {
  std::string name = {};  // empty: `text` as it stands
  std::string text = {};  // of a piece with a name: what follows its colon
};
using cloudwatch_pattern = std::vector<cloudwatch_piece>;

/// `known`: names that may stand there, each with a blank before and behind it. Gives what is wrong, in words; empty: nothing.
[[nodiscard]] std::string read_pattern(std::string_view text, std::string_view known, cloudwatch_pattern& to);

inline constexpr std::string_view cloudwatch_stream_names =
    " machine_name program_name logger_name process_id thread_name strftime ";
inline constexpr std::string_view cloudwatch_line_names = " time level logger message fields ids ";

/// What a stream is called after.
struct cloudwatch_origin {
  std::string_view machine = {}, program = {}, logger = {}, thread = {};
  std::int64_t process = 0, seconds = 0;  // of the epoch
};
/// The name that CloudWatch takes: `-` for `:` and `*`, `_` for control letters, U+FFFD for what is not UTF-8, at most 512 characters.
[[nodiscard]] std::string stream_name(cloudwatch_pattern const& by, cloudwatch_origin const& from);
[[nodiscard]] bool pattern_has(cloudwatch_pattern const& which, std::string_view name) noexcept;

/// What is wrong with the name of a log group; empty: nothing.
[[nodiscard]] std::string wrong_with_group(std::string_view name);

}  // namespace detail
FANLIGHT_END

#ifndef FANLIGHT_COMPILED
#include <fanlight/impl/cloudwatch/pattern.ipp>
#endif

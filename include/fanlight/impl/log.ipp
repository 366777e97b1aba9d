// Bodies of log.hpp.
#pragma once

#include <fanlight/impl/span.ipp>
#include <fanlight/log.hpp>
#include <fanlight/span.hpp>

FANLIGHT_BEGIN
namespace detail {

FANLIGHT_INLINE void write_log(level at, std::string_view logger, std::string_view message, std::initializer_list<attribute> fields,
                               source where) noexcept {
  auto& t = here();
  core_face* const core = core_here(t);
  if (core == nullptr) return count_if_late(core_wanted(t), entry_type::log);
  if (static_cast<std::uint32_t>(at) < core->minimum_level) return;
  alignas(8) unsigned char room[768];
  draft d;
  write_source(room, where.file(), where.function(), where.line());
  open_draft_here(d, t, *core, room, sizeof room, entry_type::log, message);
  auto& head = d.head();
  head.kind = static_cast<std::uint8_t>(at);
  head.start = ticks_now(*core);
  join_trace(d, t);
  if (!logger.empty()) put_fact(d, fact_key::logger, logger);
  for (auto const& field : fields) put(d, item_role::attribute, field.key, field.value);
  close_draft(d, t);
}

}  // namespace detail
FANLIGHT_END

// Bodies of otlp_form.hpp.
#pragma once

#include <fanlight/impl/otlp_form.hpp>
#include <fanlight/impl/survey.hpp>

FANLIGHT_BEGIN
namespace detail {

FANLIGHT_COLD FANLIGHT_INLINE std::size_t otlp_count(batch_data const& batch, entry_type type, otlp_form const& form) noexcept {
  std::size_t all = batch.count(type);
  if (type == entry_type::error && form.error_as == error_form::event) all = 0;
  if (all != 0 && type == entry_type::error && form.error_as == error_form::automatic) {
    all = 0;
    each_entry(batch, type, [&](unsigned char const* at) { all += otlp_takes(*reinterpret_cast<entry_head const*>(at), form.error_as); });
  }
  if (all <= form.first) return 0;
  return all - form.first < form.count ? all - form.first : form.count;
}

}  // namespace detail
FANLIGHT_END

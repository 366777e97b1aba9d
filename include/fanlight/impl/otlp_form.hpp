// Which records of a batch go into one OTLP document, and in which form: what both encoders are told. A value; its functions are pure.
#pragma once

#include <fanlight/error_form.hpp>
#include <fanlight/record.hpp>
#include <fanlight/sampling_form.hpp>

#include <cstddef>
#include <cstdint>

FANLIGHT_BEGIN
namespace detail {

struct otlp_form {
  std::size_t first = 0, count = SIZE_MAX;  // of the records that would be written, in the order of the batch: how a batch is split
  error_form error_as = error_form::automatic;
  sampling_form sampled_as = sampling_form::tracestate;
  bool source_facts = false;  // where in the program it was recorded, and by which thread, as attributes
};

/// Is a record of this form written at all?
[[nodiscard]] FANLIGHT_COLD inline bool otlp_takes(entry_head const& head, error_form form) noexcept {
  if (head.type != entry_type::error) return true;
  return form == error_form::automatic ? (head.flags & entry_flag::on_span) == 0 : form != error_form::event;
}

/// How many records of one type the encoders write of a batch.
[[nodiscard]] std::size_t otlp_count(batch_data const& batch, entry_type type, otlp_form const& form) noexcept;

}  // namespace detail
FANLIGHT_END

#ifndef FANLIGHT_COMPILED
#include <fanlight/impl/otlp_form.ipp>
#endif

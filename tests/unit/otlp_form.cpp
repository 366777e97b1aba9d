// impl/otlp_form.hpp: which records of a batch are written.
#include <fanlight/impl/otlp_form.hpp>

#include "catch.hpp"
#include "support/batch_builder.hpp"

using namespace support;
namespace fl = fanlight;
using fl::error_form;
using fl::detail::entry_type;
using fl::detail::otlp_count;

namespace {
fl::detail::batch_ref mixed() {
  return batch_of({span("a", span_p), error("loose"), error("told", span_p).flag(fl::detail::entry_flag::on_span), log("x"),
                   span("b", span_p), error("told too", span_p).flag(fl::detail::entry_flag::on_span)});
}
}  // namespace

TEST_CASE("otlp_form: all spans and logs are written, errors by their form") {
  auto const batch = mixed();
  for (auto const form : {error_form::automatic, error_form::event, error_form::log, error_form::both}) {
    CHECK(otlp_count(*batch, entry_type::span, {.error_as = form}) == 2);
    CHECK(otlp_count(*batch, entry_type::log, {.error_as = form}) == 1);
  }
  CHECK(otlp_count(*batch, entry_type::error, {.error_as = error_form::automatic}) == 1);
  CHECK(otlp_count(*batch, entry_type::error, {.error_as = error_form::event}) == 0);
  CHECK(otlp_count(*batch, entry_type::error, {.error_as = error_form::log}) == 3);
  CHECK(otlp_count(*batch, entry_type::error, {.error_as = error_form::both}) == 3);
}

TEST_CASE("otlp_form: a part is counted from where it begins to where there is no more") {
  auto const batch = mixed();
  auto const count = [&](std::size_t first, std::size_t most) {
    return otlp_count(*batch, entry_type::error, {.first = first, .count = most, .error_as = error_form::both});
  };
  CHECK(count(0, 2) == 2);
  CHECK(count(2, 2) == 1);
  CHECK(count(1, SIZE_MAX) == 2);
  CHECK(count(3, 1) == 0);
  CHECK(count(SIZE_MAX, SIZE_MAX) == 0);
  CHECK(count(0, 0) == 0);
}

// Bodies of emf.hpp: what the rules say of each part, and the documents that are made of the parts at the end.
// [awslabs/aws-embedded-metrics-node; the format's specification]
#pragma once

#include <fanlight/emf.hpp>
#include <fanlight/impl/emf_document.ipp>

#include <iterator>

FANLIGHT_BEGIN
namespace detail {

// ---- dimensions --------------------------------------------------------------------------------------------------------------------

/// A dimension's value as text.
FANLIGHT_INLINE void write_dimension(text_writer& to, value const& what) noexcept {
  value const one[]{what};
  write_line(to, "{}", one, 1);
}

/// Empty: all is well.
[[nodiscard]] FANLIGHT_INLINE std::string_view wrong_with_dimension(text_writer const& parts, std::string_view name, std::string_view text) noexcept {
  if (!is_emf_text(name, emf_limit::dimension_name) || name[0] == ':' || name == "_aws")
    return "is no name of a dimension: 1 to 250 printable ASCII letters, not beginning with a colon; its set of dimensions is left out";
  if (!is_emf_text(text, emf_limit::dimension_value))
    return "has no value that a dimension may have, 1 to 1024 printable ASCII letters; its set of dimensions is left out";
  emf_part known;
  if (find_part(parts, emf_item::kind::metric, name, known)) return "is the name of a metric too; its set of dimensions is left out";
  if (find_part(parts, emf_item::kind::dimension, name, known) && known.value != text)
    return "has another value in an earlier set; make a statement of its own for it. This set of dimensions is left out";
  return {};
}

[[nodiscard]] FANLIGHT_INLINE bool is_in_set(text_writer const& parts, std::string_view name, std::uint32_t number) noexcept {
  emf_part one;
  for (emf_parts all{parts.view()}; all.next(one);)
    if (one.head.what == emf_item::kind::dimension && one.head.set == number && one.name == name) return true;
  return false;
}

[[nodiscard]] FANLIGHT_INLINE bool add_dimensions(text_writer& parts, std::initializer_list<attribute> set, std::uint32_t number) noexcept {
  if (set.size() > emf_limit::dimensions)
    return tell_bad_metric("the set of dimensions with", set.begin()->key, "has more than 30; it is left out"), false;
  for (auto const& one : set) {
    text_writer text;
    write_dimension(text, one.value);
    auto const wrong = wrong_with_dimension(parts, one.key, text.view());
    if (!wrong.empty()) return tell_bad_metric("dimension", one.key, wrong), false;
    if (is_in_set(parts, one.key, number)) continue;
    if (!add_part(parts, {emf_item::kind::dimension, 0, 0, 0, 0, 0, number}, one.key, text.view())) return false;
  }
  return true;
}

/// A statement at its end.
struct emf_statement {
  text_writer const& parts;
  std::string_view logger;
  wall_time at;
  source where;
  bool has_sets;
};

FANLIGHT_INLINE void send_emf(emf_statement const& what) noexcept {
  auto& t = here();
  auto* const core = core_here(t);
  if (core == nullptr) return count_if_late(core_wanted(t), entry_type::log);
  emf_part name_space, other;
  (void)emf_parts{what.parts.view()}.next(name_space);
  bool good = !what.has_sets;
  for (emf_parts all{what.parts.view()}; !good && all.next(other);) good = other.head.what == emf_item::kind::dimension;
  if (!good) return tell_bad_metric("namespace", name_space.name, "has metrics without a good set of dimensions; they are left out");
  auto const now = wall_now(*core), when = what.at ? what.at : now;
  if (when.nanoseconds < now.nanoseconds - emf_limit::past || when.nanoseconds > now.nanoseconds + emf_limit::ahead)
    return tell_bad_metric("namespace", name_space.name, "has metrics of more than 14 days ago, or of more than 2 hours ahead; they are left out");
  emf_sender{*core, t, what.parts, what.logger, when, what.where}.send_all();
}

}  // namespace detail

FANLIGHT_INLINE std::string_view to_text(unit what) noexcept {
  constexpr std::string_view names[]{"None", "Seconds", "Microseconds", "Milliseconds", "Bytes", "Kilobytes", "Megabytes", "Gigabytes", "Terabytes",
                                     "Bits", "Kilobits", "Megabits", "Gigabits", "Terabits", "Percent", "Count", "Bytes/Second", "Kilobytes/Second",
                                     "Megabytes/Second", "Gigabytes/Second", "Terabytes/Second", "Bits/Second", "Kilobits/Second", "Megabits/Second",
                                     "Gigabits/Second", "Terabits/Second", "Count/Second"};
  auto const at = static_cast<std::size_t>(what);
  return names[at < std::size(names) ? at : 0];
}

FANLIGHT_INLINE emf::emf(std::string_view name_space, source where) noexcept : where_{where}, records_{detail::core_here(detail::here()) != nullptr} {
  if (!records_) return;
  if (!detail::is_emf_name_space(name_space)) {
    detail::tell_bad_metric("namespace", name_space, "is none: 1 to 256 letters, digits, blanks and ._#:/- ; its metrics are left out");
    records_ = false;
  }
  if (records_) records_ = detail::add_part(items_, {detail::emf_item::kind::name_space, 0, 0, 0, 0, 0, 0}, name_space, {});
}

FANLIGHT_INLINE emf& emf::dimensions(std::initializer_list<attribute> set) noexcept {
  if (!records_ || set.size() == 0) return *this;
  auto const before = items_.size();
  ++set_;
  if (!detail::add_dimensions(items_, set, set_)) items_.cut(before);
  return *this;
}

FANLIGHT_INLINE emf& emf::metrics(std::string_view name, double const* numbers, std::size_t count, unit of, metric_resolution how) noexcept {
  using detail::emf_item;
  if (!records_ || count == 0) return *this;
  auto const refuse = [&](std::string_view why) -> emf& { return detail::tell_bad_metric("metric", name, why), *this; };
  if (!detail::is_emf_text(name, detail::emf_limit::metric_name) || name == "_aws") return refuse("is no name of a metric: 1 to 1024 printable ASCII letters; it is left out");
  for (std::size_t i = 0; i < count; ++i)
    if (!(numbers[i] >= -0x1p360 && numbers[i] <= 0x1p360)) return refuse("has a value that CloudWatch does not take (no number, or beyond 2^360); these values are left out");
  detail::emf_part known;
  if (detail::find_part(items_, emf_item::kind::dimension, name, known)) return refuse("is the name of a dimension too; it is left out");
  bool const again = detail::find_part(items_, emf_item::kind::metric, name, known);
  if (again && (known.head.unit != static_cast<std::uint8_t>(of) || known.head.resolution != static_cast<std::uint8_t>(how)))
    return refuse("was given with another unit or resolution before; these values are left out");
  emf_item const head{emf_item::kind::metric, static_cast<std::uint8_t>(of), static_cast<std::uint8_t>(how), static_cast<std::uint8_t>(again ? 1 : 0), 0, 0, 0};
  bool const fits = metrics_ < detail::emf_limit::calls && count <= (std::size_t{1} << 16) &&
                    detail::add_part(items_, head, name, {reinterpret_cast<char const*>(numbers), count * sizeof(double)});
  if (!fits) return refuse("does not fit: a statement takes 1000 calls, and a mebibyte; it is left out");
  ++metrics_;
  return *this;
}

FANLIGHT_INLINE emf& emf::set(std::string_view key, value const& what) noexcept {
  if (!records_) return *this;
  if (key.empty() || key == "_aws") return detail::tell_bad_metric("property", key, "is no name of a property; it is left out"), *this;
  text_writer text;
  detail::write_json(text, what);
  if (text.is_cut() || !detail::add_part(items_, {detail::emf_item::kind::property, 0, 0, 0, 0, 0, 0}, key, text.view()))
    detail::tell_bad_metric("property", key, "does not fit; it is left out");
  return *this;
}

FANLIGHT_INLINE emf::~emf() noexcept {
  if (records_ && metrics_ != 0) detail::send_emf({items_, logger_, time_, where_, set_ != 0});
}

FANLIGHT_END

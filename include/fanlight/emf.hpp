// A line of metrics that CloudWatch reads out of a log: Embedded Metric Format. A statement, like an error report: it leaves, as a log record
// whose body is the document, when it ends. What breaks a rule of the format is left out and told. Belongs to the thread that makes it,
// never throws and never blocks; texts are copied. Least levels do not concern it: it is for machines.
// A statement without a good metric leaves nothing.
//
//   fl::emf{"cruddur"}.dimensions({{"Service", "timeline"}, {"Route", "home"}}).metric("Latency", 12.5, fl::unit::milliseconds).set("rows", 3);
#pragma once

#include <fanlight/text_writer.hpp>

FANLIGHT_BEGIN

/// CloudWatch's units.
enum class unit : std::uint8_t {
  none, seconds, microseconds, milliseconds, bytes, kilobytes, megabytes, gigabytes, terabytes, bits, kilobits, megabits, gigabits, terabits,
  percent, count, bytes_per_second, kilobytes_per_second, megabytes_per_second, gigabytes_per_second, terabytes_per_second, bits_per_second,
  kilobits_per_second, megabits_per_second, gigabits_per_second, terabits_per_second, count_per_second,
};
/// As the format spells it: `Milliseconds`.
[[nodiscard]] std::string_view to_text(unit what) noexcept;

/// What CloudWatch keeps: a value a minute, or a value a second.
enum class metric_resolution : std::uint8_t { standard = 60, high = 1 };

class emf {
 public:
  /// `name_space`: 1 to 256 letters, digits, blanks and `._#:/-`. Not [[nodiscard]]: it is meant to be a statement.
  explicit emf(std::string_view name_space, source where = source::current()) noexcept;
  emf(emf const&) = delete;
  emf& operator=(emf const&) = delete;
  ~emf() noexcept;

  /// One set of at most 30 dimensions, by which all metrics here are kept; said again, they are kept by another set too. A name has one value
  /// in all sets.
  emf& dimensions(std::initializer_list<attribute> set) noexcept;
  /// A value of a metric. Said again for the same name, the metric has several values. More than 100 metrics, or values of one, go into
  /// further records.
  emf& metric(std::string_view name, double number, unit of = unit::none, metric_resolution how = metric_resolution::standard) noexcept {
    return metrics(name, &number, 1, of, how);
  }
  emf& metric(std::string_view name, std::initializer_list<double> numbers, unit of = unit::none,
              metric_resolution how = metric_resolution::standard) noexcept {
    return metrics(name, numbers.begin(), numbers.size(), of, how);
  }
  emf& metrics(std::string_view name, double const* numbers, std::size_t count, unit of = unit::none,
               metric_resolution how = metric_resolution::standard) noexcept;
  /// Something to search for, which makes no metric.
  emf& set(std::string_view key, value const& what) noexcept;
  /// When it was: not more than 14 days ago or 2 hours ahead. Without it: now, at the end of the statement.
  emf& at(wall_time when) noexcept { return time_ = when, *this; }
  /// The logger it goes by, as a destination's stream names may have it; `emf` without. Borrows.
  emf& by(std::string_view logger) noexcept { return logger_ = logger, *this; }

 private:
  text_writer items_;  // packed: detail::emf_item, name, value
  std::string_view logger_ = "emf";
  source where_;
  wall_time time_{};
  std::uint32_t set_ = 0;      // sets that were given
  std::uint32_t metrics_ = 0;  // calls that were kept
  bool records_;
};

FANLIGHT_END

#ifndef FANLIGHT_COMPILED
#include <fanlight/impl/emf.ipp>
#endif

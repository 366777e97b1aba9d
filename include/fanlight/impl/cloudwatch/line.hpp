// From a record to the text of its event: a JSON object, or text by a pattern, never longer than CloudWatch takes and always UTF-8. What is
// too long is cut in such a way that JSON stays JSON. A log record whose text is a JSON object that begins with "_aws" is a document of
// CloudWatch metrics, and goes as it stands. Made and owned by the exporter; its lane's thread alone.
#pragma once

#include <fanlight/exporter.hpp>
#include <fanlight/exporters/cloudwatch_config.hpp>
#include <fanlight/impl/cloudwatch/pattern.hpp>
#include <fanlight/impl/json.hpp>
#include <fanlight/record.hpp>
#include <fanlight/stack.hpp>

FANLIGHT_BEGIN
namespace detail {

struct cloudwatch_form {
  cloudwatch_layout layout = cloudwatch_layout::json;
  cloudwatch_pattern line = {};
  std::size_t most = 1'000'000;  // bytes
  std::string suffix = "[truncated]";
  bool source_facts = false, resource_attributes = false;
};

enum class cloudwatch_line_kind {
  whole,
  cut,
  empty,  // CloudWatch takes no empty message
  unfit   // a document of metrics that is too long: half of it would be none
};
struct cloudwatch_line {
  std::string_view text = {};
  cloudwatch_line_kind kind = cloudwatch_line_kind::whole;
};

/// What of a record may be written, in bytes of its own texts.
struct cloudwatch_budget {
  std::size_t body = SIZE_MAX, texts = SIZE_MAX;
  bool fields = true;
};

class cloudwatch_lines {
 public:
  explicit cloudwatch_lines(cloudwatch_form how) : how_{std::move(how)} {}
  cloudwatch_lines(cloudwatch_lines const&) = delete;
  cloudwatch_lines& operator=(cloudwatch_lines const&) = delete;

  /// What comes of it is valid until the next call.
  [[nodiscard]] cloudwatch_line write(log_record const& record);
  [[nodiscard]] cloudwatch_line write(error_record const& record);
  [[nodiscard]] cloudwatch_line write(span_record const& record);

 private:
  template <class Record>
  [[nodiscard]] cloudwatch_line write_any(Record const& record, std::string_view body);
  template <class Record>
  void write_json(Record const& record, std::string_view body, cloudwatch_budget const& within);
  template <class Record>
  [[nodiscard]] cloudwatch_line shrink(Record const& record, std::string_view body);
  [[nodiscard]] cloudwatch_line write_body_alone(std::string_view body);
  template <class Record>
  void write_text(Record const& record, std::string_view body);
  [[nodiscard]] cloudwatch_line cut_text();

  void facts(json_writer& json, log_record const& record, std::string_view body, cloudwatch_budget const& within) const;
  void facts(json_writer& json, error_record const& record, std::string_view body, cloudwatch_budget const& within) const;
  void facts(json_writer& json, span_record const& record, std::string_view body, cloudwatch_budget const& within) const;
  void ids(json_writer& json, record_base const& record) const;
  void exception(json_writer& json, error_record const& record, std::size_t most) const;
  void fields(json_writer& json, record_base const& record, bool of_span, std::size_t most) const;
  void events(json_writer& json, span_record const& record, std::size_t most) const;
  void surroundings(json_writer& json, record_base const& record, std::size_t most) const;
  void text(json_writer& json, std::string_view what, std::size_t most) const;
  void any(json_writer& json, value const& what, std::size_t most) const;

  cloudwatch_form how_;
  send_buffer out_, raw_;
};

}  // namespace detail
FANLIGHT_END

#ifndef FANLIGHT_COMPILED
#include <fanlight/impl/cloudwatch/line.ipp>
#endif

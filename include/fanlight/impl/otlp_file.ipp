// Bodies of exporters/otlp_file.hpp: from a batch to a line, and the line to its file.
#pragma once

#include <fanlight/exporters/otlp_file.hpp>
#include <fanlight/impl/joined.hpp>
#include <fanlight/impl/line_file.hpp>
#include <fanlight/impl/otlp_json.hpp>

FANLIGHT_BEGIN
namespace detail {

/// `traces.jsonl` becomes `traces.logs.jsonl`; without an extension `.logs` goes to the end.
[[nodiscard]] FANLIGHT_COLD inline std::string logs_path(std::string const& path) {
  auto const slash = path.rfind('/'), dot = path.rfind('.');
  std::size_t const name = slash == std::string::npos ? 0 : slash + 1;
  bool const extension = dot != std::string::npos && dot > name;
  return extension ? joined({path.substr(0, dot), ".logs", path.substr(dot)}) : path + ".logs";
}

class otlp_file_exporter final : public exporter {
 public:
  explicit otlp_file_exporter(otlp_file_config const& given)
      : stream_{given.path.empty() || given.path == "-"},
        traces_{stream_ ? std::string{} : given.path, given.max_bytes, given.max_files},
        logs_{stream_ ? std::string{} : logs_path(given.path), given.max_bytes, given.max_files} {}

  [[nodiscard]] record_types kinds() const noexcept override { return takes<span_record> | takes<log_record> | takes<error_record>; }

  /// Says at once when the folder is not there, and not only with the first batch.
  FANLIGHT_COLD void start(exporter_setup const& setup) override {
    tell_ = setup.tell;
    if (auto const failed = traces_.open()) tell(failed);
  }

  [[nodiscard]] FANLIGHT_COLD outcome consume(entry_type type, batch_ref const& records, deadline until) override {
    auto& to = stream_ || type == entry_type::span ? traces_ : logs_;
    if (to.owes()) {
      if (auto const failed = to.pay(until)) return failure(failed);
      bool const same = half_written_.get() == records.get() && half_written_type_ == type;
      half_written_ = batch_ref{};
      if (same) return outcome::delivered();
    }
    line_.clear();
    if ((type == entry_type::span ? write_traces_json(line_, *records) : write_logs_json(line_, *records, type)) == 0)
      return outcome::delivered();
    line_.push('\n');
    auto const failed = to.write(line_.view(), until);
    line_.shrink_above(std::size_t{4} << 20);
    if (!failed) return outcome::delivered();
    if (to.owes()) half_written_ = records, half_written_type_ = type;
    return failure(failed);
  }

  FANLIGHT_COLD void stop(deadline until) override {
    traces_.pay(until);
    logs_.pay(until);
  }

 private:
  FANLIGHT_COLD void tell(io_failure const& failed) {
    if (tell_) tell_(problem_code::file_failed, "otlp_file " + failed.what);
  }
  [[nodiscard]] FANLIGHT_COLD outcome failure(io_failure const& failed) {
    tell(failed);
    return failed.forever ? outcome::dropped("otlp_file " + failed.what) : outcome::retry("otlp_file " + failed.what);
  }

  bool stream_;
  line_file traces_;
  line_file logs_;
  send_buffer line_;
  batch_ref half_written_;  // the batch whose line is owed; kept, so that no other can be taken for it
  entry_type half_written_type_ = entry_type::pad;
  std::function<void(problem_code, std::string)> tell_;
};

}  // namespace detail

FANLIGHT_COLD FANLIGHT_INLINE exporter_spec otlp_file(otlp_file_config given) {
  exporter_spec out;
  out.name = "otlp_file";
  if (!given.path.empty() && given.path.back() == '/')
    out.problems.push_back({problem_code::config_bad,
                            detail::joined({"otlp_file path \"", given.path, "\" names a folder; give a file in it, such as \"", given.path,
                                            "traces.jsonl\""}),
                            out.name});
  out.make = [given = std::move(given)]() -> std::unique_ptr<exporter> { return std::make_unique<detail::otlp_file_exporter>(given); };
  return out;
}

FANLIGHT_END

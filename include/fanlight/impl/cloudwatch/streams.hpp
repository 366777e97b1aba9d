// The log streams that one exporter writes to, by the name that its pattern gives for a record: at most 16 are open. Made and owned by the
// exporter, in the process that it sends from; its lane's thread alone.
#pragma once

#include <fanlight/impl/cloudwatch/pattern.hpp>
#include <fanlight/impl/cloudwatch/pending.hpp>

#include <memory>

FANLIGHT_BEGIN
namespace detail {

/// What decides about a record's stream.
struct cloudwatch_place {
  std::string_view logger = {};
  std::uint32_t thread = 0;
  std::int64_t seconds = 0;
};

class cloudwatch_streams {
 public:
  static constexpr std::size_t most_open = 16;
  using list = std::vector<std::unique_ptr<cloudwatch_pending>>;

  explicit cloudwatch_streams(cloudwatch_pattern by);
  /// For tests.
  cloudwatch_streams(cloudwatch_pattern by, std::string machine, std::string program, std::int64_t process);

  /// Null: it is not open, and all 16 are; one has to be closed first.
  [[nodiscard]] cloudwatch_pending* at(cloudwatch_place const& where);
  /// The one that was written to least recently.
  [[nodiscard]] cloudwatch_pending* least_used() noexcept;
  void close(cloudwatch_pending const* which) noexcept;
  [[nodiscard]] list const& open() const noexcept { return open_; }

 private:
  [[nodiscard]] bool is_latest(cloudwatch_place const& where) const noexcept;
  [[nodiscard]] std::string name_of(cloudwatch_place const& where) const;

  cloudwatch_pattern const by_;
  std::string machine_, program_;
  std::int64_t process_ = 0;
  bool const by_logger_, by_thread_, by_time_;
  list open_;
  // What the latest record was, and where it went.
  cloudwatch_pending* latest_ = nullptr;
  std::string logger_;
  std::uint32_t thread_ = 0;
  std::int64_t seconds_ = 0;
};

}  // namespace detail
FANLIGHT_END

#ifndef FANLIGHT_COMPILED
#include <fanlight/impl/cloudwatch/streams.ipp>
#endif

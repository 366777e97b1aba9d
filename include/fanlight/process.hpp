// The `process` hook's hand on a record: look at it, change it, drop it, once, before any exporter sees it. The dispatcher makes an editor
// for each record and owns it; the hook runs on the dispatcher's thread and must not keep it.
#pragma once

#include <fanlight/detail/draft.hpp>
#include <fanlight/record.hpp>

#include <memory>
#include <vector>

FANLIGHT_BEGIN

class record_editor {
 public:
  [[nodiscard]] bool is_span() const noexcept { return head().type == detail::entry_type::span; }
  [[nodiscard]] bool is_log() const noexcept { return head().type == detail::entry_type::log; }
  [[nodiscard]] bool is_error() const noexcept { return head().type == detail::entry_type::error; }

  /// The record as exporters would see it now. Valid until the next change. Only the one that it is.
  [[nodiscard]] span_record span() const noexcept { return span_record{draft_.data, view()}; }
  [[nodiscard]] log_record log() const noexcept { return log_record{draft_.data, view()}; }
  [[nodiscard]] error_record error() const noexcept { return error_record{draft_.data, view()}; }

  /// A span's name, a log record's text, an error's message.
  [[nodiscard]] std::string_view name() const noexcept;
  [[nodiscard]] value find(std::string_view key) const noexcept;

  record_editor& rename(std::string_view name) noexcept;
  record_editor& set(std::string_view key, value const& what) noexcept;
  record_editor& remove(std::string_view key) noexcept;
  /// It is counted as filtered, and no exporter sees it.
  void drop() noexcept { dropped_ = true; }

  struct piece {
    unsigned char const* at;
    std::size_t size;
  };
  record_editor(detail::core_face& core, piece entry, std::shared_ptr<resource const> const& who, detail::clock_anchor anchor) noexcept;
  record_editor(record_editor const&) = delete;
  record_editor& operator=(record_editor const&) = delete;
  ~record_editor() noexcept { let_go(); }

  [[nodiscard]] bool is_dropped() const noexcept { return dropped_; }
  [[nodiscard]] bool is_sampled() const noexcept { return (head().trace_flags & trace_flag::sampled) != 0; }
  /// As it was before any change.
  void restore() noexcept;
  /// The entry as it is now; valid until the next change.
  [[nodiscard]] piece bytes() noexcept;

 private:
  void load() noexcept;
  void let_go() noexcept;
  [[nodiscard]] detail::entry_head const& head() const noexcept {
    return *reinterpret_cast<detail::entry_head const*>(draft_.data != nullptr ? draft_.data : original_.at);
  }
  [[nodiscard]] detail::batch_data const& view() const noexcept;

  detail::core_face& core_;
  piece const original_;
  detail::draft draft_{};
  mutable detail::batch_data view_;
  bool dropped_ = false;
  alignas(8) unsigned char room_[1024];
};

FANLIGHT_END

#ifndef FANLIGHT_COMPILED
#include <fanlight/impl/process.ipp>
#endif

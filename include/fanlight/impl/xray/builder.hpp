// Makes documents of families of spans: writes each span's members, measures, takes out what is too large, and puts the rest together.
// Owned by the assembler, which tells it who belongs to whom; its lane's thread alone.
#pragma once

#include <fanlight/impl/xray/document.hpp>
#include <fanlight/impl/xray/outbox.hpp>

FANLIGHT_BEGIN
namespace detail {

class xray_builder {
 public:
  static constexpr std::uint32_t none = xray_outbox::none;

  xray_builder(xray_form const& form, xray_notices& notices, xray_outbox& to) : notices_{notices}, writer_{form, notices}, to_{to} {}
  xray_builder(xray_builder const&) = delete;
  xray_builder& operator=(xray_builder const&) = delete;

  /// A family begins.
  void begin() noexcept { first_ = to_.pieces_.size(); }
  /// A span of the family that is being made; parents come before their children. `parent`: what add() gave for it, or none for the
  /// outermost. Gives none when the span alone does not fit: `unsendable` has grown by it, if it had ended, and its children are alone.
  std::uint32_t add(batch_ref const& batch, unsigned char const* at, std::uint32_t parent, bool segment, std::size_t budget);
  /// The family is complete: its documents go into the outbox.
  void finish(std::size_t budget);
  /// Makes the spans of a document anew within `budget`, which is less than its size, and voids it.
  void make_anew(std::size_t document, std::size_t budget);
  /// Voids a document: its records are not counted as its own any more.
  void give_up(std::size_t document);

  [[nodiscard]] std::uint64_t unsendable() const noexcept { return unsendable_; }

 private:
  using piece = xray_outbox::piece;
  static constexpr std::size_t overhead = 192;       // ids, type and brackets around the members of the outermost span, with room to spare
  static constexpr std::size_t nested_overhead = 48;     // around those of another
  static constexpr std::uint32_t greatest_height = 128;  // of nesting in one document

  void attach(std::uint32_t child);
  void measure(std::uint32_t index, std::size_t budget);
  void take_out_largest(std::uint32_t index, std::size_t budget);
  void write_document(std::uint32_t index);
  void open_piece(piece const& one);
  void open_outermost(piece const& one);
  [[nodiscard]] std::uint32_t next_attached(std::uint32_t index) const noexcept;
  [[nodiscard]] std::string_view name_of(piece const& one) const noexcept {
    return {reinterpret_cast<char const*>(one.at + sizeof(entry_head)), one.head().name_size};
  }
  void lose(piece const& one, std::size_t budget);

  xray_notices& notices_;
  xray_writer writer_;
  xray_outbox& to_;
  std::size_t first_ = 0;  // of the family that is being made
  std::uint64_t unsendable_ = 0;
};

}  // namespace detail
FANLIGHT_END

#ifndef FANLIGHT_COMPILED
#include <fanlight/impl/xray/builder.ipp>
#endif

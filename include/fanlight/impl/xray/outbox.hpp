// X-Ray documents on their way: their bytes, what each stands for, and what is needed to make one anew in smaller pieces. Filled by the
// assembler, read and emptied by the exporter that owns both; its lane's thread alone.
#pragma once

#include <fanlight/context.hpp>
#include <fanlight/detail/batch.hpp>
#include <fanlight/impl/send_buffer.hpp>

#include <vector>

FANLIGHT_BEGIN
namespace detail {

struct xray_document {
  fanlight::trace_id trace;
  fanlight::span_id id;
  std::uint32_t records = 0;  // ended spans that are delivered, or lost, with it
  bool segment = false;
  bool in_progress = false;
  std::size_t begin = 0, size = 0;  // in the outbox's bytes
  std::uint32_t piece = 0;          // its outermost span
};

/// `1-` + 8 + `-` + 24 hex digits.
[[nodiscard]] inline short_text<35> xray_text(fanlight::trace_id const& id) noexcept {
  auto const digits = id.hex();
  short_text<35> out;
  out.push("1-"), out.push(digits.view().substr(0, 8)), out.push('-'), out.push(digits.view().substr(8));
  return out;
}

class xray_outbox {
 public:
  [[nodiscard]] std::size_t size() const noexcept { return documents_.size(); }
  [[nodiscard]] bool empty() const noexcept { return documents_.empty(); }
  [[nodiscard]] xray_document const& operator[](std::size_t index) const noexcept { return documents_[index]; }
  /// Compact JSON, the own id first. Valid until the next document is made.
  [[nodiscard]] std::string_view body(std::size_t index) const noexcept {
    return bodies_.view().substr(documents_[index].begin, documents_[index].size);
  }
  /// All have been dealt with: lets go of bytes and batches.
  void clear() noexcept {
    documents_.clear();
    pieces_.clear();
    bodies_.clear();
    fragments_.clear();
    bodies_.shrink_above(std::size_t{1} << 20);
    fragments_.shrink_above(std::size_t{1} << 20);
  }

 private:
  friend class xray_builder;
  static constexpr std::uint32_t none = ~std::uint32_t{0};

  /// One span: where it lies, its members as written, and its place among the others. A parent stands before its children.
  struct piece {
    batch_ref batch;
    unsigned char const* at = nullptr;
    std::size_t begin = 0, size = 0;  // in fragments_
    std::size_t total = 0;            // with all that is nested in it
    std::uint32_t parent = none, first_child = none, last_child = none, next = none;
    std::uint32_t height = 0;
    bool segment = false, alone = false;  // alone: outermost in a document
    [[nodiscard]] entry_head const& head() const noexcept { return *reinterpret_cast<entry_head const*>(at); }
    [[nodiscard]] bool is_open() const noexcept { return head().type == entry_type::start; }
  };

  std::vector<xray_document> documents_;
  std::vector<piece> pieces_;
  send_buffer bodies_, fragments_;
};

}  // namespace detail
FANLIGHT_END

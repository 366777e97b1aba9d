// Bodies of document.hpp.
#pragma once

#include <fanlight/impl/joined.hpp>
#include <fanlight/impl/xray/document.hpp>
#include <fanlight/impl/xray/entry_writer.ipp>

#include <fanlight/impl/xray/blocks.ipp>
#include <fanlight/impl/xray/cause.ipp>
#include <fanlight/impl/xray/facts.ipp>
#include <fanlight/impl/xray/naming.ipp>
#include <fanlight/impl/xray/sender.ipp>
#include <fanlight/impl/xray/sorting.ipp>

FANLIGHT_BEGIN
namespace detail {

FANLIGHT_INLINE void xray_writer::write(send_buffer& to, batch_data const& batch, unsigned char const* at, bool segment, xray_trim const* trim) {
  sender_.look_at(batch.resource, form_.platform);
  entry_writer{*this, to, batch, at, segment, trim}.all();
}

/// Marks the largest entries of metadata until `excess` bytes are saved. False: there are none.
FANLIGHT_COLD FANLIGHT_INLINE bool xray_writer::trim_metadata(xray_trim& trim, std::size_t excess) {
  trim.gone.resize(metadata_.size());
  std::size_t saved = 0;
  while (saved < excess) {
    std::size_t largest = metadata_.size();
    for (std::size_t i = 0; i < metadata_.size(); ++i)
      if (!metadata_[i].dead && trim.gone[i] == 0 && metadata_[i].size != 0 && (largest == metadata_.size() || metadata_[i].size > metadata_[largest].size)) largest = i;
    if (largest == metadata_.size()) return saved != 0;
    auto const& entry = metadata_[largest];
    trim.gone[largest] = 1;
    saved += entry.size;
    if (trim.lost.size() >= 20) {
      ++trim.lost_more;
      continue;
    }
    std::string words{"metadata "};
    words.append(utf8_front(entry.space, 100));
    if (!entry.key.empty()) words.append(".").append(utf8_front(entry.key, 100));
    trim.lost.push_back(joined({words, ": ", std::to_string(entry.size), " bytes"}));
    saved -= std::min(saved, trim.lost.back().size() + 3);
  }
  return true;
}

/// What goes next when metadata has gone. False: nothing is left to go without.
FANLIGHT_COLD FANLIGHT_INLINE bool xray_writer::trim_more(xray_trim& trim, unsigned& step, std::string_view fragment) {
  auto const has = [&](char const* what) { return fragment.find(what) != std::string_view::npos; };
  while (step < 5) {
    switch (step++) {
      case 0:
        if (!has("\"sanitized_query\":")) break;
        return trim.short_query = true, trim.lost.push_back("sql.sanitized_query: cut at 1000 characters"), true;
      case 1:
        if (!has("\"stack\":")) break;
        return trim.no_stacks = true, trim.lost.push_back("cause: stacks"), true;
      case 2:
        if (!has("\"exceptions\":")) break;
        return trim.first_exception = true, trim.lost.push_back("cause: all exceptions but the first"), true;
      case 3:
        if (!has("\"links\":") && !has("\"message\":")) break;
        return trim.brief = true, trim.lost.push_back("links, and messages beyond 1000 characters"), true;
      default:
        if (!has("\"annotations\":")) break;
        return trim.no_annotations = true, trim.lost.push_back("annotations"), true;
    }
  }
  return false;
}

FANLIGHT_INLINE bool xray_writer::write_within(send_buffer& to, std::size_t limit, batch_data const& batch, unsigned char const* at, bool segment) {
  std::size_t const before = to.size();
  write(to, batch, at, segment);
  if (__builtin_expect(to.size() - before <= limit, 1)) return true;
  xray_trim trim;
  unsigned step = 0;
  while (to.size() - before > limit) {
    std::size_t const excess = to.size() - before - limit;
    if (!trim_metadata(trim, excess) && !trim_more(trim, step, to.view().substr(before))) return to.cut(before), false;
    to.cut(before);
    xray_notices kept = notices_;
    write(to, batch, at, segment, &trim);
    notices_ = kept;
  }
  notices_.add(problem_code::doc_trimmed, [&] {
    auto const& head = *reinterpret_cast<entry_head const*>(at);
    std::string_view const name{reinterpret_cast<char const*>(at + sizeof head), head.name_size};
    return joined({"'", utf8_front(name, 60), "' was too large for an X-Ray document of ", std::to_string(limit), " bytes and lost ",
                   (trim.lost.empty() ? std::string{"a part"} : trim.lost.front()), (trim.lost.size() > 1 ? " and more" : "")});
  });
  return true;
}

}  // namespace detail
FANLIGHT_END

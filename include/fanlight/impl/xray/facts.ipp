// Annotations and metadata, and the order in which everything is written. Part of document.hpp's writer. [xray.md 1.3, R8-R10]
#pragma once

#include <fanlight/impl/joined.hpp>
#include <fanlight/impl/xray/entry_writer.ipp>

FANLIGHT_BEGIN
namespace detail {

FANLIGHT_INLINE void xray_writer::entry_writer::annotations() {
  auto& all = owner_.annotations_;
  if (all.empty() || (trim_ != nullptr && trim_->no_annotations)) return;
  if (changed_keys_ || listed_) drop_doubles(all);
  json_.name("annotations");
  json_.open_object();
  std::size_t count = 0;
  for (auto const& each : all) {
    if (each.dead) continue;
    ++count;
    json_.key(each.key);
    auto const what = read_value({each.item});
    if (what.kind() == value_kind::text) json_.text(limited(what.as_text(), xray_annotation_length, each.key));
    else json_.plain(what);
  }
  json_.close_object();
  if (count > 50)
    owner_.notices_.add(problem_code::annotations_over_50, [&] {
      return joined({"'", utf8_front(name_, 60), "' has ", std::to_string(count), " annotations; X-Ray indexes 50 of a trace"});
    });
}

FANLIGHT_COLD FANLIGHT_INLINE void xray_writer::entry_writer::source_facts() {
  auto const fact = [&](std::string_view key, value const& what) {
    for (auto const& each : owner_.metadata_)
      if (each.key == key && each.space == "default") return;
    json_.key(key), json_.plain(what);
  };
  if (head_.function != nullptr) fact("code.function.name", head_.function);
  if (head_.file != nullptr) fact("code.file.path", head_.file);
  if (head_.line != 0) fact("code.line.number", head_.line);
  if (head_.thread != 0) fact("thread.id", head_.thread);
}

FANLIGHT_COLD FANLIGHT_INLINE void xray_writer::entry_writer::resource_facts() {
  for (auto const each : resource_.attributes.members()) {
    owner_.scratch_.clear();
    owner_.scratch_.literal("otel.resource.");
    write_without_broken(owner_.scratch_, each.key);
    json_.key(owner_.scratch_.view());
    json_.plain(each.value);
  }
}

/// What a document lost because it was too large.
FANLIGHT_COLD FANLIGHT_INLINE void xray_writer::entry_writer::truncated() {
  json_.name("truncated");
  json_.open_array();
  for (auto const& each : trim_->lost) json_.text(each);
  if (trim_->lost_more != 0) json_.text(joined({"and ", std::to_string(trim_->lost_more), " more"}));
  json_.close_array();
}

/// The entries of one namespace, in order.
FANLIGHT_INLINE void xray_writer::entry_writer::metadata_of(std::string_view space) {
  bool const marks = trim_ != nullptr && !trim_->lost.empty() && space == "fanlight";
  json_.key(space);
  json_.open_object();
  for (std::size_t i = 0; i < owner_.metadata_.size(); ++i) {
    auto& each = owner_.metadata_[i];
    if (each.dead || each.is_document || each.space != space || (trim_ != nullptr && trim_->gone[i] != 0) || (marks && each.key == "truncated")) continue;
    std::size_t const before = to_.size();
    json_.key(each.key);
    json_.plain(read_value({each.item}));
    each.size = to_.size() - before;
  }
  if (marks) truncated();
  if (space == "default" && form_.source_facts && head_.type != entry_type::start) source_facts();
  if (space == "default" && form_.resource_facts && segment_) resource_facts();
  json_.close_object();
}

/// Namespaces and keys as X-Ray takes them; members of one name become one.
FANLIGHT_INLINE void xray_writer::entry_writer::tidy_metadata() {
  auto& all = owner_.metadata_;
  bool changed = false;
  for (auto& each : all) {
    if (each.space.substr(0, 4) == "AWS.") {
      each.space = keep(std::string{"AWS_"}.append(each.space.substr(4)));
      changed = true;
      owner_.notices_.add(problem_code::key_changed, [&] {
        return joined({"metadata namespaces that begin with 'AWS.' are X-Ray's own; '", each.space, "' is used"});
      });
    }
    for (auto* const text : {&each.space, &each.key}) {
      if (text->data() == default_space.data() || is_utf8(*text)) continue;
      changed = true;
      owner_.scratch_.clear();
      write_without_broken(owner_.scratch_, *text);
      *text = keep(owner_.scratch_.view());
      owner_.notices_.add(problem_code::key_changed, [] { return std::string{"a metadata key or namespace is not UTF-8; the broken bytes were left out"}; });
    }
  }
  // An attribute and a metadata entry, both in `default`, may have one name; so may two that were cleaned.
  if (changed) drop_doubles(all);
  else if (found_.has(item_role::metadata)) shadow_attributes(all);
  for (auto& each : all) {
    if (!each.is_document) continue;
    for (auto const& other : all)
      each.dead = each.dead || (!other.is_document && !other.dead && other.space == each.space);
    owner_.scratch_.clear();
    if (!each.dead && !write_compact_object(owner_.scratch_, read_value({each.item}).as_text())) {
      each.dead = true;
      owner_.notices_.add(problem_code::value_dropped, [&] {
        return joined({"attribute 'aws.xray.metadata.", each.space, "' is no JSON object"});
      });
    }
  }
}

FANLIGHT_INLINE void xray_writer::entry_writer::metadata() {
  tidy_metadata();
  auto& all = owner_.metadata_;
  bool const marks = trim_ != nullptr && !trim_->lost.empty();
  bool const extra = (form_.source_facts && head_.type != entry_type::start) || (form_.resource_facts && segment_);
  auto const shown = [&](std::size_t i) { return !all[i].dead && (trim_ == nullptr || trim_->gone[i] == 0); };
  bool open = false, default_done = false, marks_done = false;
  auto const begin = [&] {
    if (!open) json_.name("metadata"), json_.open_object();
    open = true;
  };
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (!shown(i)) continue;
    bool seen = false;
    for (std::size_t j = 0; j < i && !seen; ++j) seen = shown(j) && !all[j].is_document && all[j].space == all[i].space;
    if (seen) continue;
    begin();
    default_done = default_done || all[i].space == "default";
    marks_done = marks_done || all[i].space == "fanlight";
    if (!all[i].is_document) {
      metadata_of(all[i].space);
      continue;
    }
    json_.key(all[i].space);
    std::size_t const before = to_.size();
    write_compact_object(to_, read_value({all[i].item}).as_text());
    json_.after_fragment(true);
    all[i].size = to_.size() - before;
  }
  if (extra && !default_done) begin(), metadata_of("default");
  if (marks && !marks_done) begin(), metadata_of("fanlight");
  if (open) json_.close_object();
}

FANLIGHT_INLINE void xray_writer::entry_writer::all() {
  if (found_.has(item_role::fact)) facts_ = found_.facts();
  sort();
  name();
  times();
  name_space();
  traced();
  user();
  http();
  sql();
  if (segment_) segment_aws();
  else aws();
  flags();
  if (has_exceptions_ || head_.status == static_cast<std::uint8_t>(status_code::error) || !facts_.error_id.empty()) cause();
  precursors();
  if (found_.has(item_role::link)) links();
  static_cast<void>(use(xray_key::annotations));
  sort_rest();
  annotations();
  metadata();
}

}  // namespace detail
FANLIGHT_END

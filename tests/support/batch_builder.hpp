// Batches made by hand: the packed entries that instruments would write, with ids and times as the test says. The builder grows a batch;
// `take()` seals it. Times are nanoseconds after `epoch` unless said otherwise.
#pragma once

#include <fanlight/record.hpp>

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace support {

inline constexpr std::int64_t epoch = 1'544'712'660'000'000'000;  // 2018-12-13T14:51:00Z
inline constexpr std::int64_t ms = 1'000'000;
inline constexpr std::string_view trace_t = "0af7651916cd43dd8448eb211c80319c";
inline constexpr std::string_view span_p = "b7ad6b7169203331";

/// One entry in the making.
class entry {
 public:
  entry(fanlight::detail::entry_type type, std::string_view name) {
    head_.type = type;
    head_.kind = type == fanlight::detail::entry_type::span ? 1 : 9;
    head_.name_size = static_cast<std::uint32_t>(name.size());
    head_.file = "test.cpp", head_.function = "test", head_.line = 1;
    name_ = name;
    in(trace_t);
    head_.trace_flags = 3;
  }
  entry& in(std::string_view trace) {
    auto const id = fanlight::trace_id::from_hex(trace);
    std::memcpy(head_.trace_id, id.bytes, sizeof id.bytes);
    return *this;
  }
  entry& id(std::string_view span, std::string_view parent = {}) {
    auto const own = fanlight::span_id::from_hex(span), above = fanlight::span_id::from_hex(parent);
    std::memcpy(head_.span_id, own.bytes, sizeof own.bytes);
    std::memcpy(head_.parent_id, above.bytes, sizeof above.bytes);
    return *this;
  }
  entry& from(std::int64_t start, std::int64_t end) { return head_.start = start, head_.end = end, *this; }
  entry& at(std::int64_t when) { return from(when, when); }
  entry& kind(fanlight::span_kind what) { return head_.kind = static_cast<std::uint8_t>(what), *this; }
  entry& level(fanlight::level what) { return head_.kind = static_cast<std::uint8_t>(what), *this; }
  entry& flags(std::uint8_t w3c) { return head_.trace_flags = w3c, *this; }
  entry& flag(std::uint8_t bits) { return head_.flags = static_cast<std::uint8_t>(head_.flags | bits), *this; }
  entry& dropped(unsigned attributes, unsigned events, unsigned links) {
    head_.dropped_attributes = static_cast<std::uint16_t>(attributes);
    head_.dropped_events = static_cast<std::uint16_t>(events);
    head_.dropped_links = static_cast<std::uint16_t>(links);
    return *this;
  }
  entry& status(fanlight::status_code code, std::string_view message = {}) {
    head_.status = static_cast<std::uint8_t>(code);
    return message.empty() ? *this : fact(fanlight::detail::fact_key::status_message, message);
  }
  entry& set(std::string_view key, fanlight::value const& what) { return item(fanlight::detail::item_role::attribute, key, what); }
  entry& annotate(std::string_view key, fanlight::value const& what) { return item(fanlight::detail::item_role::annotation, key, what); }
  entry& metadata(std::string_view space, std::string_view key, fanlight::value const& what) {
    return item(fanlight::detail::item_role::metadata, std::string{space} + '\0' + std::string{key}, what);
  }
  entry& fact(fanlight::detail::fact_key key, std::string_view text) {
    char const letter = static_cast<char>(key);
    return item(fanlight::detail::item_role::fact, {&letter, 1}, fanlight::value{text});
  }
  entry& scope(std::string_view name, std::string_view version = {}) {
    fact(fanlight::detail::fact_key::scope_name, name);
    return version.empty() ? *this : fact(fanlight::detail::fact_key::scope_version, version);
  }
  entry& event(std::string_view name, std::int64_t when, std::initializer_list<fanlight::attribute> with = {}, std::uint32_t dropped = 0) {
    fanlight::detail::event_head const head{when, dropped, 0};
    std::string packed{reinterpret_cast<char const*>(&head), sizeof head};
    return nested(fanlight::detail::item_role::event, name, packed, with);
  }
  entry& link(std::string_view trace, std::string_view span, std::uint32_t flags, std::string_view tracestate = {},
              std::initializer_list<fanlight::attribute> with = {}) {
    fanlight::detail::link_head head{};
    auto const trace_id = fanlight::trace_id::from_hex(trace);
    auto const span_id = fanlight::span_id::from_hex(span);
    std::memcpy(head.trace_id, trace_id.bytes, sizeof trace_id.bytes);
    std::memcpy(head.span_id, span_id.bytes, sizeof span_id.bytes);
    head.flags = flags;
    head.tracestate_size = static_cast<std::uint32_t>(tracestate.size());
    std::string packed{reinterpret_cast<char const*>(&head), sizeof head};
    packed += tracestate;
    packed.resize(sizeof head + fanlight::detail::padded(tracestate.size() + 1));
    return nested(fanlight::detail::item_role::link, {}, packed, with);
  }

  /// The packed bytes.
  [[nodiscard]] std::string pack() const {
    fanlight::detail::entry_head head = head_;
    std::size_t const start = fanlight::detail::entry_space(name_.size());
    head.size = static_cast<std::uint32_t>(start + items_.size());
    std::string out(start, '\0');
    std::memcpy(out.data(), &head, sizeof head);
    std::memcpy(out.data() + sizeof head, name_.data(), name_.size());
    return out + items_;
  }
  [[nodiscard]] fanlight::detail::entry_type type() const { return head_.type; }

 private:
  entry& item(fanlight::detail::item_role role, std::string_view key, fanlight::value const& what) {
    std::string packed(fanlight::detail::item_space(what.kind(), what.size(), key.size()), '\0');
    fanlight::detail::write_item(reinterpret_cast<unsigned char*>(packed.data()), role, key, what);
    items_ += packed;
    return *this;
  }
  entry& nested(fanlight::detail::item_role role, std::string_view key, std::string packed,
                std::initializer_list<fanlight::attribute> with) {
    for (auto const& each : with) {
      fanlight::detail::item_buffer one;
      one.add(fanlight::detail::item_role::attribute, each.key, each.value);
      packed.append(reinterpret_cast<char const*>(one.data()), one.size());
    }
    return item(role, key, fanlight::value{fanlight::detail::value_kind::object, packed.data(), static_cast<std::uint32_t>(packed.size())});
  }
  fanlight::detail::entry_head head_{};
  std::string name_, items_;
};

[[nodiscard]] inline entry span(std::string_view name, std::string_view id, std::string_view parent = {}) {
  return entry{fanlight::detail::entry_type::span, name}.id(id, parent);
}
[[nodiscard]] inline entry log(std::string_view body, std::string_view in_span = {}) {
  return entry{fanlight::detail::entry_type::log, body}.id(in_span);
}
/// A log record outside of any trace.
[[nodiscard]] inline entry loose_log(std::string_view body) { return log(body).in({}).flags(0); }
[[nodiscard]] inline entry error(std::string_view message, std::string_view in_span = {}) {
  return entry{fanlight::detail::entry_type::error, message}.id(in_span).level(fanlight::level::error);
}

[[nodiscard]] inline fanlight::resource backend() {
  fanlight::resource out;
  out.attributes.set("service.name", "backend-flask");
  return out;
}

/// Collects entries and makes one batch of them.
class batch_builder {
 public:
  explicit batch_builder(fanlight::resource who = backend()) : who_{std::make_shared<fanlight::resource const>(std::move(who))} {}
  batch_builder& add(entry const& one) {
    bytes_ += one.pack();
    ++counts_[static_cast<std::size_t>(one.type())];
    return *this;
  }
  [[nodiscard]] fanlight::detail::batch_ref take() {
    auto* const made = new fanlight::detail::batch_data;
    made->data = static_cast<unsigned char*>(std::malloc(bytes_.size() + 1));
    std::memcpy(made->data, bytes_.data(), bytes_.size());
    made->size = made->room = bytes_.size();
    std::memcpy(made->counts, counts_, sizeof counts_);
    made->resource = who_;
    made->anchor.wall_offset = epoch;
    made->give_back = [](fanlight::detail::batch_data* data) noexcept {
      std::free(data->data);
      delete data;
    };
    bytes_.clear();
    std::memset(counts_, 0, sizeof counts_);
    return fanlight::detail::batch_ref{made};
  }

 private:
  std::string bytes_;
  std::uint32_t counts_[fanlight::detail::entry_types]{};
  std::shared_ptr<fanlight::resource const> who_;
};

/// A batch of these entries.
[[nodiscard]] inline fanlight::detail::batch_ref batch_of(std::initializer_list<entry> entries, fanlight::resource who = backend()) {
  batch_builder out{std::move(who)};
  for (auto const& each : entries) out.add(each);
  return out.take();
}

}  // namespace support

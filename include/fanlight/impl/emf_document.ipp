// The documents of emf.hpp: the parts of a statement, packed one behind the other, and the JSON that is made of them. Runs on the thread that
// makes the statement.
#pragma once

#include <fanlight/emf.hpp>
#include <fanlight/impl/access_log.ipp>
#include <fanlight/impl/format.ipp>

#include <utility>

FANLIGHT_BEGIN
namespace detail {

namespace emf_limit {
inline constexpr std::size_t name_space = 256, dimensions = 30, dimension_name = 250, dimension_value = 1024, metric_name = 1024;
inline constexpr std::size_t metrics = 100, values = 100, calls = 1000;
inline constexpr std::int64_t past = 14 * std::int64_t{86'400'000'000'000}, ahead = 2 * std::int64_t{3'600'000'000'000};
}  // namespace emf_limit

/// The head of a part; its name and its value follow, and padding to 8. Parts lie one behind the other, the namespace first.
struct emf_item {
  enum class kind : std::uint8_t { name_space, dimension, metric, property };
  kind what;
  std::uint8_t unit, resolution, again;  // again: of a metric, a later call for a name that was there
  std::uint32_t name_size, value_size, set;
};
static_assert(sizeof(emf_item) == 16);

struct emf_part {
  emf_item head{};
  std::string_view name{}, value{};
};

/// Reads parts in place.
class emf_parts {
 public:
  explicit emf_parts(std::string_view from) noexcept : rest_{from} {}
  [[nodiscard]] bool next(emf_part& to) noexcept {
    if (rest_.size() < sizeof to.head) return false;
    std::memcpy(&to.head, rest_.data(), sizeof to.head);
    to.name = rest_.substr(sizeof to.head, to.head.name_size);
    to.value = rest_.substr(sizeof to.head + padded(to.head.name_size), to.head.value_size);
    rest_.remove_prefix(sizeof to.head + padded(to.head.name_size) + padded(to.head.value_size));
    return true;
  }

 private:
  std::string_view rest_;
};

/// False, and nothing is added: there is no room.
FANLIGHT_INLINE bool add_part(text_writer& to, emf_item head, std::string_view name, std::string_view value) noexcept {
  head.name_size = static_cast<std::uint32_t>(name.size()), head.value_size = static_cast<std::uint32_t>(value.size());
  std::size_t const size = sizeof head + padded(name.size()) + padded(value.size());
  char* const at = to.reserve(size);
  if (at == nullptr) return false;
  std::memset(at, 0, size);
  std::memcpy(at, &head, sizeof head);
  copy_bytes(at + sizeof head, name.data(), name.size());
  copy_bytes(at + sizeof head + padded(name.size()), value.data(), value.size());
  to.use(size);
  return true;
}

[[nodiscard]] FANLIGHT_INLINE bool find_part(text_writer const& in, emf_item::kind what, std::string_view name, emf_part& to) noexcept {
  for (emf_parts parts{in.view()}; parts.next(to);)
    if (to.head.what == what && to.name == name) return true;
  return false;
}

/// Printable ASCII, and not blanks alone.
[[nodiscard]] FANLIGHT_INLINE bool is_emf_text(std::string_view text, std::size_t most) noexcept {
  bool some = false;
  for (char const letter : text) {
    if (letter < 0x20 || letter > 0x7E) return false;
    some = some || letter != ' ';
  }
  return some && text.size() <= most;
}
[[nodiscard]] FANLIGHT_INLINE bool is_emf_name_space(std::string_view text) noexcept {
  for (char const letter : text) {
    bool const is_letter = (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') || (letter >= '0' && letter <= '9');
    if (!is_letter && std::string_view{" ._#:/-"}.find(letter) == std::string_view::npos) return false;
  }
  return is_emf_text(text, emf_limit::name_space);
}

/// `what 'name' cure`.
FANLIGHT_COLD FANLIGHT_INLINE void tell_bad_metric(std::string_view what, std::string_view name, std::string_view cure) noexcept {
  text_writer words;
  append_tame(words.append(what).append(" '"), name.substr(0, 60));
  words.append("' ").append(cure);
  tell(core_here(here()), 110, words.view());
}

/// Where the values of a metric lie, one part after the other: its own, and those of later calls.
class emf_values {
 public:
  emf_values(text_writer const& in, emf_part const& of) noexcept : of_{of}, more_{in.view().substr(static_cast<std::size_t>(of.value.data() - in.view().data()) + padded(of.value.size()))} {}
  /// Calls `use(number)` for the values from `first` on, `most` of them; gives how many there are in all.
  template <class Use>
  std::size_t each(std::size_t first, std::size_t most, Use&& use) const noexcept {
    std::size_t count = 0;
    auto const take = [&](std::string_view packed) {
      for (std::size_t at = 0; at < packed.size(); at += sizeof(double), ++count) {
        double number = 0;
        std::memcpy(&number, packed.data() + at, sizeof number);
        if (count >= first && count - first < most) use(number);
      }
    };
    take(of_.value);
    emf_part other;
    for (emf_parts parts{more_}; parts.next(other);)
      if (other.head.what == emf_item::kind::metric && other.head.again != 0 && other.name == of_.name) take(other.value);
    return count;
  }

 private:
  emf_part const& of_;
  std::string_view more_;
};

/// The documents of one statement, made and sent one after the other.
class emf_sender {
 public:
  emf_sender(core_face& core, thread_block& t, text_writer const& parts, std::string_view logger, wall_time at, source where) noexcept
      : core_{core}, t_{t}, parts_{parts}, logger_{logger}, at_{at}, where_{where} {}

  /// Each round takes up to 100 values of each metric, each document up to 100 metrics.
  void send_all() noexcept {
    write_frame();
    bool more = true;
    for (std::size_t first = 0; more; first += emf_limit::values) {
      more = false;
      emf_part one;
      for (emf_parts all{parts_.view()}; all.next(one);)
        if (one.head.what == emf_item::kind::metric && one.head.again == 0) more = add(one, first) || more;
      if (count_ != 0) send();
    }
  }

 private:
  /// What all documents have: namespace and dimensions, the members that are no metrics.
  void write_frame() noexcept {
    emf_part name_space;
    (void)emf_parts{parts_.view()}.next(name_space);
    before_.append("{\"_aws\":{\"Timestamp\":");
    write_json(before_, value{at_.nanoseconds / 1'000'000});
    before_.append(",\"CloudWatchMetrics\":[{\"Namespace\":");
    write_json(before_, name_space.name);
    before_.append(",\"Dimensions\":[");
    write_sets();
    before_.append("],\"Metrics\":[");
    after_.append("]}]}");
    write_members();
    write_ids();
    after_.push('}');
  }
  void write_sets() noexcept {
    emf_part one;
    std::uint32_t set = 0;
    for (emf_parts all{parts_.view()}; all.next(one);) {
      if (one.head.what != emf_item::kind::dimension) continue;
      before_.append(set == 0 ? "[" : set == one.head.set ? "," : "],[");
      set = one.head.set;
      write_json(before_, one.name);
    }
    before_.append(set == 0 ? "[]" : "]");
  }
  /// Dimensions once each, properties the last of each.
  void write_members() noexcept {
    emf_part one, other;
    for (emf_parts all{parts_.view()}; all.next(one);) {
      bool const is_property = one.head.what == emf_item::kind::property;
      if (!is_property && one.head.what != emf_item::kind::dimension) continue;
      bool const is_first = !find_part(parts_, one.head.what, one.name, other) || other.name.data() == one.name.data();
      bool const taken = is_property && (find_part(parts_, emf_item::kind::dimension, one.name, other) || find_part(parts_, emf_item::kind::metric, one.name, other));
      if (is_first && taken) tell_bad_metric("property", one.name, "has the name of a metric or of a dimension; it is left out");
      if (!is_first || taken) continue;
      member(one.name);
      if (is_property) after_.append(last_of(one));
      else write_json(after_, one.value);
    }
  }
  [[nodiscard]] std::string_view last_of(emf_part const& property) const noexcept {
    auto out = property.value;
    emf_part one;
    for (emf_parts all{parts_.view()}; all.next(one);)
      if (one.head.what == emf_item::kind::property && one.name == property.name) out = one.value;
    return out;
  }
  void member(std::string_view name) noexcept {
    after_.push(',');
    write_json(after_, name);
    after_.push(':');
  }
  [[nodiscard]] bool is_free(std::string_view name) const noexcept {
    emf_part one;
    for (emf_parts all{parts_.view()}; all.next(one);)
      if (one.head.what != emf_item::kind::name_space && one.name == name) return false;
    return true;
  }
  void write_ids() noexcept {
    auto const* const place = current_frame(t_);
    if (place == nullptr || (place->flags & frame_flag::in_trace) == 0) return;
    fanlight::trace_id trace;
    fanlight::span_id span;
    std::memcpy(trace.bytes, place->trace_id, sizeof trace.bytes);
    std::memcpy(span.bytes, place->span_id, sizeof span.bytes);
    auto const add = [this](std::string_view name, std::string_view text) {
      if (is_free(name)) member(name), write_json(after_, text);
    };
    add("trace_id", trace.hex()), add("span_id", span.hex()), add("xray_trace_id", xray_trace_id(trace));
  }

  /// The values of one metric from `first` on. True: there are more than go into this round.
  bool add(emf_part const& one, std::size_t first) noexcept {
    emf_values const values{parts_, one};
    std::size_t const all = values.each(0, 0, [](double) {});
    if (all <= first) return false;
    std::size_t const rest = all - first;
    auto const sizes = std::pair{definitions_.size(), numbers_.size()};
    write_metric(one, values, first, rest > 1 && all > 1);
    if (count_ != 0 && (count_ == emf_limit::metrics || size() > most())) {
      definitions_.cut(sizes.first), numbers_.cut(sizes.second);
      send();
      write_metric(one, values, first, rest > 1 && all > 1);
    }
    ++count_;
    return rest > emf_limit::values;
  }
  void write_metric(emf_part const& one, emf_values const& values, std::size_t first, bool several) noexcept {
    if (count_ != 0) definitions_.push(',');
    write_json(definitions_.append("{\"Name\":"), one.name);
    if (auto const name = to_text(static_cast<unit>(one.head.unit)); name != "None") definitions_.append(",\"Unit\":\"").append(name).push('"');
    if (one.head.resolution == static_cast<std::uint8_t>(metric_resolution::high)) definitions_.append(",\"StorageResolution\":1");
    definitions_.push('}');
    write_json(numbers_.push(','), one.name);
    numbers_.append(several ? ":[" : ":");
    bool comma = false;
    values.each(first, emf_limit::values, [&](double number) {
      if (std::exchange(comma, true)) numbers_.push(',');
      write_json(numbers_, value{number});
    });
    if (several) numbers_.push(']');
  }
  [[nodiscard]] std::size_t size() const noexcept { return before_.size() + definitions_.size() + numbers_.size() + after_.size(); }
  /// A longer text would be cut, and be no JSON any more.
  [[nodiscard]] std::size_t most() const noexcept { return core_.largest_entry / 2; }

  void send() noexcept {
    text_writer body;
    // `after_` begins with what closes the directive; members follow, and the numbers go before its last brace.
    auto const tail = after_.view();
    body.append(before_.view()).append(definitions_.view()).append(tail.substr(0, tail.size() - 1)).append(numbers_.view()).push('}');
    bool const whole = !before_.is_cut() && !after_.is_cut() && !definitions_.is_cut() && !numbers_.is_cut() && !body.is_cut();
    if (whole && body.size() <= most()) log(body.view());
    else tell(&core_, 110, "a document of metrics is larger than a record may be, and is left out; set fewer or shorter properties");
    definitions_.cut(0), numbers_.cut(0);
    count_ = 0;
  }
  void log(std::string_view body) noexcept {
    log_room room;
    draft d;
    open_log(d, t_, core_, room, level::info, logger_, body, where_);
    auto& head = d.head();
    head.start = at_.nanoseconds;
    head.flags |= entry_flag::wall_start | entry_flag::wall_end | entry_flag::document;
    close_draft(d, t_);
  }

  core_face& core_;
  thread_block& t_;
  text_writer const& parts_;
  std::string_view logger_;
  wall_time at_;
  source where_;
  text_writer before_, after_, definitions_, numbers_;
  std::size_t count_ = 0;
};

}  // namespace detail
FANLIGHT_END

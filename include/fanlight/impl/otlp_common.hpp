// What both encodings of OTLP have in common: which record stands under which scope, the numbers in `flags`, and the facts that become
// attributes beside those which the program set. Pure functions over a batch.
#pragma once

#include <fanlight/detail/tracestate.hpp>
#include <fanlight/impl/borrowed.hpp>
#include <fanlight/impl/otlp_form.hpp>
#include <fanlight/impl/survey.hpp>
#include <fanlight/stack.hpp>

#include <vector>

FANLIGHT_BEGIN
namespace detail {

/// Which instrumentation made a record.
struct scope_label {
  std::string_view name, version;

  [[nodiscard]] bool operator==(scope_label const& other) const noexcept {
    bool const same_sizes = name.size() == other.name.size() && version.size() == other.version.size();
    if (same_sizes && name.data() == other.name.data() && version.data() == other.version.data()) return true;  // mostly the program's own
    return same_sizes && name == other.name && version == other.version;
  }
};
inline constexpr scope_label own_scope{"fanlight", FANLIGHT_VERSION_STRING};

[[nodiscard]] inline scope_label scope_of(entry_facts const& facts) noexcept {
  if (!facts.scope_name.empty()) return {facts.scope_name, facts.scope_version};
  if (!facts.logger.empty()) return {facts.logger, {}};
  return own_scope;
}

/// W3C's flags, "it is known where the parent is", "it is in another process".
[[nodiscard]] inline std::uint32_t otlp_flags(entry_head const& head) noexcept {
  return head.trace_flags | 0x100u | ((head.flags & entry_flag::remote_parent) != 0 ? 0x200u : 0u);
}
[[nodiscard]] inline std::uint32_t otlp_flags(link_head const& head) noexcept {
  return (head.flags & 0xFFu) | 0x100u | ((head.flags & 0x100u) << 1);
}
[[nodiscard]] inline unsigned otlp_kind(entry_head const& head) noexcept { return head.kind >= 1 && head.kind <= 5 ? head.kind : 1; }

[[nodiscard]] inline std::uint64_t otlp_time(std::int64_t wall) noexcept { return wall < 0 ? 0 : static_cast<std::uint64_t>(wall); }

template <std::size_t Size>
[[nodiscard]] bool otlp_has_id(unsigned char const (&id)[Size]) noexcept {
  unsigned char any = 0;
  for (unsigned char const byte : id) any = static_cast<unsigned char>(any | byte);
  return any != 0;
}

/// A metadata entry's namespace and key; they become `metadata.<space>.<key>`.
struct metadata_name {
  std::string_view space, key;

  explicit metadata_name(item_view item) noexcept {
    auto const both = item.key();
    auto const cut = both.find('\0');
    space = cut == 0 ? std::string_view{"default"} : both.substr(0, cut);
    key = both.substr(cut + 1);
  }
};

[[nodiscard]] inline bool has_attribute(unsigned char const* items, unsigned char const* end, std::string_view key) noexcept {
  for (auto const* at = items; at != end; at += item_view{at}.size())
    if (attribute_view::is(item_view{at}.head().role) && item_view{at}.key() == key) return true;
  return false;
}

/// Is this event one that travels as a log record alone? fanlight's own `exception` events bear the error's id.
[[nodiscard]] inline bool otlp_leaves_out(item_view event, error_form form) noexcept {
  return form == error_form::log && event.key() == "exception" &&
         has_attribute(event.value() + sizeof(event_head), event.value() + event.head().value_size, "fanlight.error.id");
}

/// One of how many traces is kept, by the threshold in its tracestate; 0: it does not say.
[[nodiscard]] FANLIGHT_COLD inline std::int64_t otlp_sample_rate(std::string_view tracestate) noexcept {
  std::uint64_t threshold = 0;
  constexpr std::uint64_t all = std::uint64_t{1} << 56;
  if (tracestate.empty() || !tracestate_threshold(tracestate, threshold) || threshold >= all) return 0;
  std::uint64_t const kept = all - threshold;
  return static_cast<std::int64_t>((all + kept / 2) / kept);
}

/// Is there more to tell of a record than the program set?
[[nodiscard]] inline bool otlp_has_more(entry_head const& head, entry_facts const& facts, otlp_form const& form) noexcept {
  return form.source_facts || head.type == entry_type::error || !facts.error_id.empty() ||
         (form.sampled_as != sampling_form::tracestate && !facts.tracestate.empty());
}

/// How many packed stacks an entry holds: each takes up to longest_stack_text as text.
[[nodiscard]] FANLIGHT_COLD inline std::size_t otlp_stacks(unsigned char const* entry) noexcept {
  auto const& head = *reinterpret_cast<entry_head const*>(entry);
  std::size_t out = 1;  // a report's
  for (auto const* at = entry + entry_space(head.name_size); at != entry + head.size; at += item_view{at}.size())
    out += item_view{at}.head().role == item_role::event ? 1 : 0;
  return out;
}

using otlp_take_fact = borrowed<void(std::string_view key, value const& what)>;

/// Where a report's exception was thrown, what caused it, and that nobody caught it.
FANLIGHT_COLD inline void otlp_error_facts(entry_head const& head, entry_survey const& found, otlp_take_fact fact) {
  if ((head.marks & entry_mark::stack) != 0)
    fact("exception.stacktrace", packed_stack_text(found.packed(fact_key::stack), found.packed(fact_key::modules).as_text()));
  array causes;
  for (auto const each : cause_list{found.packed(fact_key::causes).as_bytes()}) {
    std::string line{each.type};
    if (!each.message.empty()) (line += ": ") += each.message;
    causes.push(line);
  }
  if (!causes.empty()) fact("fanlight.error.causes", causes);
  fact("fanlight.error.scope", found.packed(fact_key::name).as_text());
  fact("fanlight.error.uncaught", found.packed(fact_key::uncaught).as_text());
}

/// Calls `add(key, value)` for what becomes an attribute though the program did not set it, unless it set one of that name.
FANLIGHT_NOINLINE inline void otlp_facts(entry_head const& head, entry_survey const& found, entry_facts const& facts,
                                         std::string_view message, otlp_form const& form, otlp_take_fact add) {
  auto const fact = [&](std::string_view key, value const& what) {
    if ((what.kind() != value_kind::text || what.size() != 0) && !has_attribute(found.items, found.end, key)) add(key, what);
  };
  fact("fanlight.error.id", facts.error_id);
  if (head.type == entry_type::error) {
    fact("exception.type", facts.error_type);
    if (!facts.error_type.empty()) fact("exception.message", message);
    fact("rollbar.occurrence.uuid", facts.error_id);
    fact("fanlight.error.fingerprint", facts.fingerprint);
    fact("user.id", facts.person_id);
    fact("user.name", facts.person_name);
    fact("user.email", facts.person_email);
    otlp_error_facts(head, found, fact);
  }
  if (form.sampled_as != sampling_form::tracestate && head.type == entry_type::span)
    if (auto const rate = otlp_sample_rate(facts.tracestate); rate != 0)
      form.sampled_as == sampling_form::sample_rate ? fact("SampleRate", rate) : fact("sampling.priority", 1);
  if (!form.source_facts) return;
  fact("code.function.name", head.function == nullptr ? "" : head.function);
  fact("code.file.path", head.file == nullptr ? "" : head.file);
  if (head.line != 0) fact("code.line.number", head.line);
  if (head.thread != 0) fact("thread.id", head.thread);
}

/// The records of one type that the form takes, in the order of their scopes. Most programs have but one scope, and one walk finds that
/// out; each further one takes a walk of its own.
class scope_walk {
 public:
  scope_walk(batch_data const& batch, entry_type type, otlp_form const& form)
      : batch_{batch}, type_{type}, error_as_{form.error_as}, first_{form.first}, count_{form.count} {
    if (count_ > SIZE_MAX - first_) count_ = SIZE_MAX - first_;
  }

  /// Calls `open(scope, first)` before the first record of each scope, and `write(at, survey, facts)` for each record. Gives how many.
  /// While the scope is the program's own, `quick(at)` is tried first; it writes nothing and says false when it meets a fact.
  template <class Open, class Quick, class Write>
  std::size_t all(Open open, Quick quick, Write write) {
    std::size_t written = 0;
    for (std::size_t pass = 0; pass <= others_.size(); ++pass) {
      bool begun = pass != 0;
      if (begun) open(want(others_[pass - 1]), false);
      std::size_t ordinal = 0;
      each_entry(
          batch_, type_, [&](unsigned char const* at) __attribute__((always_inline)) {
            if (type_ == entry_type::error && !otlp_takes(*reinterpret_cast<entry_head const*>(at), error_as_)) return;
            if (ordinal++ - first_ >= count_) return;  // what lies before `first` wraps round
            if (own_ && quick(at)) {
              ++written;
              return;
            }
            entry_survey const found{at};
            bool const plain = !found.has(item_role::fact);
            if (!plain) facts_ = found.facts();
            entry_facts const& facts = plain ? empty_facts : facts_;
            if (__builtin_expect(!begun, 0)) open(want(scope_of(facts)), begun = true);
            if (!(plain && own_) && !belongs(facts, pass == 0)) return;
            write(at, found, facts);
            ++written;
          });
    }
    return written;
  }

 private:
  scope_label const& want(scope_label const& scope) noexcept {
    wanted_ = scope;
    own_ = scope == own_scope;
    return wanted_;
  }
  [[nodiscard]] FANLIGHT_COLD bool belongs(entry_facts const& facts, bool first_pass) {
    auto const scope = scope_of(facts);
    if (scope == wanted_) return true;
    bool known = !first_pass;
    for (auto const& each : others_) known = known || each == scope;
    if (!known) others_.push_back(scope);
    return false;
  }

  batch_data const& batch_;
  entry_type const type_;
  error_form const error_as_;
  std::size_t const first_;
  std::size_t count_;
  scope_label wanted_{};
  bool own_ = false;  // wanted is what records without a scope have
  entry_facts facts_{};
  std::vector<scope_label> others_;
};

}  // namespace detail
FANLIGHT_END

// Finished facts: a span, a log record, an error report, as a view with plain members over one packed entry of a batch. The dispatcher
// makes batches, exporters read them on their lane's thread; a record lives as long as its batch, and keeping a `batch` keeps it.
#pragma once

#include <fanlight/context.hpp>
#include <fanlight/detail/batch.hpp>
#include <fanlight/kinds.hpp>
#include <fanlight/resource.hpp>
#include <fanlight/source.hpp>

#include <chrono>
#include <cstddef>
#include <iterator>

FANLIGHT_BEGIN

/// An attribute of a record. `indexed`: written by annotate(). `space`: the namespace of a metadata entry, else empty.
struct record_attribute {
  text key;
  fanlight::value value;
  bool indexed = false;
  text space{};
};

namespace detail {

/// Items of some roles among those of an entry, as a forward range of `View`s by value.
template <class View>
class item_filter {
 public:
  class iterator {
   public:
    using value_type = View;
    using difference_type = std::ptrdiff_t;
    iterator() noexcept = default;
    iterator(unsigned char const* at, unsigned char const* end, clock_anchor const* anchor) noexcept
        : at_{at}, end_{end}, anchor_{anchor} {
      skip();
    }
    [[nodiscard]] View operator*() const noexcept { return View::read(item_view{at_}, *anchor_); }
    iterator& operator++() noexcept {
      at_ += item_view{at_}.size();
      skip();
      return *this;
    }
    iterator operator++(int) noexcept {
      auto const old = *this;
      ++*this;
      return old;
    }
    [[nodiscard]] bool operator==(iterator const& other) const noexcept { return at_ == other.at_; }

   private:
    void skip() noexcept {
      while (at_ != end_ && !View::is(item_view{at_}.head().role)) at_ += item_view{at_}.size();
    }
    unsigned char const* at_ = nullptr;
    unsigned char const* end_ = nullptr;
    clock_anchor const* anchor_ = nullptr;
  };
  item_filter(unsigned char const* at, unsigned char const* end, clock_anchor const& anchor) noexcept
      : begin_{at}, end_{end}, anchor_{&anchor} {}
  [[nodiscard]] iterator begin() const noexcept { return {begin_, end_, anchor_}; }
  [[nodiscard]] iterator end() const noexcept { return {end_, end_, anchor_}; }
  [[nodiscard]] bool empty() const noexcept { return begin() == end(); }
  [[nodiscard]] std::size_t size() const noexcept { return static_cast<std::size_t>(std::distance(begin(), end())); }

 private:
  unsigned char const* begin_;
  unsigned char const* end_;
  clock_anchor const* anchor_;
};

[[nodiscard]] inline text key_of(item_view item) noexcept { return {item.key().data(), item.key().size()}; }

struct attribute_view : record_attribute {
  [[nodiscard]] static bool is(item_role role) noexcept { return role == item_role::attribute || role == item_role::annotation; }
  [[nodiscard]] static attribute_view read(item_view item, clock_anchor const&) noexcept {
    return {{key_of(item), read_value(item), item.head().role == item_role::annotation, {}}};
  }
};

struct metadata_view : record_attribute {
  [[nodiscard]] static bool is(item_role role) noexcept { return role == item_role::metadata; }
  [[nodiscard]] static metadata_view read(item_view item, clock_anchor const&) noexcept {
    auto const both = item.key();
    auto const cut = both.find('\0');
    return {{text{both.data() + cut + 1, both.size() - cut - 1}, read_value(item), false, text{both.data(), cut}}};
  }
};

}  // namespace detail

using attribute_list = detail::item_filter<detail::attribute_view>;
using metadata_list = detail::item_filter<detail::metadata_view>;

/// Something that happened during a span.
struct event_record {
  text name;
  wall_time time;
  std::uint32_t dropped_attributes = 0;

  [[nodiscard]] attribute_list attributes() const noexcept { return {items_, end_, *anchor_}; }

  [[nodiscard]] static bool is(detail::item_role role) noexcept { return role == detail::item_role::event; }
  [[nodiscard]] static event_record read(detail::item_view item, detail::clock_anchor const& anchor) noexcept;

 private:
  unsigned char const* items_ = nullptr;
  unsigned char const* end_ = nullptr;
  detail::clock_anchor const* anchor_ = nullptr;
};

/// Another span that this one has to do with.
struct link_record {
  fanlight::trace_id trace_id;
  fanlight::span_id span_id;
  text tracestate;
  std::uint8_t trace_flags = 0;
  bool remote = false;
  std::uint32_t dropped_attributes = 0;

  [[nodiscard]] attribute_list attributes() const noexcept { return {items_, end_, *anchor_}; }

  [[nodiscard]] static bool is(detail::item_role role) noexcept { return role == detail::item_role::link; }
  [[nodiscard]] static link_record read(detail::item_view item, detail::clock_anchor const& anchor) noexcept;

 private:
  unsigned char const* items_ = nullptr;
  unsigned char const* end_ = nullptr;
  detail::clock_anchor const* anchor_ = nullptr;
};

using event_list = detail::item_filter<event_record>;
using link_list = detail::item_filter<link_record>;

/// What all records have in common.
class record_base {
 public:
  fanlight::trace_id trace_id;  // none: outside of any trace
  fanlight::span_id span_id;
  std::uint8_t trace_flags = 0;  // W3C: sampled, random
  std::uint32_t thread_id = 0;   // the kernel's number of the thread that made it
  source where;
  std::uint32_t dropped_attributes = 0;

  /// What set() and annotate() wrote, in order, each key once.
  [[nodiscard]] attribute_list attributes() const noexcept { return {items_, end_, batch_->anchor}; }
  /// What metadata() wrote; `space` is its namespace.
  [[nodiscard]] metadata_list metadata() const noexcept { return {items_, end_, batch_->anchor}; }
  /// The value of an attribute, or an empty one.
  [[nodiscard]] value find(std::string_view key) const noexcept {
    for (auto const& each : attributes())
      if (each.key == key) return each.value;
    return {};
  }
  /// Name and version of the instrumentation that made it; empty: the program itself.
  [[nodiscard]] text scope_name() const noexcept { return fact(detail::fact_key::scope_name); }
  [[nodiscard]] text scope_version() const noexcept { return fact(detail::fact_key::scope_version); }
  /// Who sends.
  [[nodiscard]] fanlight::resource const& resource() const noexcept { return *batch_->resource; }

 protected:
  record_base(unsigned char const* at, detail::batch_data const& batch) noexcept;
  [[nodiscard]] text fact(detail::fact_key key) const noexcept;
  [[nodiscard]] value packed(detail::fact_key key) const noexcept;
  [[nodiscard]] detail::entry_head const& head() const noexcept { return *reinterpret_cast<detail::entry_head const*>(at_); }
  [[nodiscard]] text entry_name() const noexcept {
    return {reinterpret_cast<char const*>(at_ + sizeof(detail::entry_head)), head().name_size};
  }
  [[nodiscard]] wall_time started() const noexcept { return wall_time{batch_->anchor.start_of(head())}; }
  [[nodiscard]] wall_time ended() const noexcept { return wall_time{batch_->anchor.end_of(head())}; }
  [[nodiscard]] event_list entry_events() const noexcept { return {items_, end_, batch_->anchor}; }
  [[nodiscard]] link_list entry_links() const noexcept { return {items_, end_, batch_->anchor}; }

 private:
  unsigned char const* at_;
  unsigned char const* items_;
  unsigned char const* end_;
  detail::batch_data const* batch_;
};

/// A finished span.
class span_record : public record_base {
 public:
  static constexpr detail::entry_type type = detail::entry_type::span;

  span_record(unsigned char const* at, detail::batch_data const& batch) noexcept;

  fanlight::span_id parent_id;  // none: a root
  text name;
  span_kind kind = span_kind::internal;
  status_code status = status_code::unset;
  bool remote_parent = false;  // the parent lives in another process
  bool segment = false;        // made as a `segment`
  bool subsegment = false;     // made as a `subsegment`
  bool orphan = false;         // a `subsegment` with nothing above it
  wall_time start;
  wall_time end;  // never before `start`
  std::uint32_t dropped_events = 0;
  std::uint32_t dropped_links = 0;

  [[nodiscard]] std::chrono::nanoseconds duration() const noexcept {
    return std::chrono::nanoseconds{end.nanoseconds - start.nanoseconds};
  }
  /// Text of an error status, else empty.
  [[nodiscard]] text status_message() const noexcept { return fact(detail::fact_key::status_message); }
  [[nodiscard]] text tracestate() const noexcept { return fact(detail::fact_key::tracestate); }
  /// The uuid of the error that the span failed with, if it is known.
  [[nodiscard]] text error_id() const noexcept { return fact(detail::fact_key::error_id); }
  [[nodiscard]] event_list events() const noexcept { return entry_events(); }
  [[nodiscard]] link_list links() const noexcept { return entry_links(); }
};

/// A log record.
class log_record : public record_base {
 public:
  static constexpr detail::entry_type type = detail::entry_type::log;

  log_record(unsigned char const* at, detail::batch_data const& batch) noexcept;

  wall_time time;
  fanlight::level level = fanlight::level::info;
  text body;

  /// The name of the `logger` it went through; empty: none.
  [[nodiscard]] text logger() const noexcept { return fact(detail::fact_key::logger); }
  /// The uuid of the error that was being handled when it was made; empty: none that was told of.
  [[nodiscard]] text error_id() const noexcept { return fact(detail::fact_key::error_id); }
  /// The body is a whole document of its own (a line of metrics, say): a back end that writes lines writes it as it stands.
  [[nodiscard]] bool is_document() const noexcept { return (head().flags & detail::entry_flag::document) != 0; }
};

/// What an exception was nested around.
struct error_cause {
  text type;
  text message;
};

namespace detail {

/// Texts one behind the other, each with its NUL, as a forward range of what `Read` makes of `Each` of them.
template <class Value, unsigned Each>
class packed_texts {
 public:
  class iterator {
   public:
    using value_type = Value;
    using difference_type = std::ptrdiff_t;
    iterator() noexcept = default;
    explicit iterator(char const* at, char const* end) noexcept : at_{at}, end_{end} {}
    [[nodiscard]] Value operator*() const noexcept {
      text const first{at_, std::char_traits<char>::length(at_)};
      if constexpr (Each == 1) return first;
      else return {first, after(first)};
    }
    iterator& operator++() noexcept {
      for (unsigned i = 0; i < Each && at_ != end_; ++i) at_ += std::char_traits<char>::length(at_) + 1;
      return *this;
    }
    iterator operator++(int) noexcept {
      auto const old = *this;
      ++*this;
      return old;
    }
    [[nodiscard]] bool operator==(iterator const& other) const noexcept { return at_ == other.at_; }

   private:
    [[nodiscard]] text after(text first) const noexcept {
      char const* const next = first.data() + first.size() + 1;
      return next == end_ ? text{} : text{next, std::char_traits<char>::length(next)};
    }
    char const* at_ = nullptr;
    char const* end_ = nullptr;
  };
  explicit packed_texts(bytes all) noexcept : begin_{static_cast<char const*>(all.data)}, end_{begin_ + all.size} {
    if (all.size != 0 && end_[-1] != 0) end_ = begin_;
  }
  [[nodiscard]] iterator begin() const noexcept { return iterator{begin_, end_}; }
  [[nodiscard]] iterator end() const noexcept { return iterator{end_, end_}; }
  [[nodiscard]] bool empty() const noexcept { return begin_ == end_; }
  [[nodiscard]] std::size_t size() const noexcept { return static_cast<std::size_t>(std::distance(begin(), end())); }

 private:
  char const* begin_;
  char const* end_;
};

}  // namespace detail

using cause_list = detail::packed_texts<error_cause, 2>;
using name_list = detail::packed_texts<text, 1>;

/// An error report.
class error_record : public record_base {
 public:
  static constexpr detail::entry_type type = detail::entry_type::error;

  error_record(unsigned char const* at, detail::batch_data const& batch) noexcept;

  wall_time time;
  fanlight::level level = fanlight::level::error;
  text message;  // what() of the exception, or the message of the report
  bool on_span = false;  // the span with `span_id` tells of it too, as an event

  /// The demangled type of the exception; empty: the report is a message.
  [[nodiscard]] text exception_type() const noexcept { return fact(detail::fact_key::error_type); }
  /// 36 characters; the same in every back end, and in every record that tells of this error.
  [[nodiscard]] text uuid() const noexcept { return fact(detail::fact_key::error_id); }
  [[nodiscard]] text fingerprint() const noexcept { return fact(detail::fact_key::fingerprint); }
  [[nodiscard]] text person_id() const noexcept { return fact(detail::fact_key::person_id); }
  [[nodiscard]] text person_name() const noexcept { return fact(detail::fact_key::person_name); }
  [[nodiscard]] text person_email() const noexcept { return fact(detail::fact_key::person_email); }
  /// The name of the error_scope that reported it; empty: none did.
  [[nodiscard]] text scope() const noexcept { return fact(detail::fact_key::name); }
  /// What the exception was nested around, the direct cause first.
  [[nodiscard]] cause_list causes() const noexcept { return cause_list{packed(detail::fact_key::causes).as_bytes()}; }
  /// Names of the bases of its type, as far as they are of interest: behind those of the standard library nothing is told.
  [[nodiscard]] name_list bases() const noexcept { return name_list{packed(detail::fact_key::bases).as_bytes()}; }
  /// Names of the spans that were open in the thread, the root first.
  [[nodiscard]] name_list span_path() const noexcept { return name_list{packed(detail::fact_key::span_path).as_bytes()}; }
  /// An object: what the active span had been told. Empty: no span, or it had been told very much.
  [[nodiscard]] value span_attributes() const noexcept { return packed(detail::fact_key::span_attributes); }
  /// "terminate": nobody caught it; "signal": the process died of it, and it is told by the next one. Empty: it was handled.
  [[nodiscard]] text uncaught() const noexcept { return fact(detail::fact_key::uncaught); }
  /// The stack as it was captured, for stack_of() in stack.hpp. Empty: a message, which has none.
  [[nodiscard]] value stack() const noexcept { return packed(detail::fact_key::stack); }
  /// For a stack of an earlier process: where its code lay.
  [[nodiscard]] text modules() const noexcept { return fact(detail::fact_key::modules); }
};

/// A span that has begun; only for exporters that ask for these notes.
class start_record : public record_base {
 public:
  static constexpr detail::entry_type type = detail::entry_type::start;

  start_record(unsigned char const* at, detail::batch_data const& batch) noexcept;

  fanlight::span_id parent_id;
  text name;
  span_kind kind = span_kind::internal;
  bool remote_parent = false;
  bool segment = false;
  wall_time start;
};

/// The records of one type in a batch: a forward range by value. Copying it, or keeping it, keeps the records; any thread may read.
template <class Record>
class batch {
 public:
  class iterator {
   public:
    using value_type = Record;
    using difference_type = std::ptrdiff_t;
    iterator() noexcept = default;
    iterator(unsigned char const* at, detail::batch_data const& batch) noexcept : at_{at}, batch_{&batch} { skip(); }
    [[nodiscard]] Record operator*() const noexcept { return Record{at_, *batch_}; }
    iterator& operator++() noexcept {
      at_ += size();
      skip();
      return *this;
    }
    iterator operator++(int) noexcept {
      auto const old = *this;
      ++*this;
      return old;
    }
    [[nodiscard]] bool operator==(iterator const& other) const noexcept { return at_ == other.at_; }

   private:
    [[nodiscard]] std::uint32_t size() const noexcept {
      std::uint32_t out = 0;
      std::memcpy(&out, at_, sizeof out);
      return out;
    }
    void skip() noexcept {
      auto const* const end = batch_->data + batch_->size;
      while (at_ != end && static_cast<detail::entry_type>(at_[4]) != Record::type) at_ += size();
    }
    unsigned char const* at_ = nullptr;
    detail::batch_data const* batch_ = nullptr;
  };

  explicit batch(detail::batch_ref data) noexcept : data_{std::move(data)} {}
  [[nodiscard]] iterator begin() const noexcept { return {data_->data, *data_}; }
  [[nodiscard]] iterator end() const noexcept { return {data_->data + data_->size, *data_}; }
  [[nodiscard]] std::size_t size() const noexcept { return data_->count(Record::type); }
  [[nodiscard]] bool empty() const noexcept { return size() == 0; }
  [[nodiscard]] fanlight::resource const& resource() const noexcept { return *data_->resource; }
  [[nodiscard]] detail::batch_ref const& data() const noexcept { return data_; }

 private:
  detail::batch_ref data_;
};

FANLIGHT_END

#ifndef FANLIGHT_COMPILED
#include <fanlight/impl/record.ipp>
#endif

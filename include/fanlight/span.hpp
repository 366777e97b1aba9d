// Spans: a piece of work with a beginning, an end and facts. `scoped_span` belongs to one thread and one scope: it is current from its
// constructor to its brace. `span` has one owner at a time, on any thread, and is never current by itself; `scope` makes it, or a
// context from elsewhere, current in a thread. All are made by user code and end by themselves; what they record goes to the pipeline
// that their parent belongs to. Nothing here throws, blocks, or asks the heap for memory in the common case; `span` keeps its blocks.
#pragma once

#include <fanlight/context.hpp>
#include <fanlight/detail/draft.hpp>
#include <fanlight/detail/probe.hpp>
#include <fanlight/vocabulary.hpp>

#include <exception>
#include <typeinfo>

FANLIGHT_BEGIN

/// Another span this one has to do with. Borrows its attributes.
struct link {
  context to;
  std::initializer_list<attribute> attributes = {};
};

/// The library whose code makes the span, when it is not the program itself.
struct instrumentation {
  std::string_view name = {};
  std::string_view version = {};
};

/// Whose child a span is: the current one's when nothing is said, a context's, or nobody's (`{}`): a new trace.
class parent_choice {
 public:
  parent_choice() noexcept = default;
  parent_choice(context of) noexcept : of_{static_cast<context&&>(of)} {}
  [[nodiscard]] static parent_choice from_current() noexcept {
    parent_choice out;
    out.current_ = true;
    return out;
  }
  [[nodiscard]] bool is_current() const noexcept { return current_; }
  [[nodiscard]] context const& of() const noexcept { return of_; }

 private:
  context of_{};
  bool current_ = false;
};

struct span_options {
  span_kind kind = span_kind::internal;
  parent_choice parent = parent_choice::from_current();
  std::initializer_list<link> links = {};
  wall_time start = {};  // not given: now
  fanlight::instrumentation instrumentation = {};
  /// Decides for the trace where this process would have to: it begins here, or its caller left the decision open.
  forced_sampling force = forced_sampling::none;
};

namespace detail {

/// An exception as a handler shows it: the part that was caught and, with run-time type information, all of it and its dynamic type.
struct shown_exception {
  std::exception const* part;
  void const* whole;
  std::type_info const* type;
};
/// `Rtti` keeps the two bodies apart.
#if defined(__GXX_RTTI) || defined(__cpp_rtti)
template <bool Rtti = true>
[[nodiscard]] inline shown_exception shown(std::exception const& error) noexcept {
  return {&error, dynamic_cast<void const*>(&error), &typeid(error)};
}
#else
template <bool Rtti = false>
[[nodiscard]] inline shown_exception shown(std::exception const& error) noexcept {
  return {&error, nullptr, nullptr};
}
#endif

/// Writes an exception's facts: status error, and the event `exception` unless this error has been written in full already.
void put_exception(draft& d, shown_exception const& error) noexcept;
/// The same of what is being handled, or was kept; nothing for null.
void put_exception(draft& d, std::exception_ptr const& error) noexcept;

/// What can be written to an open span, whoever holds it. All of it does nothing when the span is not recorded.
template <class Self>
class span_writer {
 public:
  /// An attribute; the last value of a key wins. An empty key is dropped and counted.
  FANLIGHT_HOT Self& set(std::string_view key, value const& what) noexcept {
    put(self().open_(), item_role::attribute, key, what);
    return self();
  }
  /// An attribute that X-Ray indexes: searchable there.
  FANLIGHT_HOT Self& annotate(annotation_key key, value const& what) noexcept {
    put(self().open_(), item_role::annotation, key, what);
    return self();
  }
  /// A fact that is kept and not indexed, in a namespace.
  Self& metadata(std::string_view key, value const& what, std::string_view space = "default") noexcept {
    put_metadata(self().open_(), space, key, what);
    return self();
  }
  /// Something that happened, now or at `at`.
  Self& event(std::string_view name, std::initializer_list<attribute> attributes = {}, wall_time at = {}) noexcept {
    put_event(self().open_(), name, attributes.begin(), attributes.size(), at);
    return self();
  }
  Self& link(context const& to, std::initializer_list<attribute> attributes = {}) noexcept {
    put_link(self().open_(), to, attributes.begin(), attributes.size());
    return self();
  }
  /// Unset < error < ok: ok is final, and unset changes nothing. The message is kept for errors only.
  Self& status(status_code code, std::string_view message = {}) noexcept {
    put_status(self().open_(), code, message);
    return self();
  }
  /// Status error, and the exception's type and message as the event `exception`.
  Self& fail(std::exception const& error) noexcept {
    put_exception(self().open_(), shown(error));
    return self();
  }
  /// The same for exceptions of any type: in a `catch (...)`, `fail(std::current_exception())`.
  Self& fail(std::exception_ptr const& error) noexcept {
    put_exception(self().open_(), error);
    return self();
  }
  Self& fail(std::string_view message = {}) noexcept { return status(status_code::error, message); }
  Self& update_name(std::string_view name) noexcept {
    put_name(self().open_(), name);
    return self();
  }
  // ---- words of vocabulary.hpp -------------------------------------------------------------------------------------------------------
  Self& set_http(http_facts const& facts) noexcept { return put_http(self().open_(), facts), self(); }
  /// A call to a data base; the span is a client then.
  Self& set_sql(sql_facts const& facts) noexcept { return put_sql(self().open_(), facts), self(); }
  /// A call to an AWS service; the span is a client then, in X-Ray's namespace `aws`.
  Self& set_aws(aws_facts const& facts) noexcept { return put_aws(self().open_(), facts), self(); }
  /// On whose behalf.
  Self& set_user(std::string_view id, std::string_view name = {}) noexcept { return put_user(self().open_(), id, name), self(); }
  /// The span calls another service: in X-Ray's namespace `remote`. `traced`: that service sends a segment of its own.
  Self& remote(bool traced = false) noexcept { return put_remote(self().open_(), traced), self(); }
  /// The caller's mistake, ours, or too many requests: X-Ray's flags, one by one, whatever status or exceptions say. Status error with them.
  Self& set_error(bool yes = true) noexcept { return put_flag(self().open_(), "aws.xray.error", yes), self(); }
  Self& set_fault(bool yes = true) noexcept { return put_flag(self().open_(), "aws.xray.fault", yes), self(); }
  Self& set_throttle(bool yes = true) noexcept { return put_flag(self().open_(), "aws.xray.throttle", yes), self(); }
  /// Siblings that had to end before this could go on.
  Self& after(std::initializer_list<context> siblings) noexcept {
    return put_precursors(self().open_(), siblings.begin(), siblings.size()), self();
  }
  /// False: what is written here goes nowhere; spare yourself the work of making it.
  [[nodiscard]] bool is_recording() noexcept { return self().open_().is_open(); }

 private:
  [[nodiscard]] Self& self() noexcept { return static_cast<Self&>(*this); }
};

/// Bytes inside a span object for its record; beyond them it takes one block, which the thread keeps.
inline constexpr std::size_t inline_room = 448;

/// What a scoped_span is, and a `span` has on the heap.
struct span_state {
  frame place;
  draft open;
  std::uint32_t forks;  // of the process when a `span` began: after a fork it is the parent's to send
  alignas(8) unsigned char room[inline_room];
};

/// What an error_report and an error_scope are.
struct report_state {
  draft open;
  alignas(8) unsigned char room[inline_room];
};

// The place goes in three words, which fit into registers.
void begin_scoped(span_state& s, std::string_view name, char const* file, char const* function, std::uint32_t line) noexcept;
void begin_scoped(span_state& s, start_facts const& how) noexcept;
void end_scoped(span_state& s) noexcept;
/// `here`: the facts that hold in this thread go along.
[[nodiscard]] context context_of(frame const& place, bool here = true) noexcept;
[[nodiscard]] start_facts facts_of(std::string_view name, span_options const& options, std::initializer_list<attribute> attributes,
                                   source where) noexcept;
}  // namespace detail

class scoped_span : public detail::span_writer<scoped_span> {
 public:
  // Inlined, so that the place goes by registers and a program without a session pays for one look.
  [[nodiscard("a span ends with its name: give it one"), gnu::always_inline]] explicit scoped_span(std::string_view name,
                                                                                                   source where = source::current()) noexcept {
    if (detail::nothing_runs()) {
      state_.place.layout = 0;
      state_.open.data = nullptr;
      return;
    }
    detail::begin_scoped(state_, name, where.file(), where.function(), where.line());
  }
  [[nodiscard("a span ends with its name: give it one")]] scoped_span(std::string_view name, span_options const& options, std::initializer_list<attribute> attributes = {},
                            source where = source::current()) noexcept {
    detail::begin_scoped(state_, detail::facts_of(name, options, attributes, where));
  }
  // A template, so that `{.parent = {}}`, which g++ takes for a list of one empty attribute as well, means options.
  template <int = 0>
  [[nodiscard("a span ends with its name: give it one")]] scoped_span(std::string_view name, std::initializer_list<attribute> attributes,
                            source where = source::current()) noexcept
      : scoped_span{name, span_options{}, attributes, where} {}
  scoped_span(scoped_span const&) = delete;
  scoped_span& operator=(scoped_span const&) = delete;
  ~scoped_span() noexcept {
    if (state_.place.layout != 0) detail::end_scoped(state_);
  }

  /// To carry elsewhere: a child may be begun from it on any thread, even after this has ended.
  [[nodiscard]] fanlight::context context() const noexcept { return detail::context_of(state_.place); }
  /// The end as it is to be recorded, when it is not the closing brace's time.
  void end_at(wall_time at) noexcept;

 protected:
  struct later {};
  explicit scoped_span(later) noexcept { state_.place.layout = 0, state_.open.data = nullptr; }
  void begin(detail::start_facts const& how) noexcept { detail::begin_scoped(state_, how); }
  [[nodiscard]] detail::draft& draft_here() noexcept { return state_.open; }

 private:
  friend class detail::span_writer<scoped_span>;
  [[nodiscard]] detail::draft& open_() noexcept { return state_.open; }
  detail::span_state state_;
};

namespace detail {
void end_span(span_state*) noexcept;
[[nodiscard]] span_state* begin_span(std::string_view name, source where) noexcept;
[[nodiscard]] span_state* begin_span(start_facts const& how) noexcept;
}  // namespace detail

/// One owner at a time; move it to any thread. Ends with its owner, or by end().
class span : public detail::span_writer<span> {
 public:
  [[nodiscard]] explicit span(std::string_view name, source where = source::current()) noexcept : state_{detail::begin_span(name, where)} {}
  [[nodiscard]] span(std::string_view name, span_options const& options, std::initializer_list<attribute> attributes = {},
                     source where = source::current()) noexcept
      : state_{detail::begin_span(detail::facts_of(name, options, attributes, where))} {}
  template <int = 0>  // as in scoped_span
  [[nodiscard]] span(std::string_view name, std::initializer_list<attribute> attributes, source where = source::current()) noexcept
      : span{name, span_options{}, attributes, where} {}
  span(span&& other) noexcept : state_{other.state_} { other.state_ = nullptr; }
  span(span const&) = delete;
  span& operator=(span const&) = delete;
  ~span() noexcept { detail::end_span(state_); }

  /// Ends it before its time; writing to it afterwards does nothing but tell.
  void end(wall_time at = {}) noexcept;
  [[nodiscard]] fanlight::context context() const noexcept {
    return state_ == nullptr ? fanlight::context{} : detail::context_of(state_->place, false);
  }

 private:
  friend class detail::span_writer<span>;
  friend class scope;
  [[nodiscard]] detail::draft& open_() noexcept { return state_ == nullptr ? detail::no_draft() : state_->open; }
  detail::span_state* state_;
};

/// Makes a span that one owns, or a context from elsewhere, the current one of this thread until the brace.
class scope {
 public:
  [[nodiscard]] explicit scope(span& inside) noexcept;
  [[nodiscard]] explicit scope(context const& inside) noexcept;
  scope(scope const&) = delete;
  scope& operator=(scope const&) = delete;
  ~scope() noexcept;

 private:
  detail::frame place_;
};

/// The innermost span that this thread owns, for functions that hold no object. Valid in the scope it was asked for. Writing through it
/// does nothing when there is none.
class span_handle : public detail::span_writer<span_handle> {
 public:
  explicit span_handle(detail::draft& open) noexcept : draft_{&open} {}

 private:
  friend class detail::span_writer<span_handle>;
  [[nodiscard]] detail::draft& open_() noexcept { return *draft_; }
  detail::draft* draft_;
};
[[nodiscard]] span_handle current_span() noexcept;

/// A fact of a scope: an annotation of the current span, if this thread owns it, and of all that is begun beneath while this lives.
class annotation {
 public:
  [[nodiscard]] annotation(annotation_key key, value const& what) noexcept : annotation{detail::item_role::annotation, key, what} {}
  annotation(annotation const&) = delete;
  annotation& operator=(annotation const&) = delete;
  ~annotation() noexcept;

 protected:
  annotation(detail::item_role role, std::string_view key, value const& what) noexcept;

 private:
  detail::fact_window window_;
};

/// The same, not indexed, in a namespace.
class metadata : private annotation {
 public:
  [[nodiscard]] metadata(std::string_view key, value const& what, std::string_view space = "default") noexcept;
};

/// A callable that runs in the context of where carry() was called, on whatever thread.
template <class F>
[[nodiscard]] auto carry(F work) {
  return [work = static_cast<F&&>(work), from = current()](auto&&... arguments) mutable -> decltype(auto) {
    scope const inside{from};
    return guarded([&]() -> decltype(auto) { return work(static_cast<decltype(arguments)&&>(arguments)...); });
  };
}

/// A callable with a span around every call. `name` must outlive it, as a literal does.
template <class F>
[[nodiscard]] auto traced(std::string_view name, F work, source where = source::current()) {
  return [name, where, work = static_cast<F&&>(work)](auto&&... arguments) -> decltype(auto) {
    return guarded([&]() -> decltype(auto) {
      scoped_span const around{name, where};
      return work(static_cast<decltype(arguments)&&>(arguments)...);
    });
  };
}

FANLIGHT_END

#ifndef FANLIGHT_COMPILED
#include <fanlight/impl/span.ipp>
#endif

// What an exporter is. For users: any type with `consume(batch<span_record>)`, and/or the same for log_record, error_record or
// start_record, that returns nothing or an `outcome`; put it (or a shared_ptr to it) into config::exporters. For fanlight's own back
// ends: the class `exporter`, of which that is an adapter. A lane makes it from its spec, owns it, and is the only thread that calls it.
#pragma once

#include <fanlight/problem.hpp>
#include <fanlight/record.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

FANLIGHT_BEGIN

using deadline = std::chrono::steady_clock::time_point;

/// The least level of a logger's records, and of those beneath it: `db` is for `db.pool` too.
struct logger_level {
  std::string name;
  level least;
};

/// How it went with a batch.
class outcome {
 public:
  enum class kind { delivered, rejected, retry, dropped };

  /// The back end acknowledged all of it.
  [[nodiscard]] static outcome delivered() { return outcome{kind::delivered, 0, {}}; }
  /// It took the batch but for `count` records, and will not take those.
  [[nodiscard]] static outcome rejected(std::uint64_t count, std::string why) { return outcome{kind::rejected, count, std::move(why)}; }
  /// Try again, not before `after` when the server said so; without a hint the lane backs off.
  [[nodiscard]] static outcome retry(std::string why, std::chrono::milliseconds after = {}) {
    outcome out{kind::retry, 0, std::move(why)};
    out.after_ = after;
    return out;
  }
  /// Of tend(), when nothing is wrong: to be called again after that time.
  [[nodiscard]] static outcome later(std::chrono::milliseconds after) {
    outcome out{kind::delivered, 0, {}};
    out.after_ = after;
    return out;
  }
  /// Nothing of it will ever arrive.
  [[nodiscard]] static outcome dropped(std::string why) { return outcome{kind::dropped, 0, std::move(why)}; }

  [[nodiscard]] enum kind kind() const noexcept { return kind_; }
  [[nodiscard]] std::uint64_t count() const noexcept { return count_; }
  [[nodiscard]] std::string const& why() const noexcept { return why_; }
  [[nodiscard]] std::chrono::milliseconds after() const noexcept { return after_; }

 private:
  outcome(enum kind what, std::uint64_t count, std::string why) : kind_{what}, count_{count}, why_{std::move(why)} {}
  enum kind kind_;
  std::uint64_t count_;
  std::string why_;
  std::chrono::milliseconds after_{};
};

/// What became of records that an exporter had kept. no_parent: they were not meant for it. ignored: by its own rules they are not to be sent.
/// limited: there were more than its configuration lets through. full: more than it may keep. too_old to empty: rejected, for that reason.
enum class fate : std::uint8_t { delivered, rejected, failed, expired, no_parent, ignored, limited, full, too_old, too_new, past_retention, empty };

/// The types of record an exporter takes, as bits.
using record_types = std::uint32_t;
template <class Record>
inline constexpr record_types takes = 1u << static_cast<unsigned>(Record::type);

/// A request to the back end, for the statistics.
struct request_note {
  std::uint64_t bytes = 0;      // that went out
  std::uint64_t repeats = 0;    // how often the same went out before, and was not counted yet
  std::string_view wrong = {};  // why it will have to be repeated, or is given up; empty: it is as it should be
};

/// What an exporter is told before its first batch.
struct exporter_setup {
  std::shared_ptr<resource const> who;
  /// To say that something is wrong; callable from the exporter's thread as long as the exporter lives.
  std::function<void(problem_code, std::string what)> tell;
  record_types taken = ~record_types{};  // of what the exporter can take, what its spec lets through
  /// For exporters that keep records: what became of some of them, and why. To be called from the exporter's thread, within its calls.
  std::function<void(fate, std::uint64_t records, std::string const& why)> settle = {};
  std::chrono::milliseconds keep_for{600'000};  // how long it may try to deliver what it keeps
  /// Counts further cases of what was told once.
  std::function<void(problem_code, std::uint64_t times)> note = {};
  /// For exporters that repeat requests by themselves: each of them. Retries are then what it says, and not what the lane sees.
  std::function<void(request_note const&)> count = {};
  /// For exporters that keep records: tend() is called soon after this, though nothing has come. To be called from start().
  std::function<void()> tend_soon = {};
};

/// A back end as a lane sees it. All calls come from one thread, the lane's.
class exporter {
 public:
  exporter() = default;
  exporter(exporter const&) = delete;
  exporter& operator=(exporter const&) = delete;
  virtual ~exporter() = default;

  [[nodiscard]] virtual record_types kinds() const noexcept = 0;
  /// Of those, what it looks at and does not deliver: counted nowhere, and no flush waits for it.
  [[nodiscard]] virtual record_types background() const noexcept { return 0; }
  virtual void start(exporter_setup const&) {}
  /// The records of one type of a batch. Returns before `until`, or soon after.
  [[nodiscard]] virtual outcome consume(detail::entry_type type, detail::batch_ref const& records, deadline until) = 0;
  /// All that was consumed is to leave now. False: it could not be done in time.
  virtual bool flush(deadline) { return true; }
  /// The last call.
  virtual void stop(deadline) {}
  /// True: records may have to wait for others, and stay with it beyond consume(). Until it says by exporter_setup::settle what became of
  /// them they count as queued, and a flush does not wait for them. `delivered` of consume() then means that the batch need not be handed
  /// over again, `retry` that it is to be, once more.
  [[nodiscard]] virtual bool keeps_records() const noexcept { return false; }
  /// Called, for such an exporter, before tend() and flush(): what had ended by then (ticks, as `end` of an entry) has been consumed.
  virtual void note_complete([[maybe_unused]] std::int64_t until) {}
  /// Called, for such an exporter, when all that has ended is there and nothing more comes for now; and again after a `retry` or a `later`.
  [[nodiscard]] virtual outcome tend(deadline) { return outcome::delivered(); }
  /// The one call from other threads, perhaps while another one runs: what runs now, and all that comes, has only until then. Does not block.
  virtual void hurry(deadline) noexcept {}
};

namespace detail {
class environment;

template <class T, class Record>
concept consumes = requires(T& to, batch<Record> records) { to.consume(records); };
template <class T>
concept user_exporter = consumes<T, span_record> || consumes<T, log_record> || consumes<T, error_record> || consumes<T, start_record>;

/// Makes an exporter of a user's object, held by value or by shared_ptr.
template <class T>
class user_adapter final : public exporter {
 public:
  explicit user_adapter(std::shared_ptr<T> to) : to_{std::move(to)} {}
  [[nodiscard]] record_types kinds() const noexcept override {
    record_types out = 0;
    if constexpr (consumes<T, span_record>) out |= takes<span_record>;
    if constexpr (consumes<T, log_record>) out |= takes<log_record>;
    if constexpr (consumes<T, error_record>) out |= takes<error_record>;
    if constexpr (consumes<T, start_record>) out |= takes<start_record>;
    return out;
  }
  [[nodiscard]] outcome consume(entry_type type, batch_ref const& records, deadline) override {
    if constexpr (consumes<T, span_record>)
      if (type == entry_type::span) return pass<span_record>(records);
    if constexpr (consumes<T, log_record>)
      if (type == entry_type::log) return pass<log_record>(records);
    if constexpr (consumes<T, error_record>)
      if (type == entry_type::error) return pass<error_record>(records);
    if constexpr (consumes<T, start_record>)
      if (type == entry_type::start) return pass<start_record>(records);
    return outcome::delivered();
  }

 private:
  template <class Record>
  [[nodiscard]] outcome pass(batch_ref const& records) {
    if constexpr (std::is_same_v<decltype(to_->consume(batch<Record>{records})), outcome>) {
      return to_->consume(batch<Record>{records});
    } else {
      to_->consume(batch<Record>{records});
      return outcome::delivered();
    }
  }
  std::shared_ptr<T> to_;
};

}  // namespace detail

/// How a lane is to be set up for an exporter, and how to make one: an inert value. Made from a factory (`console()`, `otlp_file()`), from
/// a user's object, which is copied into it, or from a shared_ptr to one.
struct exporter_spec {
  std::string name;                                  // in problems, statistics, and as the thread's name
  std::function<std::unique_ptr<exporter>()> make;   // called once for a process: in init, and in a child that records after fork
  std::vector<problem> problems;                     // what is wrong with its configuration; then it is left out
  std::size_t queue_records = 0;                     // what the lane may hold; 0: the pipeline's setting
  std::size_t queue_bytes = 0;
  bool drop_oldest = false;                          // what is lost when the queue is full; else the newest
  bool prompt = false;                               // deliver as soon as there is something, as a console does
  bool wants_open = false;                           // start notes too
  bool off = false;                                  // switched off by its environment: left out without a word
  bool is_xray = false;                              // then X-Amzn-Trace-Id is among the propagators, unless they are named
  std::uint8_t context_missing = 0;                  // of X-Ray, for a subsegment with nothing above it: 0 tell, 1 throw, 2 nothing
  record_types only = ~record_types{};               // of what it can take
  std::optional<level> minimum_level = {};           // of the log records it gets: all [FANLIGHT_EXPORTER_LEVELS]
  void (*prepare)() = nullptr;                       // called by init, on its caller's thread, before any exporter is made
  std::function<void(exporter_spec&, detail::environment const&)> complete;  // by init: answers from the environment what the code left open

  exporter_spec() = default;
  template <class T>
    requires(detail::user_exporter<T> && !std::is_base_of_v<exporter_spec, T>)
  exporter_spec(T object) : name{"custom"}, wants_open{detail::consumes<T, start_record>} {
    make = [object = std::move(object)] { return std::make_unique<detail::user_adapter<T>>(std::make_shared<T>(object)); };
  }
  template <class T>
    requires detail::user_exporter<T>
  exporter_spec(std::shared_ptr<T> object) : name{"custom"}, wants_open{detail::consumes<T, start_record>} {
    make = [object = std::move(object)] { return std::make_unique<detail::user_adapter<T>>(object); };
  }
  /// The same under a name of its own.
  [[nodiscard]] exporter_spec called(std::string as) const {
    exporter_spec out = *this;
    out.name = std::move(as);
    return out;
  }
  /// The same, for log records of that level and above.
  [[nodiscard]] exporter_spec at_least(level least) const {
    exporter_spec out = *this;
    out.minimum_level = least;
    return out;
  }
};

FANLIGHT_END

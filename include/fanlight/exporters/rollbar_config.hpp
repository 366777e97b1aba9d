// What can be said to a Rollbar exporter, and what its functions are shown. The configuration is a value, read once when the exporter is set
// up, whose functions are called on the exporter's thread; `fl::rollbar` takes it, see exporters/rollbar.hpp.
#pragma once

#include <fanlight/kinds.hpp>
#include <fanlight/value.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

FANLIGHT_BEGIN
namespace detail {
class http_transport;
struct http_options;
struct rollbar_node;
class rollbar_books;
}  // namespace detail

/// Rollbar's levels, and what a rule may say besides.
enum class rollbar_level : std::uint8_t { as_reported, critical, error, warning, info, debug, ignored };

/// The `data` of an item that is about to be sent, for functions of the configuration. Paths are names separated by `/`: `custom/order`,
/// `body/trace/frames/0/method`; a number counts elements of an array, -1 is the last. Valid during the call.
class rollbar_item {
 public:
  explicit rollbar_item(detail::rollbar_node& data) noexcept : data_{&data} {}
  /// A text, or a number, true, false or null as JSON has it; empty: there is nothing, or an object or array.
  [[nodiscard]] std::string text(std::string_view path) const;
  [[nodiscard]] bool has(std::string_view path) const;
  /// Makes the objects on the way that are not there. What does not fit (a name inside a text) changes nothing.
  rollbar_item& set(std::string_view path, value const& what);
  rollbar_item& remove(std::string_view path);
  [[nodiscard]] std::string json() const;

 private:
  detail::rollbar_node* data_;
};

/// A report before its item is made. Secrets are taken out already. What a hook changes here is what the item says.
struct rollbar_event {
  std::string uuid = {};
  std::string type = {};     // of the exception; empty: a message
  std::string message = {};
  rollbar_level level = rollbar_level::error;
  bool uncaught = false;
  std::string context = {};      // where in the program: a route, a job
  std::string fingerprint = {};  // groups it with others of the same, against Rollbar's own judgement
  std::string title = {};
  std::vector<std::string> span_path = {};  // names of the open spans, root first
  bool drop = false;                        // set it: nothing is sent
};

/// What becomes of errors of a type, and of all types derived from it. The first rule that matches decides.
struct rollbar_rule {
  std::string type = {};  // as people write it: `std::out_of_range`
  rollbar_level level = rollbar_level::as_reported;
  double share = 1.0;     // of such errors, what is sent: 0 to 1
};

/// What leads up to an error.
struct rollbar_telemetry {
  std::size_t count = 100;                    // of each item; 0: none. Rollbar keeps 100
  fanlight::level level = fanlight::level::info;  // of log records, at least
  bool spans = true;                          // finished spans; calls by HTTP as `network`, others as `manual`
};

enum class rollbar_ip : std::uint8_t { full, anonymize, none };

/// What became of one report.
enum class rollbar_result : std::uint8_t { sent, built, ignored, limited, rejected, failed, spooled };

/// Counts of one client, at one moment.
struct rollbar_stats {
  std::uint64_t queued = 0, sent = 0, retried = 0, truncated = 0, hook_failures = 0;
  std::uint64_t ignored = 0;       // by rules, hooks, level
  std::uint64_t sampled_out = 0;   // by a rule's share
  std::uint64_t duplicates = 0;    // the same error twice, or too soon
  std::uint64_t rate_limited = 0;  // items_per_minute, max_items
  std::uint64_t queue_full = 0;
  std::uint64_t rejected = 0;      // Rollbar will not have it
  std::uint64_t failed = 0;        // every attempt went wrong
  std::uint64_t expired = 0;       // it could not be delivered for too long
  std::uint64_t spooled = 0;       // none of these: it was written to the spool
  std::uint64_t spool_dropped = 0;  // of what lay there: too many, too much, too old
};

/// A window on a client's counts: made by the program, given in its configuration, read by any thread at any time.
class rollbar_watch {
 public:
  rollbar_watch();
  ~rollbar_watch();
  rollbar_watch(rollbar_watch const&) = delete;
  rollbar_watch& operator=(rollbar_watch const&) = delete;
  [[nodiscard]] rollbar_stats stats() const;

  [[nodiscard]] detail::rollbar_books& books() noexcept { return *books_; }

 private:
  std::unique_ptr<detail::rollbar_books> books_;
};

/// Where items wait on disk: those that could not be sent for too long, for which the queue had no room, or that were left when the program
/// ended. They leave under the same uuid, oldest first, as soon as nothing else waits: in this run or in the next. Without secrets, and
/// without the token.
struct rollbar_spool_options {
  std::string folder = {};  // empty: there is none. Made if it is not there; for this user's eyes alone
  std::size_t items = 1000;
  std::size_t bytes = std::size_t{32} << 20;
  std::chrono::seconds age = std::chrono::hours{72};
};

/// For tests: what stands for network and clock. What is empty is real.
struct rollbar_substitutes {
  std::function<std::unique_ptr<detail::http_transport>(detail::http_options const&)> transport = {};
  std::function<std::chrono::steady_clock::time_point()> now = {};
};

/// Only the token is needed. In brackets: the variable that answers in a member's place.
struct rollbar_config {
  /// With scope post_server_item. [ROLLBAR_ACCESS_TOKEN]
  std::string access_token = {};
  /// https://api.rollbar.com/api/1/item/ ; `http://host/api/1/` does as well. [ROLLBAR_ENDPOINT]
  std::string endpoint = {};
  bool enabled = true;
  /// False: items are built and handed to `on_item`, and not sent.
  bool transmit = true;
  /// Unset: deployment.environment.name of the resource, else `production`. [ROLLBAR_ENVIRONMENT]
  std::string environment = {};
  /// A version or commit, at most 40 letters. Unset: service.version of the resource. [ROLLBAR_CODE_VERSION]
  std::string code_version = {};
  std::string root = {};    // of the sources, without a slash at the end: frames outside of it are folded
  std::string branch = {};
  std::string host = {};    // unset: host.name of the resource
  std::string framework = {};
  std::string platform = "linux";
  /// On every item, in `custom`.
  object custom = {};
  /// CloudWatch, for links from an item. [FANLIGHT_LOG_GROUP, FANLIGHT_LOG_STREAM]
  std::string log_group = {};
  std::string log_stream = {};

  /// Reports below are not sent.
  level minimum_level = level::trace;
  std::vector<rollbar_rule> rules = {};
  /// POSIX extended regular expressions; a report whose message one of them finds is not sent.
  std::vector<std::string> ignore_messages = {};
  /// Asked when the item is built; true: it is not sent.
  std::function<bool(rollbar_event const&, rollbar_item const&)> ignore = {};
  /// First of all hooks.
  std::function<void(rollbar_event&)> on_event = {};
  /// What they give, unless it is empty, wins over what the report says.
  std::function<std::string(rollbar_event const&)> fingerprint = {};
  std::function<std::string(rollbar_event const&)> title = {};
  /// Last of all hooks. A hook that throws is not called again, that is counted, and the item goes all the same.
  std::function<void(rollbar_item&)> transform = {};
  std::function<void(std::string_view uuid, rollbar_result)> on_result = {};
  /// Shown each item as it would leave, without secrets.
  std::function<void(std::string_view json)> on_item = {};

  rollbar_telemetry telemetry = {};
  /// Keys whose values are never sent, beside those that everybody hides.
  std::vector<std::string> scrub_keys = {};
  rollbar_ip capture_ip = rollbar_ip::full;
  bool capture_email = false;
  bool capture_username = false;

  std::size_t items_per_minute = 0;                 // 0: no limit
  std::uint64_t max_items = 0;                      // in the client's life; 0: no limit
  std::chrono::milliseconds duplicate_window{0};    // an error like one that was sent so shortly before is counted on the next; 0: off
  std::size_t queue = 1000;                         // items that wait
  std::size_t max_bytes = std::size_t{512} << 10;   // of an item; larger ones are cut down step by step
  unsigned max_retries = 3;                         // of an item, after answers of 5xx; where there is no answer it is tried until batching.keep_for
  std::chrono::milliseconds retry_first{1000};      // before the second attempt; then twice that, and so on
  std::chrono::milliseconds retry_most{30'000};
  rollbar_spool_options spool = {};
  std::chrono::milliseconds timeout{3000};          // of one request, connection included
  std::string proxy = {};    // `http://host:port`; empty: what http_proxy, https_proxy, all_proxy and no_proxy say
  std::string ca_file = {};  // PEM: whom to trust in place of the system's list
  bool verify = true;        // the server's certificate and its name
  /// In problems and statistics, and as the thread's name.
  std::string name = "rollbar";
  std::shared_ptr<rollbar_watch> watch = {};
  rollbar_substitutes instead = {};
};

FANLIGHT_END

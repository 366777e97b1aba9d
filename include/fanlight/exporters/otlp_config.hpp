// What can be said of an OTLP exporter: the options that otlp() takes and that presets fill in. Inert values. The functions in them are
// called on the lane's thread, one at a time.
#pragma once

#include <fanlight/error_form.hpp>
#include <fanlight/exporter.hpp>
#include <fanlight/sampling_form.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

FANLIGHT_BEGIN
namespace detail {
class http_transport;
struct http_options;
}  // namespace detail

enum class otlp_protocol { http_protobuf, http_json };
enum class otlp_compression { none, gzip };

/// Names and values of headers, in order.
using header_list = std::vector<std::pair<std::string, std::string>>;

/// A request that is about to leave, for signatures. Borrows; valid during the call.
struct otlp_request {
  std::string_view method, url;
  std::string_view body;  // as it goes out: encoded, and compressed if it is
  header_list& headers;   // complete but for what the transport adds (host, content-length); to be added to
  std::chrono::steady_clock::time_point until = (std::chrono::steady_clock::time_point::max)();  // to be back by
};

/// A piece of an address or of a header that presets leave open: `{name}` stands for it there. What the code does not give is read from
/// `variable` by init(), else `otherwise` holds. A header with a piece that stays empty is not sent.
struct otlp_part {
  std::string name = {};
  std::string value = {};
  std::string variable = {};
  std::string otherwise = {};
  bool required = false;  // told, and the exporter left out, when it stays empty
  std::vector<std::pair<std::string, std::string>> choices = {};  // what may stand there, and what is written for it; empty: anything
};

/// Every member may stay as it is. In brackets: the variable that answers in its place, after the same name with TRACES_ or LOGS_ behind
/// OTLP_ for the signal alone. What stands here wins over all of them.
struct otlp_config {
  /// Base address, without the path of the signal: `/v1/traces` or `/v1/logs` is put behind it. http://localhost:4318
  /// [OTEL_EXPORTER_OTLP_ENDPOINT]
  std::string endpoint = {};
  /// Whole addresses of one signal, used as they are. [OTEL_EXPORTER_OTLP_TRACES_ENDPOINT, OTEL_EXPORTER_OTLP_LOGS_ENDPOINT]
  std::string traces_endpoint = {};
  std::string logs_endpoint = {};
  /// Which signals go there. Error reports go with the logs, or on their spans: see `error_as`.
  bool traces = true;
  bool logs = true;
  /// http_protobuf [OTEL_EXPORTER_OTLP_PROTOCOL]
  std::optional<otlp_protocol> protocol = {};
  /// Unset: none where the host is this machine, gzip elsewhere. [OTEL_EXPORTER_OTLP_COMPRESSION]
  std::optional<otlp_compression> compression = {};
  /// Sent with each request: `{{"x-honeycomb-team", "key"}}`. [OTEL_EXPORTER_OTLP_HEADERS, read only where the address came from the
  /// environment too: a key never travels to an address that the code chose]
  header_list headers = {};
  /// For keys that change while the program runs: asked before each request, its headers are added to those above. May throw, then the
  /// attempt counts as failed and is made again later.
  std::function<header_list()> headers_from = {};
  /// For back ends that want requests signed: called last, adds its headers to the request's. May throw, as above.
  std::function<void(otlp_request&)> sign = {};
  /// The service that `sign` signs for (`xray`, `logs`). Filled by presets; while it stands here without a `sign`, that is told.
  std::string sign_service = {};
  /// PEM files: whom to trust in place of the system's list, and who we are.
  /// [OTEL_EXPORTER_OTLP_CERTIFICATE, …_CLIENT_CERTIFICATE, …_CLIENT_KEY]
  std::string ca_file = {};
  std::string client_certificate = {};
  std::string client_key = {};
  /// True: neither the server's certificate nor its name are verified. In code alone, never by environment.
  bool insecure = false;
  /// `http://host:port`; empty: what http_proxy, https_proxy, all_proxy and no_proxy say.
  std::string proxy = {};
  /// Of one attempt at a batch, connection included: 10 s; 0: no limit but batching.export_timeout. [OTEL_EXPORTER_OTLP_TIMEOUT]
  std::optional<std::chrono::milliseconds> timeout = {};
  /// Of one request, before compression. A batch over it is split; a single record over it is dropped, counted and told.
  std::size_t max_request_bytes = std::size_t{64} << 20;
  /// Spans or log records in one request; 0: no limit.
  std::size_t max_request_records = 0;
  /// Bytes of an answer; one that is longer counts as an error that no later attempt mends.
  std::size_t response_cap = std::size_t{4} << 20;
  /// How errors travel: as events of their spans, as log records, or both.
  error_form error_as = error_form::automatic;
  /// How the back end is told what share of the traces it is sent.
  sampling_form sampled_as = sampling_form::tracestate;
  /// Also send where spans and records were made: code.function.name, code.file.path, code.line.number, thread.id.
  bool source_facts = false;
  /// In problems and statistics, and as the thread's name.
  std::string name = "otlp";
  /// Filled by presets.
  std::vector<otlp_part> parts = {};
  /// In place of libcurl: for tests.
  std::function<std::unique_ptr<detail::http_transport>(detail::http_options const&)> transport = {};
};

FANLIGHT_END

// What can be said to an X-Ray exporter: a plain value, read once when the exporter is set up. `fl::xray` takes it; see exporters/xray.hpp.
#pragma once

#include <fanlight/aws_config.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

FANLIGHT_BEGIN
namespace detail {
class http_transport;
class datagram_sender;
struct http_options;
struct datagram_options;
}  // namespace detail

enum class xray_transport {
  udp,         // the daemon's UDP side: nobody acknowledges
  daemon_tcp,  // the daemon's TCP side, which signs and passes on: acknowledged
  api          // PutTraceSegments itself, signed with keys of ours: acknowledged
};

/// What a subsegment with nothing above it leads to.
enum class xray_context_missing { log_error, runtime_error, ignore_error };

/// For tests: what stands for network and machine. What is empty is real.
struct xray_substitutes {
  std::function<std::unique_ptr<detail::http_transport>(detail::http_options const&)> transport = {};
  std::function<std::unique_ptr<detail::datagram_sender>(detail::datagram_options const&)> datagrams = {};
  std::function<std::optional<std::string>(std::string const& path)> file = {};  // nothing: there is none
  std::function<std::chrono::steady_clock::time_point()> now = {};
};

/// Every member may stay as it is. In brackets: the variable that answers in its place; those marked * win over what stands here, as in
/// every X-Ray SDK, and say so when both are given and differ.
struct xray_config {
  /// `host:port` for UDP and TCP, or `tcp:host:port udp:host:port`; IPv6 in brackets. 127.0.0.1:2000 [*AWS_XRAY_DAEMON_ADDRESS]
  std::string daemon_address = {};
  xray_transport transport = xray_transport::udp;
  /// Of the service, for `api`. [AWS_REGION and what else aws_config says]
  std::string region = {};
  /// In place of https://xray.REGION.amazonaws.com, for `api`. [AWS_ENDPOINT_URL_XRAY, AWS_ENDPOINT_URL]
  std::string endpoint = {};
  /// Keys, for `api`.
  aws_config aws = {};
  /// The name of every segment; without it segments are called after their service. [*AWS_XRAY_TRACING_NAME]
  std::string tracing_name = {};
  /// log_error [*AWS_XRAY_CONTEXT_MISSING]
  std::optional<xray_context_missing> context_missing = {};
  /// Attributes that X-Ray is to index, as it does what annotate() writes; all others are metadata.
  std::vector<std::string> indexed_attributes = {};
  bool index_all = false;
  /// The text of SQL statements too. False [AWS_XRAY_COLLECT_SQL_QUERIES]
  std::optional<bool> collect_sql = {};
  /// The query of URLs too. User, password and fragment are never sent.
  bool keep_query = false;
  /// An exception makes its subsegment an error, and not a fault.
  bool exceptions_as_error = false;
  /// Where spans were made (code.*, thread.id), and what the resource says, as metadata.
  bool source_facts = false;
  bool resource_attributes = false;
  /// At the end of the program, what is open then is sent as in progress. Costs a second, small record for each span.
  bool report_open = true;
  /// Finds out whether this is EC2, ECS, EKS, Elastic Beanstalk or Lambda. Asks metadata services only where there is a sign of them, and
  /// never the one of EC2 when AWS_EC2_METADATA_DISABLED is true.
  bool detect = true;
  /// In place of what is detected, such as `AWS::EC2::Instance`.
  std::string origin = {};
  /// CloudWatch log groups that the console links segments to. [FANLIGHT_LOG_GROUP]
  std::vector<std::string> log_groups = {};
  /// Bytes of a document; larger ones are split. X-Ray takes 64 kB.
  std::size_t document_bytes = 64'000;
  /// Over UDP: what leaves in a millisecond, so that the receiver's buffer has time to drain; 0: no limit.
  std::size_t udp_bytes_per_millisecond = std::size_t{64} << 10;
  /// Of one request over TCP or to the service, connection included.
  std::chrono::milliseconds timeout{10'000};
  /// In problems and statistics, and as the thread's name.
  std::string name = "xray";
  xray_substitutes instead = {};
};

FANLIGHT_END

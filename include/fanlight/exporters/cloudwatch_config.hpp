// What can be said to a CloudWatch exporter: a plain value, read once when the exporter is set up. `fl::cloudwatch` takes it; see
// exporters/cloudwatch.hpp.
#pragma once

#include <fanlight/aws_config.hpp>

#include <chrono>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

FANLIGHT_BEGIN

/// What a line is: a JSON object, or text by the pattern of `line`.
enum class cloudwatch_layout { json, text };
enum class cloudwatch_class { standard, infrequent_access };
/// Which records are lost when the queue is full.
enum class cloudwatch_full { drop_oldest, drop_newest };

/// Every member but `log_group` may stay as it is. In brackets: the variable that answers in its place.
struct cloudwatch_config {
  /// Where lines go. [FANLIGHT_LOG_GROUP]
  std::string log_group = {};
  /// Of {machine_name}, {program_name}, {logger_name}, {process_id}, {thread_name} and {strftime:%Y-%m-%d} (UTC, of the record); {{ and }}
  /// are braces. What a name must not have is replaced. {machine_name}/{program_name}/{logger_name}/{process_id} [FANLIGHT_LOG_STREAM]
  std::string log_stream = {};
  std::string region = {};  // [AWS_REGION and what else aws_config says]
  /// In place of https://logs.REGION.amazonaws.com. [AWS_ENDPOINT_URL_CLOUDWATCH_LOGS, AWS_ENDPOINT_URL]
  std::string endpoint = {};
  /// Keys.
  aws_config aws = {};

  cloudwatch_layout layout = cloudwatch_layout::json;
  /// A line of text: {time}, {level}, {logger}, {message}; {fields} is ` key=value …`, {ids} is ` trace_id=… span_id=…`.
  std::string line = "{message}{fields}{ids}";
  bool errors = false;  // error reports too
  bool spans = false;   // finished spans too
  /// Where a record was made (code.*, thread.id), and what the resource says, in each line of JSON.
  bool source_facts = false;
  bool resource_attributes = false;

  bool create_group = true;
  bool create_stream = true;
  /// Of a group that is made here; 0: lines are kept for ever. 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192,
  /// 2557, 2922, 3288 or 3653.
  unsigned retention_days = 0;
  /// Also of a group that was there already.
  bool enforce_retention = false;
  /// Of the group: at most 50.
  std::vector<std::pair<std::string, std::string>> tags = {};
  cloudwatch_class group_class = cloudwatch_class::standard;  // of a group that is made here
  std::string kms_key_id = {};
  /// Who sends, for CloudWatch's view of services: Type, Name and Environment of the resource's service. Other keys (2 to 4 of Type, Name,
  /// Environment, ResourceType, Identifier) and attributes (at most 10) may be given; keys that are given switch it on.
  bool entity = false;
  std::vector<std::pair<std::string, std::string>> entity_keys = {};
  std::vector<std::pair<std::string, std::string>> entity_attributes = {};

  /// Lines are sent when a request is full, or when the first of them has waited that long.
  std::chrono::milliseconds send_interval{5'000};
  /// Of one request, counted as CloudWatch does: the bytes of its messages, and 26 for each. At most as here.
  std::size_t max_batch_bytes = 1'048'576;
  std::size_t max_batch_count = 10'000;
  /// A longer line is cut, so that JSON stays JSON: 1 to 1,048,550 bytes. 262,118 for what still has the old limit.
  std::size_t max_message_bytes = 1'000'000;
  std::string truncation_suffix = "[truncated]";
  std::size_t queue_records = 65'536;
  std::size_t queue_bytes = std::size_t{32} << 20;
  cloudwatch_full on_full = cloudwatch_full::drop_oldest;
  std::chrono::milliseconds connect_timeout{3'100};
  std::chrono::milliseconds timeout{30'000};  // of one request
  /// At a request, before it goes back to the queue and all pauses for 1 to 30 seconds. 0: 3 [AWS_MAX_ATTEMPTS]
  unsigned attempts = 0;
  /// Requests in gzip. Emulators may not take it.
  bool gzip = false;
  /// In problems and statistics, and as the thread's name.
  std::string name = "cloudwatch";
};

FANLIGHT_END

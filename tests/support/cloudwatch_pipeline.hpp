// A pipeline with a CloudWatch exporter alone, to a strict server on loopback.
#pragma once

#include "fake_cloudwatch.hpp"
#include "pipeline_kit.hpp"
#include "xray_kit.hpp"

#include <fanlight/exporters/cloudwatch.hpp>
#include <fanlight/impl/body_compressor.hpp>

namespace support {

/// One stream, `web-1` of `cruddur`, with keys that the server knows. Nothing of this machine's environment or files is looked at.
[[nodiscard]] inline fl::cloudwatch_config to_server(fake_cloudwatch const& there) {
  ::setenv("no_proxy", "*", 1);
  fl::cloudwatch_config out;
  out.log_group = "cruddur";
  out.log_stream = "web-1";
  out.region = "us-east-1";
  out.endpoint = there.url();
  out.aws.access_key_id = fake_cloudwatch::key_id;
  out.aws.secret_access_key = fake_cloudwatch::secret;
  out.aws.instead.environment = [](std::string const&) { return std::optional<std::string>{}; };
  out.aws.instead.file = [](std::string const&) { return std::optional<std::string>{}; };
  return out;
}

struct logged : lone_pipeline {
  explicit logged(fl::cloudwatch_config how, std::function<void(fl::config&)> const& change = {})
      : lone_pipeline{fl::cloudwatch(std::move(how)), [&](fl::config& out) {
                        out.service = "cruddur";
                        out.batching.retry_first = 1ms;
                        out.batching.retry_most = 10ms;
                        if (change) change(out);
                      }} {}
};

}  // namespace support

// X-Amzn-Trace-Id as text: SQS, Lambda, responses. Without a pipeline, too.
#include <fanlight/xray_headers.hpp>

#include "catch.hpp"

#include <fanlight/propagation.hpp>
#include <fanlight/span.hpp>

#include <cstdlib>

namespace fl = fanlight;

TEST_CASE("a header read and written again is the same, with what others gave to be passed on") {
  std::string const text = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1;Lineage=a87bd80c:1|68fd508a:5";
  auto const caller = fl::read_xray_header(text);
  CHECK(caller.is_valid());
  CHECK(caller.is_remote());
  CHECK(caller.is_sampled());
  CHECK(fl::xray_header(caller) == text);
  CHECK(fl::xray_header().empty());
  fl::scoped_span const passing{"no pipeline", {.parent = caller}};
  CHECK(fl::xray_header() == text);
}

TEST_CASE("what is no header gives nothing") {
  for (auto const* text : {"", "Root=1-5759e988-xyz", "Parent=53995c3f42cd8ad8", "x"}) {
    INFO(text);
    CHECK_FALSE(fl::read_xray_header(text).is_valid());
    CHECK(fl::xray_header(fl::read_xray_header(text)).empty());
  }
  auto const root = fl::read_xray_header("Root=1-5759e988-bd862e3fe1be46a994272793");
  CHECK_FALSE(root.is_valid());
  CHECK(root.trace_id().is_valid());
}

TEST_CASE("the response names the root, and the decision only to those who asked") {
  auto const trace = fl::trace_id::from_hex("5759e988bd862e3fe1be46a994272793");
  auto const span = fl::span_id::from_hex("53995c3f42cd8ad8");
  fl::context const served{trace, span, fl::trace_flag::sampled}, unsampled{trace, span, 0};
  fl::context const asks{trace, {}, 0, true, fl::sampling_state::asked}, silent{trace, {}, 0, true, fl::sampling_state::deferred};
  CHECK(fl::xray_response_header(asks, served) == "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1");
  CHECK(fl::xray_response_header(asks, unsampled) == "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=0");
  CHECK(fl::xray_response_header(silent, served) == "Root=1-5759e988-bd862e3fe1be46a994272793");
  CHECK(fl::xray_response_header({}, served) == "Root=1-5759e988-bd862e3fe1be46a994272793");
  CHECK(fl::xray_response_header(asks).empty());
}

TEST_CASE("Lambda's variable is read each time") {
  ::unsetenv("_X_AMZN_TRACE_ID");
  CHECK_FALSE(fl::lambda_context().is_valid());
  ::setenv("_X_AMZN_TRACE_ID", "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=0;Lineage=a:1", 1);
  CHECK(fl::lambda_context().is_valid());
  CHECK_FALSE(fl::lambda_context().is_sampled());
  ::setenv("_X_AMZN_TRACE_ID", "Root=1-5759e988-bd862e3fe1be46a994272793", 1);
  CHECK_FALSE(fl::lambda_context().is_valid());
  ::unsetenv("_X_AMZN_TRACE_ID");
}

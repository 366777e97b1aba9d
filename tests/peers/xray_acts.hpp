// One request after another, told with fanlight as tests/peers/xray_python/tell.py tells them with AWS's SDK for Python: the segments have
// the same names there, and hold the same facts. Functions that make spans on the calling thread; nothing is kept.
#pragma once

#include <fanlight/subsegment.hpp>
#include <fanlight/trace.hpp>
#include <fanlight/xray_headers.hpp>

#include <stdexcept>
#include <string>

namespace peers {

namespace fl = fanlight;

inline void tell_request() {
  fl::segment const plain{"plain"};
}

inline void tell_everything() {
  fl::segment request{"request"};
  request.set_http({.method = "POST", .url = "https://shop.example/api/order", .user_agent = "a browser/1", .client_ip = "192.0.2.7", .forwarded = true,
                    .status = 200, .content_length = 64});
  request.set_user("u-81");
  request.annotate("whole", 98101).annotate("real", 0.5).annotate("yes", true).annotate("no", false).annotate("text", "caf\xC3\xA9");
  request.metadata("cart", fl::object{{"items", fl::value{fl::array{1, 2, 3}}}, {"none", nullptr}, {"real", 1.5}, {"open", true}});
  request.metadata("plan", "pro", "billing");
  request.metadata("list", fl::value{fl::array{1, "two", 3.5}}, "billing");
}

inline void tell_nested() {
  fl::segment const nested{"nested"};
  fl::subsegment const one{"one"};
  fl::subsegment const two{"two"};
  fl::subsegment three{"three"};
  three.annotate("deep", 3);
}

inline void tell_calls() {
  fl::segment const calls{"calls"};
  {
    fl::subsegment pay{"pay.example"};
    pay.remote().set_http({.method = "GET", .url = "https://pay.example/ok", .status = 200, .content_length = 12});
  }
  {
    fl::subsegment table{"dynamodb"};
    table.set_aws({.service = "dynamodb", .operation = "UpdateItem", .region = "us-west-2", .request_id = "3AIENM5J", .table_name = "orders"});
    table.set_http({.status = 200});
  }
  fl::subsegment query{":memory:"};
  query.set_sql({.system = "sqlite", .database = ":memory:", .version = "3.40"});
}

/// The exception leaves the subsegment and the segment.
inline void tell_errors() {
  try {
    fl::segment errors{"errors"};
    try {
      fl::subsegment inner{"inner"};
      try {
        throw std::runtime_error{"no stock"};
      } catch (std::exception const& error) {
        inner.fail(error);
        throw;
      }
    } catch (std::exception const& error) {
      errors.fail(error);
      throw;
    }
  } catch (std::runtime_error const&) {
  }
}

/// The exception is caught within the subsegment, and told.
inline void tell_caught() {
  fl::segment const caught{"caught"};
  fl::subsegment inner{"inner"};
  try {
    throw std::runtime_error{"out of order"};
  } catch (std::exception const& error) {
    inner.fail(error);
  }
}

inline void tell_statuses() {
  fl::segment const statuses{"statuses"};
  for (int const status : {302, 404, 429, 503}) {
    fl::subsegment call{"status " + std::to_string(status)};
    call.remote().set_http({.method = "GET", .url = "http://h.example/", .status = status});
  }
}

inline void tell_flags() {
  fl::segment flags{"flags"};
  flags.set_error();
  {
    fl::subsegment slow{"throttled"};
    slow.set_error().set_throttle();
  }
  fl::subsegment wrong{"at fault"};
  wrong.set_fault();
}

inline void tell_child() {
  fl::segment const child{"child", {.parent = fl::read_xray_header("Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1")}};
}

inline void tell_many() {
  fl::segment const many{"many"};
  for (int i = 0; i < 40; ++i) {
    fl::subsegment part{"part " + std::to_string(i)};
    part.annotate("i", i);
  }
}

/// What X-Ray does not take in names and keys.
inline void tell_names() {
  fl::segment names{"my*names?(1)"};
  std::string const key{"user-id"};
  names.annotate(key, 7);
  names.metadata("k", 1, "AWS.reserved");
}

inline void tell_unsampled() {
  fl::segment const quiet{"unsampled", {.parent = fl::read_xray_header("Root=1-5759e988-bd862e3fe1be46a994272794;Parent=53995c3f42cd8ad8;Sampled=0")}};
}

inline void tell_acts() {
  tell_request(), tell_everything(), tell_nested(), tell_calls(), tell_errors(), tell_caught(), tell_statuses(), tell_flags();
  tell_child(), tell_many(), tell_names(), tell_unsampled();
}

}  // namespace peers

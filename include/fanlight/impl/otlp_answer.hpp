// What an OTLP server says in protobuf: the answer to a request that it took, and google.rpc.Status with a request that it refused. Both
// come from outside: whatever the bytes are, nothing beyond them is read, and what is unknown is skipped. Pure functions, any thread.
#pragma once

#include <fanlight/impl/pb.hpp>

#include <cstdint>
#include <string_view>

FANLIGHT_BEGIN
namespace detail {

/// ExportTraceServiceResponse and ExportLogsServiceResponse: empty means that all went well. `message` is a view into the answer, and may
/// hold anything, UTF-8 or not.
struct otlp_partial_success {
  bool readable = true;  // false: these bytes are no such message; what was read before the fault stays
  std::int64_t rejected = 0;
  std::string_view message{};
};
[[nodiscard]] otlp_partial_success read_partial_success(std::string_view answer) noexcept;

/// google.rpc.Status.
struct rpc_status {
  bool readable = true;
  std::int32_t code = 0;
  std::string_view message{};
};
[[nodiscard]] rpc_status read_rpc_status(std::string_view answer) noexcept;

}  // namespace detail
FANLIGHT_END

#ifndef FANLIGHT_COMPILED
#include <fanlight/impl/otlp_answer.ipp>
#endif

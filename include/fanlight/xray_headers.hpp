// X-Amzn-Trace-Id where no HTTP framework carries it: the answer to a caller that asked for a decision, SQS's message attribute, Lambda's
// variable. Texts in and out; nothing is kept. Any thread may call. Ordinary calls go by inject() and extract().
#pragma once

#include <fanlight/propagation.hpp>

#include <string>
#include <string_view>

FANLIGHT_BEGIN

/// The calling thread's place as text: `Root=…;Parent=…;Sampled=…` and what callers gave to be passed on. What SQS's message system attribute
/// AWSTraceHeader takes. Empty: nothing is current.
[[nodiscard]] std::string xray_header();
[[nodiscard]] std::string xray_header(context const& of);
/// The context in such a text. Not valid, perhaps with a trace id alone, when there is no parent in it.
[[nodiscard]] context read_xray_header(std::string_view text) noexcept;

/// For the response: `Root=…`, and the decision if `caller` asked for one with `Sampled=?`. `caller` is what extract() gave, `served` the
/// context of the span that was begun beneath it.
[[nodiscard]] std::string xray_response_header(context const& caller, context const& served = current());

/// What Lambda says of the invocation that runs now, in the variable _X_AMZN_TRACE_ID: the parent of its spans. Without a parent or a decision
/// it is not sampled: the trace is passed on, and nothing is recorded beneath it. Where several invocations run at once in one process, the
/// variable means none of them: read_xray_header() takes the header of each.
[[nodiscard]] context lambda_context() noexcept;

FANLIGHT_END

#ifndef FANLIGHT_COMPILED
#include <fanlight/impl/xray/headers.ipp>
#endif

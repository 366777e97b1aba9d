// The span that is measured everywhere, made with opentelemetry-cpp.
#pragma once

#include <opentelemetry/trace/scope.h>
#include <opentelemetry/trace/tracer.h>

#include <cstdint>

namespace bench {

inline void one_peer_span(opentelemetry::trace::Tracer& tracer, std::int64_t count) {
  auto const span = tracer.StartSpan("operation");
  opentelemetry::trace::Scope const inside{span};
  span->SetAttribute("http.request.method", "GET");
  span->SetAttribute("url.path", "/v1/items/search");
  span->SetAttribute("http.response.status_code", 200);
  span->SetAttribute("item.count", count);
  span->SetAttribute("duration.ms", 12.75);
  span->End();
}

}  // namespace bench

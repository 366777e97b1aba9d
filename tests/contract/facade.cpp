// The facade contract: what user code looks like.
//
// This file is the agreed face of fanlight. The project keeps a copy among its tests, compiles it unmodified (header-only and
// compiled, g++ and clang++, -Wall -Wextra -Wpedantic -Werror) and runs it. More overloads, options and types are welcome
// beside these; what stands here keeps its name and its meaning. Where a line cannot be had in C++20, the smallest change that
// keeps the reading is made, in the copy, with a comment that says why.
#include <fanlight/fanlight.hpp>

#include <chrono>
#include <cstdio>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace fl = fanlight;
using namespace std::chrono_literals;
using headers = std::map<std::string, std::string>;

// ---- one span, every back end ------------------------------------------------------------------------------------------

std::vector<std::string> home_activities(std::string_view user_handle) {
  fl::scoped_span span{"home-activities"};                       // child of what is current; current until the brace
  span.set("app.now", fl::iso8601(std::chrono::system_clock::now()));
  span.set("app.user_handle", user_handle);

  std::vector<std::string> rows{"post one", "post two", "post three"};
  {
    fl::subsegment query{"user_activities"};                     // X-Ray's word for a child span
    query.annotate("id", 12345);                                 // indexed: searchable in X-Ray, an attribute elsewhere
    query.metadata("results",                                    // not indexed; key, value, namespace
                   fl::object{{"now", "2026-11-21T00:00:00Z"}, {"results-size", rows.size()}}, "dataset");
  }
  span.set("app.result_length", rows.size());
  span.event("cache.miss", {{"key", "home"}, {"bytes", 512}, {"ratio", 0.25}, {"warm", false}});
  fl::info("HomeActivities", {{"rows", rows.size()}});           // a log record with this span's ids
  return rows;
}

// ---- facts that hold for everything beneath ----------------------------------------------------------------------------

void for_tenant(std::string_view tenant) {
  fl::annotation who{"tenant", tenant};                          // on the current span and all begun while `who` lives
  fl::metadata plan{"plan", "pro", "billing"};                   // the same, not indexed, in namespace "billing"
  home_activities("andrewbrown");
}

// ---- errors ------------------------------------------------------------------------------------------------------------

void charge(headers& out) {
  fl::subsegment call{"payments.example", {.kind = fl::span_kind::client}};
  fl::inject([&](std::string_view key, std::string_view text) { out[std::string{key}] = std::string{text}; });
  throw std::runtime_error{"card declined"};                     // `call` ends as failed and knows type and message
}

void place_order(headers const& in, headers& out) {
  auto const caller = fl::extract([&](std::string_view key) -> std::string_view {
    auto const at = in.find(std::string{key});
    return at == in.end() ? std::string_view{} : std::string_view{at->second};
  });
  fl::scoped_span request{"POST /orders", {.kind = fl::span_kind::server, .parent = caller}, {{"cart.items", 3}, {"tier", "gold"}}};
  try {
    fl::guarded([&] { charge(out); });                           // exceptions pass through, seen with their throw-site stack
  } catch (std::exception const& error) {
    request.fail(error);                                         // status error + exception event
    fl::error_report{error}                                      // leaves for Rollbar & co. at the end of this statement
        .at(fl::level::critical)
        .set("order_id", 42)
        .person({.id = "u-81", .username = "andrewbrown"})
        .fingerprint("card-declined");
  }
  fl::error_report{"order rejected", fl::level::warn}.set("reason", "card");
}

void import_job() {
  fl::error_scope job{"nightly import"};                         // reports if this scope is left by an exception
  job.set("file", "orders.csv");
}

// ---- threads, callbacks, long-lived spans ------------------------------------------------------------------------------

void fan_out_work() {
  fl::scoped_span parent{"batch"};
  std::thread mail{fl::carry([] { fl::scoped_span work{"send mail"}; })};   // context follows the callable
  fl::span upload{"upload"};                                     // one owner, any thread, never current by itself
  upload.set("bytes", 1'048'576);
  std::thread sender{[upload = std::move(upload)]() mutable {
    fl::scope inside{upload};                                    // current in this thread, for this scope
    fl::scoped_span part{"part 1"};
  }};
  mail.join();
  sender.join();
  auto const cause = parent.context();                           // a small value: copy it anywhere
  fl::scoped_span later{"reconcile", {.parent = {}, .links = {{cause}}}};   // a new trace, linked to its cause
}

auto const load_user = fl::traced("load user", [](int id) { return "user " + std::to_string(id); });   // a span around every call

// ---- a whole exporter of one's own ----------------------------------------------------------------------------------

struct slow_spans {
  std::chrono::milliseconds limit;
  void consume(fl::batch<fl::span_record> spans) {
    for (auto const& span : spans)
      if (span.duration() > limit) std::printf("slow: %s\n", span.name.c_str());
  }
};

// ---- setting up ----------------------------------------------------------------------------------------------------------

int main() {
  {
    auto session = fl::init();                                   // everything from the environment; a console when nothing is set
    for_tenant("acme");
  }
  auto session = fl::init({
      .service = "cruddur",
      .version = "1.4.0",
      .environment = "production",
      .resource = {{"team", "timeline"}},
      .sampler = fl::parent_based(fl::ratio(1.0)),
      // Each back end joins the contract on the day its header comes; the lines themselves stand as they were agreed.
      .exporters = {
#if __has_include(<fanlight/exporters/otlp.hpp>)
                    fl::otlp({.endpoint = "http://127.0.0.1:4318", .headers = {{"x-honeycomb-team", "key"}}}),
                    fl::honeycomb({.api_key = "key", .endpoint = "http://127.0.0.1:4318"}),
#endif
#if __has_include(<fanlight/exporters/xray.hpp>)
                    fl::xray({.daemon_address = "127.0.0.1:2000"}),
#endif
#if __has_include(<fanlight/exporters/cloudwatch.hpp>)
                    fl::cloudwatch({.log_group = "cruddur", .region = "us-east-1", .endpoint = "http://127.0.0.1:5000"}),
#endif
#if __has_include(<fanlight/exporters/rollbar.hpp>)
                    fl::rollbar({.access_token = "token", .endpoint = "http://127.0.0.1:8080/api/1/item/"}),
#endif
                    fl::otlp_file({.path = "fanlight-contract.jsonl"}),
                    slow_spans{50ms}},
#if !__has_include(<fanlight/exporters/xray.hpp>)
      .propagators = {fl::propagator::tracecontext, fl::propagator::xray},   // an X-Ray exporter among them would say so by itself
#endif
      .on_problem = [](fl::problem const& p) { std::fprintf(stderr, "fanlight: %s\n", p.what.c_str()); },
      .shutdown_within = 500ms,                                  // nothing listens on those ports: bounded all the same
  });

  headers in{{"traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}}, out;
  place_order(in, out);
  import_job();
  fan_out_work();
  if (load_user(7) != "user 7") return 1;

  fl::logger access{"access"};                                   // a named logger
  access.log(fl::level::error, "[2026-Nov-21 09:58] 192.0.2.7 GET http /api/activities/home 200", {{"status", 200}});

  bool const all_delivered = session.flush(200ms);               // false here: nobody listens; never longer than asked
  auto const told = session.stats();
  std::printf("delivered %llu, dropped %llu, still queued %llu, flushed %d\n", static_cast<unsigned long long>(told.delivered),
              static_cast<unsigned long long>(told.dropped), static_cast<unsigned long long>(told.queued), all_delivered);
  return out.count("traceparent") && out.count("X-Amzn-Trace-Id") ? 0 : 1;
}

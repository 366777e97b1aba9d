// The snippets of docs/propagation.md, and a little around them that makes them run. Ends with 1 where one does not do what the page says.
#include <fanlight/fanlight.hpp>

#include <cstdio>
#include <map>
#include <string>
#include <string_view>

#include <spawn.h>
#include <sys/wait.h>

namespace fl = fanlight;

namespace {

int failures = 0;
void must(bool so, char const* what) {
  if (so) return;
  std::fprintf(stderr, "docs/propagation: not so: %s\n", what);
  ++failures;
}

struct message {
  std::map<std::string, std::string> headers = {};
  void set(std::string_view name, std::string_view text) { headers[std::string{name}] = std::string{text}; }
  [[nodiscard]] std::string get(std::string_view name) const {
    auto const at = headers.find(std::string{name});
    return at == headers.end() ? "" : at->second;
  }
};

void in_and_out() {
  message request;
  fl::scoped_span const client{"client"};
  fl::inject([&](std::string_view name, std::string_view text) { request.set(name, text); });  // for the current span

  auto const caller = fl::extract([&](std::string_view name) { return request.get(name); });
  fl::scoped_span span{"POST /orders", {.kind = fl::span_kind::server, .parent = caller}};
  must(caller.span_id() == client.context().span_id(), "what went out comes in");
  must(span.context().trace_id() == caller.trace_id(), "the server's span is in the caller's trace");
}

void several_values() {
  std::multimap<std::string, std::string> headers{{"traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"},
                                                  {"tracestate", "congo=t61rcWkgMzE"},
                                                  {"tracestate", "rojo=00f067aa0ba902b7"}};
  auto const from_map = fl::extract(headers);
  fl::inject(from_map, headers);              // for a call on behalf of a context, not of the current span
  must(from_map.tracestate() == "congo=t61rcWkgMzE,rojo=00f067aa0ba902b7", "headers are joined");
  must(headers.size() == 2, "and replaced");
}

void formats() {
  message request;
  fl::scoped_span const client{"client"};
  auto const set = [&](std::string_view name, std::string_view text) { request.set(name, text); };
  auto const get = [&](std::string_view name) { return request.get(name); };
  fl::inject(set, {fl::propagator::b3});
  auto const by_b3 = fl::extract(get, {fl::propagator::b3, fl::propagator::tracecontext});
  must(by_b3.span_id() == client.context().span_id() && request.headers.size() == 1, "B3 alone");
}

std::string baggage_of_a_call() {
  message request;
  fl::inject([&](std::string_view name, std::string_view text) { request.set(name, text); });
  return request.get("baggage");
}
void call_a_stranger() { must(baggage_of_a_call().empty(), "strangers see no baggage"); }
void serve(std::string const& tenant) { must(tenant == "acme", "the tenant is known"); }

void baggage() {
  fl::baggage const tenant{"tenant", "acme"};
  fl::baggage const plan{"plan", "pro", "ttl=60;billing"};  // with properties, as they stand in the header
  {
    fl::no_baggage const nobody_else;                       // for calls that it does not concern; or one key: {"tenant"}
    call_a_stranger();
  }
  must(baggage_of_a_call() == "tenant=acme,plan=pro;ttl=60;billing", "baggage is sent");
  auto const caller = fl::current();
  std::string seen;
  auto const note = [&seen](std::string_view key, std::string_view value, std::string_view property, std::string_view text) {
    seen.append(key).append("=").append(value).append(";").append(property).append("=").append(text).append(" ");
  };
  if (auto const who = fl::baggage_value("tenant")) serve(*who);  // decoded; nothing when it is not there

  for (auto const& member : fl::baggage_view{caller})  // or of this place: fl::baggage_view{}
    for (auto const& property : member.properties()) note(member.key(), member.value(), property.key(), property.value());
  must(seen == "plan=pro;ttl=60 plan=pro;billing= ", "properties are read");
}

void child_programs() {
  pid_t child = 0;
  char const* const path = "/bin/sh";
  char shell[] = "sh", option[] = "-c", command[] = "test -n \"$TRACEPARENT\"";
  char* const arguments[] = {shell, option, command, nullptr};
  fl::scoped_span const work{"work"};
  fl::child_environment const environment;                                // of the current span
  posix_spawn(&child, path, nullptr, nullptr, arguments, environment.data());
  int status = -1;
  ::waitpid(child, &status, 0);
  must(status == 0, "the child has a traceparent");
}

void in_a_child() {
  fl::scope const inside{fl::environment_context()};                      // in the child, first of all
}

}  // namespace

int main() {
  auto session = fl::init({.service = "cruddur", .baggage_on_spans = {"tenant", "user.id"}});  // "*": all; or FANLIGHT_BAGGAGE_ON_SPANS=tenant,user.id
  in_and_out();
  several_values();
  formats();
  baggage();
  child_programs();
  in_a_child();
  return failures == 0 ? 0 : 1;
}

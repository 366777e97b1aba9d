// A span and what it was asked to record, side by side: everything written through `told` goes to the span and to the list. Lives as long as
// the span does, on its thread.
#pragma once

#include "asked.hpp"
#include "draw.hpp"

#include <fanlight/span.hpp>

#include <exception>

namespace peers {

/// What holds for a span or a log record that is begun here.
struct place {
  std::string parent = {};  // hex
  bool remote = false;
  int flags = 3;
  std::string state = {};
  pairs set = {}, metadata = {};  // of the scopes around
};

[[nodiscard]] inline asked_span begin_asking(place const& at, std::string name, fl::span_kind kind = fl::span_kind::internal) {
  asked_span out;
  out.parent = at.parent, out.remote_parent = at.remote, out.flags = at.flags, out.state = at.state;
  out.set = at.set, out.metadata = at.metadata;
  out.name = std::move(name), out.kind = kind;
  out.start.from = now();
  return out;
}

template <class Span>
class told {
 public:
  told(Span& span, asked_span& asked) : span_{span}, asked_{asked} {
    if (asked_.start.to == 0) asked_.start.to = now();
    asked_.own = span_.context();
  }
  [[nodiscard]] asked_span& asked() { return asked_; }
  [[nodiscard]] Span& span() { return span_; }
  /// For what is begun beneath.
  [[nodiscard]] place beneath(place const& here) const {
    place out = here;
    out.parent = asked_.own.span_id().hex().view(), out.remote = false, out.flags = asked_.flags, out.state = asked_.state;
    return out;
  }

  void set(std::string const& key, datum const& what) {
    span_.set(key, handed_over{what}.get());
    asked_.set.emplace_back(key, what);
  }
  void annotate(std::string const& key, datum const& what) {
    span_.annotate(key, handed_over{what}.get());
    asked_.set.emplace_back(key, what);
  }
  void metadata(std::string const& space, std::string const& key, datum const& what) {
    span_.metadata(key, handed_over{what}.get(), space);
    asked_.metadata.emplace_back((space.empty() ? "default" : space) + '.' + key, what);
  }
  void event(std::string const& name, pairs const& with, std::int64_t at = 0) {
    asked_event one{name, {now(), 0}, with};
    attribute_list{with}.spread([&](std::initializer_list<fl::attribute> list) { span_.event(name, list, fl::wall_time{at}); });
    one.at = at != 0 ? moment::exactly(at) : moment{one.at.from, now()};
    asked_.events.push_back(std::move(one));
  }
  void link(fl::context const& to, std::string const& state, pairs const& with = {}) {
    attribute_list{with}.spread([&](std::initializer_list<fl::attribute> list) { span_.link(to, list); });
    asked_.links.push_back({to, state, with});
  }
  void status(fl::status_code code, std::string const& message = {}) {
    span_.status(code, message);
    asked_.statuses.emplace_back(code, message);
  }
  void rename(std::string const& name) {
    span_.update_name(name);
    asked_.name = name;
  }
  /// `fresh`: this is the innermost span that the exception is told on, which gets it in full.
  void fail(std::exception const& error, std::string const& type, bool fresh = true) {
    auto const before = now();
    span_.fail(error);
    asked_.statuses.emplace_back(fl::status_code::error, error.what());
    asked_.set.emplace_back("error.type", text(type));
    asked_.set.emplace_back("fanlight.error.id", text("?uuid"));
    if (fresh) asked_.events.push_back({"exception", {before, now()}, in_full(error, type)});
  }
  [[nodiscard]] static pairs in_full(std::exception const& error, std::string const& type) {
    return {{"exception.type", text(type)}, {"exception.message", text(error.what())}, {"fanlight.error.id", text("?uuid")}};
  }

 private:
  Span& span_;
  asked_span& asked_;
};

}  // namespace peers

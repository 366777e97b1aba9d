// Random trees of spans with random facts, and logs within them, from a seed. One thread.
#pragma once

#include "tales.hpp"

namespace peers {

class random_tales {
 public:
  random_tales(asked_file& to, tales& logs, std::uint64_t seed) : to_{to}, logs_{logs}, draw_{seed} {}

  void tree(place const& at = {}, int depth = 0) {
    auto asked = begin_asking(at, draw_.name(), static_cast<fl::span_kind>(1 + draw_.below(5)));
    if (draw_.once_in(5)) asked.scope = "lib-" + std::to_string(draw_.below(4)), asked.scope_version = draw_.once_in(2) ? "1.2" : "";
    fl::span_options options{.kind = asked.kind, .instrumentation = {asked.scope, asked.scope_version}};
    if (draw_.once_in(8)) {
      asked.start = moment::exactly(now() - static_cast<std::int64_t>(draw_.below(1'000'000'000)));
      options.start = fl::wall_time{asked.start.from};
    }
    if (depth == 0 && draw_.once_in(6)) caller(asked, options);
    auto const given = draw_.members(draw_.below(4));
    asked.set.insert(asked.set.end(), given.begin(), given.end());
    attribute_list{given}.spread([&](std::initializer_list<fl::attribute> list) {
      fl::scoped_span span{asked.name, options, list};
      told with{span, asked};
      live(with, at, depth);
      if (draw_.once_in(8)) {
        asked.end = moment::exactly(asked.start.to + static_cast<std::int64_t>(draw_.below(1'000'000'000)));
        span.end_at(fl::wall_time{asked.end.to});
      } else {
        asked.end.from = now();
      }
    });
    if (asked.end.to == 0) asked.end.to = now();
    last_ = asked.own, last_state_ = asked.state;
    to_.add(asked);
  }

 private:
  /// A parent in another process.
  void caller(asked_span& asked, fl::span_options& options) {
    fl::trace_id trace;
    fl::span_id span;
    for (auto& byte : trace.bytes) byte = static_cast<unsigned char>(draw_.word() | 1);
    for (auto& byte : span.bytes) byte = static_cast<unsigned char>(draw_.word() | 1);
    asked.parent = span.hex().view(), asked.remote_parent = true, asked.flags = draw_.once_in(2) ? 1 : 3;
    if (draw_.once_in(2)) asked.state = "vendor=" + std::to_string(draw_.word()) + ",ot=rv:" + std::string(14, 'a');
    std::string const header = "00-" + std::string{trace.hex()} + '-' + asked.parent + "-0" + std::to_string(asked.flags);
    options.parent = fl::extract([&](std::string_view key) -> std::string_view {
      return key == "traceparent" ? std::string_view{header} : key == "tracestate" ? std::string_view{asked.state} : std::string_view{};
    });
  }

  void live(told<fl::scoped_span>& span, place const& at, int depth) {
    auto const attributes = draw_.members(draw_.below(9));
    for (auto const& each : attributes) draw_.once_in(4) ? span.annotate(each.first, each.second) : span.set(each.first, each.second);
    if (draw_.once_in(150))
      for (auto const& each : draw_.too_many()) span.set(each.first, each.second);
    for (auto count = draw_.below(3); count > 0; --count)
      span.event(draw_.any_text(), draw_.members(draw_.below(4)), draw_.once_in(4) ? now() - 7 : 0);
    if (draw_.once_in(200))
      for (int i = 0; i < 140; ++i) span.event("e", {});
    if (draw_.once_in(3)) span.link(last_, last_state_, draw_.members(draw_.below(3)));
    if (draw_.once_in(300)) span.link(last_, last_state_, draw_.too_many());
    if (draw_.once_in(6)) span.metadata(draw_.once_in(2) ? "" : "billing", "fact " + std::to_string(draw_.below(3)), draw_.value());
    if (draw_.once_in(4)) span.status(static_cast<fl::status_code>(draw_.below(3)), draw_.any_text());
    if (draw_.once_in(12)) span.rename(draw_.name());
    if (draw_.once_in(10) && span.asked().set.size() < 100 && span.asked().events.size() < 100)
      span.fail(std::runtime_error{readable()}, "std::runtime_error");
    beneath(span, at, depth);
  }
  void beneath(told<fl::scoped_span>& span, place const& at, int depth) {
    if (draw_.once_in(2)) log(span.beneath(at));
    if (depth > 3) return;
    auto inside = span.beneath(at);
    if (!draw_.once_in(6) || span.asked().set.size() > 100) {
      for (auto count = draw_.below(4); count > 0; --count) tree(inside, depth + 1);
      return;
    }
    auto const key = "scope." + std::to_string(depth);
    auto const fact = draw_.value();
    handed_over const held{fact};
    fl::annotation const here{key, held.get()};
    span.asked().set.emplace_back(key, fact);
    inside.set.emplace_back(key, fact);
    for (auto count = 1 + draw_.below(2); count > 0; --count) tree(inside, depth + 1);
    log(inside);
  }
  void log(place const& at) {
    static constexpr fl::level levels[]{fl::level::trace, fl::level::debug, fl::level::info,
                                        fl::level::warn,  fl::level::error, fl::level::critical};
    auto with = draw_.members(draw_.below(7));
    with.push_back(logs_.ordinal());
    if (draw_.once_in(150)) {
      auto crowd = draw_.too_many();
      crowd.front() = with.back();
      with = crowd;
    }
    logs_.log(levels[draw_.below(6)], draw_.any_text(), with, at, draw_.once_in(4) ? "logger-" + std::to_string(draw_.below(3)) : "");
  }
  /// what() ends at a NUL.
  [[nodiscard]] std::string readable() {
    auto out = draw_.any_text();
    return out.substr(0, out.find('\0'));
  }

  asked_file& to_;
  tales& logs_;
  draws draw_;
  fl::context last_{};
  std::string last_state_;
};

}  // namespace peers

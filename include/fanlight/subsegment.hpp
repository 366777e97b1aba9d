// X-Ray's words for spans: a `segment` is what a service does for one request, a `subsegment` a part of it. For every other back end they
// are spans of kind server and internal. Rules of thread and scope are scoped_span's.
#pragma once

#include <fanlight/span.hpp>

FANLIGHT_BEGIN

/// What a subsegment's constructor throws when there is nothing above it, AWS_XRAY_CONTEXT_MISSING says RUNTIME_ERROR, and an X-Ray
/// exporter is on; never otherwise.
class FANLIGHT_VISIBLE context_missing : public std::exception {
 public:
  [[nodiscard]] char const* what() const noexcept override {
    return "fanlight: a subsegment was begun with no segment above it; begin a segment first, or carry the context here";
  }
};

namespace detail {
/// True: there is nothing above. Tells, and says whether to throw.
[[nodiscard]] bool is_orphan(span_options const& options, std::string_view name, bool& must_throw) noexcept;
[[nodiscard]] bool is_nested(span_options const& options, std::string_view name) noexcept;
}  // namespace detail

class subsegment : public scoped_span {
 public:
  [[nodiscard]] explicit subsegment(std::string_view name, source where = source::current()) : subsegment{name, {}, {}, where} {}
  [[nodiscard]] subsegment(std::string_view name, span_options const& options, std::initializer_list<attribute> attributes = {},
                           source where = source::current())
      : scoped_span{later{}} {
    auto how = detail::facts_of(name, options, attributes, where);
    bool must_throw = false;
    how.flags = detail::entry_flag::subsegment;
    if (detail::is_orphan(options, name, must_throw)) how.flags |= detail::entry_flag::orphan;
    if (must_throw) throw context_missing{};
    begin(how);
  }
  template <int = 0>  // as in scoped_span
  [[nodiscard]] subsegment(std::string_view name, std::initializer_list<attribute> attributes, source where = source::current())
      : subsegment{name, span_options{}, attributes, where} {}
};

/// Inside another span of this process a segment becomes a subsegment, and that is told.
class segment : public scoped_span {
 public:
  [[nodiscard]] explicit segment(std::string_view name, source where = source::current()) noexcept
      : segment{name, {.kind = span_kind::server}, {}, where} {}
  [[nodiscard]] segment(std::string_view name, span_options const& options, std::initializer_list<attribute> attributes = {},
                        source where = source::current()) noexcept
      : scoped_span{later{}} {
    auto how = detail::facts_of(name, options, attributes, where);
    if (how.kind == span_kind::internal) how.kind = span_kind::server;
    how.flags = detail::is_nested(options, name) ? detail::entry_flag::subsegment : detail::entry_flag::segment;
    begin(how);
  }
  template <int = 0>  // as in scoped_span
  [[nodiscard]] segment(std::string_view name, std::initializer_list<attribute> attributes, source where = source::current()) noexcept
      : segment{name, span_options{}, attributes, where} {}
};

FANLIGHT_END

#ifndef FANLIGHT_COMPILED
#include <fanlight/impl/subsegment.ipp>
#endif

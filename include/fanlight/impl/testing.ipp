// Bodies of testing.hpp: a capture's pipeline, and the tree.
#pragma once

#include <fanlight/impl/joined.hpp>
#include <fanlight/impl/places.hpp>
#include <fanlight/stack.hpp>
#include <fanlight/testing.hpp>

#include <charconv>
#include <cstdio>
#include <map>

FANLIGHT_BEGIN
namespace detail {

/// Writes facts as a person would in a test.
class picture {
 public:
  FANLIGHT_COLD picture& word(std::string_view text) {
    if (!text_.empty()) text_ += ' ';
    text_ += text;
    return *this;
  }
  picture& quoted(std::string_view text) { return word({}), quote(text), *this; }
  FANLIGHT_COLD picture& fact(std::string_view mark, std::string_view key, value const& what) {
    word(mark);
    text_ += key;
    text_ += '=';
    write(what);
    return *this;
  }
  template <class Attributes>
  FANLIGHT_COLD picture& attributes(Attributes const& all) {
    for (auto const& each : all)
      if (!is_packed_stack(each.value)) fact(each.indexed ? "@" : each.space.empty() ? "" : std::string{each.space} + "/", each.key, each.value);
    return *this;
  }
  FANLIGHT_COLD picture& lost(std::uint32_t count, std::string_view what) {
    if (count == 0) return *this;
    return word(joined({"(", std::to_string(count), " ", what, (count == 1 ? " lost)" : "s lost)")}));
  }
  [[nodiscard]] std::string const& text() const noexcept { return text_; }

 private:
  FANLIGHT_COLD void write(value const& what) {
    switch (what.kind()) {
      case value_kind::empty: text_ += "null"; break;
      case value_kind::boolean: text_ += what.as_bool() ? "true" : "false"; break;
      case value_kind::int64: text_ += std::to_string(what.as_int64()); break;
      case value_kind::uint64: text_ += std::to_string(what.as_uint64()); break;
      case value_kind::float64: number(what.as_double()); break;
      case value_kind::text: quote(what.as_text()); break;
      case value_kind::bytes: hex(what.as_bytes()); break;
      case value_kind::array:
      case value_kind::object: nested(what); break;
    }
  }
  FANLIGHT_COLD void number(double what) {
    char digits[32];
    auto const end = std::to_chars(digits, digits + sizeof digits, what).ptr;
    std::string_view const shown{digits, static_cast<std::size_t>(end - digits)};
    text_ += shown;
    if (shown.find_first_not_of("-0123456789") == std::string_view::npos) text_ += ".0";
  }
  FANLIGHT_COLD void quote(std::string_view text) {
    text_ += '"';
    for (char const letter : text) {
      char escaped[8];
      if (letter == '"' || letter == '\\') (text_ += '\\') += letter;
      else if (letter == '\n') text_ += "\\n";
      else if (static_cast<unsigned char>(letter) >= 0x20) text_ += letter;
      else text_.append(escaped, static_cast<std::size_t>(std::snprintf(escaped, sizeof escaped, "\\x%02x", unsigned(letter))));
    }
    text_ += '"';
  }
  FANLIGHT_COLD void hex(bytes raw) {
    text_ += "0x";
    for (auto const *at = static_cast<unsigned char const*>(raw.data), *end = at + raw.size; at != end; ++at)
      (text_ += "0123456789abcdef"[*at >> 4]) += "0123456789abcdef"[*at & 15];
  }
  FANLIGHT_COLD void nested(value const& what) {
    bool const named = what.kind() == value_kind::object;
    std::string_view between;
    text_ += named ? '{' : '[';
    for (auto const member : what.members()) {
      text_ += between;
      if (named) (text_ += member.key) += ": ";
      write(member.value);
      between = ", ";
    }
    text_ += named ? '}' : ']';
  }
  std::string text_;
};

[[nodiscard]] FANLIGHT_COLD FANLIGHT_INLINE std::string lower(std::string_view text) {
  std::string out{text};
  for (auto& letter : out) letter = letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
  return out;
}

/// What a capture took, as a tree. Lives for one call of capture::tree().
class test_tree {
 public:
  test_tree(testing::records<span_record> const& spans, testing::records<log_record> const& logs,
            testing::records<error_record> const& errors, testing::siblings order)
      : order_{order} {
    for (auto const& each : spans) nodes_.push_back({each.start, each.trace_id, each.parent_id, &each, span_line(each), {}});
    for (auto const& each : logs) nodes_.push_back({each.time, each.trace_id, each.span_id, nullptr, log_line(each), {}});
    for (auto const& each : errors) nodes_.push_back({each.time, each.trace_id, each.span_id, nullptr, error_line(each), {}});
    for (auto& each : nodes_)
      if (each.span != nullptr) by_id_.emplace(std::pair{each.trace, each.span->span_id}, &each);
    for (auto const& each : nodes_) children_of(each).push_back(&each);
    for (auto const& each : spans)
      if (!each.error_id().empty()) uuids_.emplace_back(each.error_id());
    for (auto const& each : errors) uuids_.emplace_back(each.uuid());
  }

  [[nodiscard]] FANLIGHT_COLD std::string text() {
    std::string out = level(roots_, 0);
    number_errors(out);
    return out;
  }

 private:
  struct node {
    wall_time at;
    fanlight::trace_id trace;
    fanlight::span_id above;
    span_record const* span;  // null: a log record or an error
    std::string line;
    std::vector<node const*> below;
  };
  using nodes = std::vector<node const*>;

  [[nodiscard]] FANLIGHT_COLD nodes& children_of(node const& one) {
    auto const found = by_id_.find({one.trace, one.above});
    return found == by_id_.end() || found->second == &one ? roots_ : found->second->below;
  }

  [[nodiscard]] FANLIGHT_COLD std::string level(nodes const& of, std::size_t depth) {
    std::vector<std::pair<wall_time, std::string>> parts;
    for (auto const* const each : of)
      parts.emplace_back(each->at, std::string(2 * depth, ' ') + each->line + '\n' + inside(*each, depth + 1));
    sort_list(parts, [this](auto const& a, auto const& b) {
      return order_ == testing::siblings::by_start ? a.first < b.first : a.second < b.second;
    });
    std::string out;
    for (auto const& part : parts) out += part.second;
    return out;
  }

  [[nodiscard]] FANLIGHT_COLD std::string inside(node const& one, std::size_t depth) {
    std::string out;
    auto const add = [&](picture const& line) { out += std::string(2 * depth, ' ') + line.text() + '\n'; };
    if (one.span != nullptr) {
      for (auto const& each : one.span->links())
        add(picture{}.word("link").word(name_of(each)).attributes(each.attributes()).lost(each.dropped_attributes, "attribute"));
      for (auto const& each : one.span->events())
        add(picture{}.word("event").word(each.name).attributes(each.attributes()).lost(each.dropped_attributes, "attribute"));
    }
    return out + level(one.below, depth);
  }

  /// The name of the linked span, when it is here.
  [[nodiscard]] FANLIGHT_COLD std::string name_of(link_record const& link) const {
    if (auto const found = by_id_.find({link.trace_id, link.span_id}); found != by_id_.end())
      return "to " + std::string{found->second->span->name};
    return link.span_id.is_valid() ? "to elsewhere" : "to nothing";
  }

  [[nodiscard]] FANLIGHT_COLD static std::string marks(span_record const& span) {
    std::string out;
    auto const mark = [&out](bool is, std::string_view text) {
      if (is) out.append(out.empty() ? "[" : ", ").append(text);
    };
    mark(span.kind != span_kind::internal, lower(to_text(span.kind)));
    mark(span.remote_parent, "remote parent");
    mark(span.orphan, "orphan");
    return out.empty() ? out : out + ']';
  }
  [[nodiscard]] FANLIGHT_COLD static std::string span_line(span_record const& span) {
    picture out;
    out.word(span.name);
    if (auto const text = marks(span); !text.empty()) out.word(text);
    if (span.status != status_code::unset) out.word(to_text(span.status));
    if (!span.status_message().empty()) out.quoted(span.status_message());
    if (!span.scope_name().empty())
      out.word(joined({"(", span.scope_name(), (span.scope_version().empty() ? "" : " "), span.scope_version(), ")"}));
    out.attributes(span.attributes()).attributes(span.metadata()).lost(span.dropped_attributes, "attribute");
    return out.lost(span.dropped_events, "event").lost(span.dropped_links, "link").text();
  }
  [[nodiscard]] FANLIGHT_COLD static std::string log_line(log_record const& log) {
    picture out;
    out.word("log").word(to_text(log.level)).quoted(log.body);
    if (!log.logger().empty()) out.word(joined({"(", log.logger(), ")"}));
    return out.attributes(log.attributes()).attributes(log.metadata()).lost(log.dropped_attributes, "attribute").text();
  }
  [[nodiscard]] FANLIGHT_COLD static std::string error_line(error_record const& error) {
    picture out;
    out.word("report").word(to_text(error.level)).quoted(error.message);
    if (!error.exception_type().empty()) out.word(joined({"(", error.exception_type(), ")"}));
    out.word(error.uuid());
    for (auto const& [key, text] : {std::pair{"person.id", error.person_id()}, std::pair{"person.username", error.person_name()},
                                    std::pair{"person.email", error.person_email()}, std::pair{"fingerprint", error.fingerprint()}})
      if (!text.empty()) out.fact("", key, value{text});
    return out.attributes(error.attributes()).attributes(error.metadata()).lost(error.dropped_attributes, "attribute").text();
  }

  /// In place of each uuid its number, counted from the top: which errors are one is seen, which they are is not.
  FANLIGHT_COLD void number_errors(std::string& text) const {
    std::vector<std::string> seen;
    for (std::size_t at = 0; at + 36 <= text.size(); ++at) {
      if (text[at + 8] != '-' || text[at + 13] != '-') continue;
      std::string const here = text.substr(at, 36);
      if (std::find(uuids_.begin(), uuids_.end(), here) == uuids_.end()) continue;
      auto found = std::find(seen.begin(), seen.end(), here);
      if (found == seen.end()) found = seen.insert(found, here);
      bool const in_quotes = at > 0 && text[at - 1] == '"' && at + 36 < text.size() && text[at + 36] == '"';
      text.replace(in_quotes ? at - 1 : at, in_quotes ? 38 : 36, "#" + std::to_string(found - seen.begin() + 1));
    }
  }

  testing::siblings const order_;
  std::vector<node> nodes_;
  std::map<std::pair<fanlight::trace_id, fanlight::span_id>, node*> by_id_;
  nodes roots_;
  std::vector<std::string> uuids_;
};

[[nodiscard]] FANLIGHT_COLD FANLIGHT_INLINE config for_capture(config how, std::shared_ptr<memory> const& to) {
  how.exporters = std::vector<exporter_spec>{exporter_spec{to}.called("capture")};
  how.read_environment = false;
  how.detect_resource = false;
  if (!how.on_problem) how.on_problem = [](problem const&) {};
  return how;
}

}  // namespace detail

FANLIGHT_COLD FANLIGHT_INLINE testing::capture::capture(config how, std::chrono::nanoseconds within)
    : within_{within},
      taken_{std::make_shared<memory>()},
      pipeline_{fanlight::detail::for_capture(std::move(how), taken_)},
      here_{pipeline_} {
  if (fanlight::detail::here().current != nullptr) apart_.emplace(context{});
}

FANLIGHT_COLD FANLIGHT_INLINE std::string testing::capture::tree(siblings order) {
  bool const all = arrived();
  records<span_record> const spans{taken_->spans()};
  records<log_record> const logs{taken_->logs()};
  records<error_record> const errors{taken_->errors()};
  auto out = fanlight::detail::test_tree{spans, logs, errors, order}.text();
  return all ? out : out + "... and what did not arrive in time\n";
}

FANLIGHT_END

// Bodies of truncate.hpp.
#pragma once

#include <fanlight/impl/joined.hpp>
#include <fanlight/impl/json.hpp>
#include <fanlight/impl/places.hpp>
#include <fanlight/impl/rollbar/builder.hpp>
#include <fanlight/impl/rollbar/truncate.hpp>

#include <algorithm>

FANLIGHT_BEGIN
namespace detail {

/// Bytes from the front, without half a character.
FANLIGHT_COLD FANLIGHT_INLINE bool cut_bytes(std::string& text, std::size_t most) {
  if (text.size() <= most) return false;
  while (most > 0 && (static_cast<unsigned char>(text[most]) & 0xC0) == 0x80) --most;
  text.resize(most);
  return true;
}

class rollbar_cutter {
 public:
  rollbar_cutter(rollbar_node& data, std::size_t limit) : data_{data}, limit_{limit} {}
  bool run(std::string& body);

 private:
  using step = bool (rollbar_cutter::*)();
  [[nodiscard]] bool fits();
  [[nodiscard]] bool take_step(std::string_view name, step how);
  void note(std::string name);

  template <class Call>
  FANLIGHT_COLD void each_trace(Call call) {
    auto* const body = data_.find("body");
    if (body == nullptr) return;
    if (auto* const one = body->find("trace"); one != nullptr) call(*one);
    if (auto* const chain = body->find("trace_chain"); chain != nullptr)
      for (auto& one : chain->members) call(one);
  }
  [[nodiscard]] bool keep_frames(std::size_t front, std::size_t back);
  [[nodiscard]] bool keep_chain(std::size_t front, std::size_t back);
  bool cut_strings(rollbar_node& one, std::size_t most);

  bool telemetry();
  bool frames() { return keep_frames(30, 30); }
  bool strings_1024() { return cut_strings(data_, 1024); }
  bool strings_512() { return cut_strings(data_, 512); }
  bool strings_256() { return cut_strings(data_, 256); }
  bool chain() { return keep_chain(2, 2); }
  bool request_body();
  bool locals();
  bool custom();
  bool least_body();

  rollbar_node& data_;
  std::size_t const limit_;
  std::string body_;
  std::size_t original_ = 0;
};

[[nodiscard]] FANLIGHT_COLD FANLIGHT_INLINE bool erase_middle(std::vector<rollbar_node>& list, std::size_t front, std::size_t back) {
  if (list.size() <= front + back) return false;
  list.erase(list.begin() + static_cast<std::ptrdiff_t>(front), list.end() - static_cast<std::ptrdiff_t>(back));
  return true;
}

FANLIGHT_COLD FANLIGHT_INLINE bool rollbar_cutter::fits() {
  send_buffer out;
  json_writer writer{out};
  writer.open_object();
  writer.name("data");
  data_.write(writer);
  writer.close_object();
  body_ = out.view();
  return body_.size() <= limit_;
}

FANLIGHT_COLD FANLIGHT_INLINE void rollbar_cutter::note(std::string name) {
  auto& said = data_.within("notifier").within("diagnostic");
  if (said.find("original_bytes") == nullptr) said.put("original_bytes", rollbar_node::number(static_cast<std::int64_t>(original_)));
  auto* list = said.find("truncation");
  if (list == nullptr || !list->is_array()) list = &said.put("truncation", rollbar_node::array());
  list->push(rollbar_node::text(name));
}

FANLIGHT_COLD FANLIGHT_INLINE bool rollbar_cutter::take_step(std::string_view name, step how) {
  if (!(this->*how)()) return false;
  if (!name.empty()) note(std::string{name});
  return fits();
}

FANLIGHT_COLD FANLIGHT_INLINE bool rollbar_cutter::telemetry() {
  auto* const list = data_.at("body/telemetry");
  return list != nullptr && list->is_array() && erase_middle(list->members, 0, 10);
}

FANLIGHT_COLD FANLIGHT_INLINE bool rollbar_cutter::keep_frames(std::size_t front, std::size_t back) {
  bool changed = false;
  each_trace([&](rollbar_node& one) {
    if (auto* const list = one.find("frames"); list != nullptr) changed = erase_middle(list->members, front, back) || changed;
  });
  return changed;
}

FANLIGHT_COLD FANLIGHT_INLINE bool rollbar_cutter::keep_chain(std::size_t front, std::size_t back) {
  auto* const list = data_.at("body/trace_chain");
  return list != nullptr && erase_middle(list->members, front, back);
}

/// All but what must survive: a class, an id, the words of this very diagnosis.
FANLIGHT_COLD FANLIGHT_INLINE bool rollbar_cutter::cut_strings(rollbar_node& one, std::size_t most) {
  if (one.is_text()) return one.key != "class" && one.key != "title" && one.key != "environment" && cut_bytes(one.words, most);
  bool changed = false;
  for (auto& each : one.members) {
    if (&one == &data_ && (each.key == "notifier" || each.key == "attributes")) continue;
    changed = cut_strings(each, most) || changed;
    changed = cut_bytes(each.key, most) || changed;
  }
  return changed;
}

FANLIGHT_COLD FANLIGHT_INLINE bool rollbar_cutter::request_body() {
  auto* const request = data_.find("request");
  return request != nullptr && request->erase("body");
}

FANLIGHT_COLD FANLIGHT_INLINE bool rollbar_cutter::locals() {
  bool changed = false;
  each_trace([&](rollbar_node& one) {
    auto* const list = one.find("frames");
    if (list == nullptr) return;
    for (auto& frame : list->members)
      for (std::string_view const name : {"locals", "args", "kwargs", "context", "code"}) changed = frame.erase(name) || changed;
  });
  return changed;
}

[[nodiscard]] FANLIGHT_COLD FANLIGHT_INLINE bool is_kept_to_the_end(std::string_view key) noexcept {
  for (std::string_view const one : {"trace_id", "span_id", "xray_trace_id", "fanlight_internal", "original_uuid", "original_class", "original_title"})
    if (key == one) return true;
  return false;
}

/// The largest keys first, until what is left fits. Ten of them are named.
FANLIGHT_COLD FANLIGHT_INLINE bool rollbar_cutter::custom() {
  auto* const all = data_.find("custom");
  if (all == nullptr || all->members.empty()) return false;
  struct part {
    std::size_t bytes, index;
  };
  std::vector<part> parts;
  for (std::size_t i = 0; i < all->members.size(); ++i)
    if (!is_kept_to_the_end(all->members[i].key)) parts.push_back({all->members[i].json().size() + all->members[i].key.size() + 4, i});
  sort_list(parts, [](part const& one, part const& other) { return one.bytes > other.bytes; });
  std::size_t const over = body_.size() + 2'048 - std::min(limit_, body_.size());  // what is noted needs room too
  std::vector<bool> gone(all->members.size());
  std::size_t saved = 0, count = 0;
  std::string names;
  for (; count < parts.size() && saved < over; ++count) {
    saved += parts[count].bytes;
    gone[parts[count].index] = true;
    if (count < 10) names += (count == 0 ? "custom:" : ",") + all->members[parts[count].index].key;
  }
  if (count == 0) return false;
  std::vector<rollbar_node> left;
  for (std::size_t i = 0; i < gone.size(); ++i)
    if (!gone[i]) left.push_back(std::move(all->members[i]));
  all->members = std::move(left);
  cut_bytes(names, 1'024);
  note(names + (count > 10 ? joined({" and ", std::to_string(count - 10), " more"}) : ""));
  return true;
}

FANLIGHT_COLD FANLIGHT_INLINE void keep_members(rollbar_node& of, std::initializer_list<std::string_view> names) {
  auto const may_go = [&](rollbar_node const& each) { return std::find(names.begin(), names.end(), each.key) == names.end(); };
  of.members.erase(std::remove_if(of.members.begin(), of.members.end(), may_go), of.members.end());
}

FANLIGHT_COLD FANLIGHT_INLINE void least_trace(rollbar_node& one) {
  keep_members(one, {"frames", "exception"});
  if (auto* const frames = one.find("frames"); frames != nullptr)
    for (auto& each : frames->members) keep_members(each, {"filename", "lineno", "method"});
  auto* const exception = one.find("exception");
  if (exception == nullptr) return;
  keep_members(*exception, {"class", "message"});
  if (auto* const text = exception->find("message"); text != nullptr) text->words.resize(utf8_front(text->words, 255).size());
}

FANLIGHT_COLD FANLIGHT_INLINE void least_members(rollbar_node& body) {
  keep_members(body, {"trace", "trace_chain", "message"});
  auto* const message = body.find("message");
  if (message == nullptr) return;
  keep_members(*message, {"body"});
  if (auto* const text = message->find("body"); text != nullptr) text->words.resize(utf8_front(text->words, 255).size());
}

/// What Rollbar needs to know what it is about, and nothing else.
FANLIGHT_COLD FANLIGHT_INLINE bool rollbar_cutter::least_body() {
  static_cast<void>(keep_frames(1, 1));
  static_cast<void>(keep_chain(1, 1));
  each_trace(least_trace);
  if (auto* const body = data_.find("body"); body != nullptr) least_members(*body);
  keep_members(data_, {"environment", "body", "level", "timestamp", "code_version", "platform", "language", "uuid", "title", "fingerprint", "context", "custom", "attributes",
                       "notifier"});
  if (auto* const list = data_.find("attributes"); list != nullptr && list->members.size() > 16) list->members.resize(16);
  if (auto* const custom = data_.find("custom"); custom != nullptr) {
    auto& keys = custom->members;
    keys.erase(std::remove_if(keys.begin(), keys.end(), [](rollbar_node const& each) { return !is_kept_to_the_end(each.key); }), keys.end());
  }
  if (auto* const said = data_.at("notifier/diagnostic/truncation"); said != nullptr && said->members.size() > 12) said->members.resize(12);
  return true;
}

FANLIGHT_COLD FANLIGHT_INLINE bool rollbar_cutter::run(std::string& body) {
  bool cut = false;
  if (!fits()) {
    cut = true;
    original_ = body_.size();
    static_cast<void>(take_step("telemetry:10", &rollbar_cutter::telemetry) || take_step("frames:30+30", &rollbar_cutter::frames) ||
                      take_step("strings:1024", &rollbar_cutter::strings_1024) || take_step("strings:512", &rollbar_cutter::strings_512) ||
                      take_step("strings:256", &rollbar_cutter::strings_256) || take_step("chain:2+2", &rollbar_cutter::chain) ||
                      take_step("request.body", &rollbar_cutter::request_body) || take_step("locals", &rollbar_cutter::locals) ||
                      take_step({}, &rollbar_cutter::custom) || take_step("body:least", &rollbar_cutter::least_body));
  }
  body = std::move(body_);
  return cut;
}

FANLIGHT_COLD FANLIGHT_INLINE bool fit_rollbar_item(rollbar_node& data, std::size_t limit, std::string& body) { return rollbar_cutter{data, limit}.run(body); }

}  // namespace detail
FANLIGHT_END

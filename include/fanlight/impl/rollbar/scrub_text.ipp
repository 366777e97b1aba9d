// The scrubber's work inside a text: one pass from left to right, in which each rule is tried where it may begin. What is copied is never
// looked at again, so that a text that was cleaned once is not changed by a second pass.
#pragma once

#include <fanlight/impl/rollbar/scrub.hpp>

#include <algorithm>

FANLIGHT_BEGIN
namespace detail {

[[nodiscard]] FANLIGHT_COLD FANLIGHT_INLINE bool is_name_letter(char letter) noexcept {
  return (letter >= 'A' && letter <= 'Z') || (letter >= 'a' && letter <= 'z') || (letter >= '0' && letter <= '9') || letter == '_' ||
         letter == '+' || letter == '-' || letter == '.' || letter == '%' || letter == '[' || letter == ']';
}
[[nodiscard]] FANLIGHT_COLD FANLIGHT_INLINE bool is_blank(char letter) noexcept {
  return letter == ' ' || letter == '\t' || letter == '\n' || letter == '\r';
}
[[nodiscard]] FANLIGHT_COLD FANLIGHT_INLINE bool is_capital_or_digit(char letter) noexcept {
  return (letter >= 'A' && letter <= 'Z') || (letter >= '0' && letter <= '9');
}

/// Letters of an id of AWS (`AKIA…`, `ASIA…`) at the front; 0: there is none.
[[nodiscard]] FANLIGHT_COLD FANLIGHT_INLINE std::size_t aws_id_at(std::string_view text) noexcept {
  if (text.substr(0, 4) != "AKIA" && text.substr(0, 4) != "ASIA") return 0;
  std::size_t size = 4;
  while (size < text.size() && is_capital_or_digit(text[size])) ++size;
  return size >= 16 ? size : 0;
}

FANLIGHT_COLD FANLIGHT_INLINE bool holds_aws_id(std::string_view text) noexcept {
  for (std::string_view const sign : {std::string_view{"AKIA"}, std::string_view{"ASIA"}})
    for (auto at = text.find(sign); at != std::string_view::npos; at = text.find(sign, at + 1))
      if (aws_id_at(text.substr(at)) != 0) return true;
  return false;
}

/// A key of a query may have its letters written as %xx.
[[nodiscard]] FANLIGHT_COLD FANLIGHT_INLINE std::string without_percent(std::string_view text) {
  auto const digit = [](char letter) -> int {
    if (letter >= '0' && letter <= '9') return letter - '0';
    char const small = static_cast<char>(letter | 0x20);
    return small >= 'a' && small <= 'f' ? small - 'a' + 10 : -1;
  };
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && digit(text[i + 1]) >= 0 && digit(text[i + 2]) >= 0) {
      out += static_cast<char>(digit(text[i + 1]) * 16 + digit(text[i + 2]));
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

/// One text on its way through.
class text_scrubber {
 public:
  text_scrubber(rollbar_scrubber const& by, std::string_view text) : by_{by}, text_{text}, aws_{holds_aws_id(text)} {}
  [[nodiscard]] std::string run();

 private:
  [[nodiscard]] char letter(std::size_t at) const noexcept { return at < text_.size() ? text_[at] : '\0'; }
  FANLIGHT_COLD void copy_to(std::size_t end) {
    out_.append(text_, at_, end - at_);
    at_ = end;
  }
  /// Everything up to `begin` as it is, and what stands from there to `end` masked.
  FANLIGHT_COLD void mask(std::size_t begin, std::size_t end) {
    copy_to(begin);
    out_ += filtered;
    at_ = end;
  }
  [[nodiscard]] bool any_part_is_secret(std::string_view name) const;
  [[nodiscard]] std::size_t end_of_quoted(std::size_t begin, char quote) const noexcept;
  [[nodiscard]] std::size_t end_of_quoted_name(std::size_t begin, std::size_t& sign) const noexcept;
  [[nodiscard]] std::size_t end_of_value(std::size_t begin, std::string_view stops) const noexcept;
  bool url_user();
  bool bearer();
  bool key_value();
  bool mask_value(std::size_t begin, std::string_view name, char sign);
  bool aws();

  rollbar_scrubber const& by_;
  std::string_view text_;
  std::string out_;
  std::size_t at_ = 0;
  bool aws_;
};

/// `user[password]`, `form.password`
FANLIGHT_COLD FANLIGHT_INLINE bool text_scrubber::any_part_is_secret(std::string_view raw) const {
  auto const name = raw.find('%') == std::string_view::npos ? std::string{raw} : without_percent(raw);
  if (by_.is_secret(name)) return true;
  for (std::size_t begin = 0; begin < name.size();) {
    auto const end = std::min(name.find_first_of("[]", begin), name.size());
    if (end > begin && by_.is_secret(std::string_view{name}.substr(begin, end - begin))) return true;
    begin = end + 1;
  }
  return false;
}

FANLIGHT_COLD FANLIGHT_INLINE std::size_t text_scrubber::end_of_quoted(std::size_t at, char quote) const noexcept {
  for (; at < text_.size() && text_[at] != quote; ++at)
    if (text_[at] == '\\') ++at;
  return std::min(at, text_.size());
}

FANLIGHT_COLD FANLIGHT_INLINE std::size_t text_scrubber::end_of_value(std::size_t at, std::string_view stops) const noexcept {
  while (at < text_.size() && !is_blank(text_[at]) && stops.find(text_[at]) == std::string_view::npos) ++at;
  return at;
}

/// At `://`: a password before the host. What stands behind a colon and is no port belongs to it even if it holds a slash.
FANLIGHT_COLD FANLIGHT_INLINE bool text_scrubber::url_user() {
  auto const begin = at_ + 3;
  auto stop = end_of_value(begin, "/?#\"'<>`");
  auto at = text_.substr(begin, stop - begin).rfind('@');
  auto const colon = text_.find(':', begin);
  if (colon == std::string_view::npos) return false;
  if (at == std::string_view::npos) {
    auto const port = text_.substr(colon + 1, stop > colon ? stop - colon - 1 : 0);
    if (stop <= colon || (!port.empty() && port.find_first_not_of("0123456789") == std::string_view::npos) || letter(begin) == '[') return false;
    stop = end_of_value(begin, "\"'<>`");
    at = text_.substr(begin, stop - begin).rfind('@');
    if (at == std::string_view::npos) return false;
  }
  at += begin;
  if (colon >= at) return false;
  return mask(colon + 1, at), true;
}

/// `Bearer x`, wherever it stands.
FANLIGHT_COLD FANLIGHT_INLINE bool text_scrubber::bearer() {
  static constexpr std::string_view schemes[]{"bearer", "basic", "digest", "token"};
  for (auto const scheme : schemes) {
    if (plain_key(text_.substr(at_, scheme.size())) != scheme || letter(at_ + scheme.size()) != ' ') continue;
    auto const begin = text_.find_first_not_of(' ', at_ + scheme.size());
    if (begin == std::string_view::npos) return false;
    auto const end = end_of_value(begin, "\"'<>,;)");
    bool const plain_word = scheme != "bearer" && end - begin < 16;  // "basic idea"
    if (plain_word || end - begin < 4 || text_.substr(begin, filtered.size()) == filtered) return false;
    return mask(begin, end), true;
  }
  return false;
}

/// Behind a name and its sign: what follows, as a query, a header or JSON would have it.
FANLIGHT_COLD FANLIGHT_INLINE bool text_scrubber::mask_value(std::size_t begin, std::string_view name, char sign) {
  while (begin < text_.size() && (text_[begin] == ' ' || text_[begin] == '\t')) ++begin;
  if (begin >= text_.size() || text_.substr(begin, filtered.size()) == filtered) return false;
  bool const escaped = text_[begin] == '\\' && (letter(begin + 1) == '"' || letter(begin + 1) == '\'');
  if (escaped) ++begin;
  char const quote = text_[begin];
  if (quote == '"' || quote == '\'') {
    auto end = escaped ? std::min(text_.find(std::string{'\\', quote}, begin + 1), text_.size()) : end_of_quoted(begin + 1, quote);
    if (text_.substr(begin + 1, filtered.size()) == filtered) return false;
    return mask(begin + 1, end), true;
  }
  auto const plain = plain_key(name);
  bool const whole_line = sign == ':' && (plain.find("cookie") != std::string::npos || plain.find("authorization") != std::string::npos);
  auto end = whole_line ? std::min(text_.find_first_of("\r\n\"'", begin), text_.size()) : end_of_value(begin, "&\"'<>#\\");
  // Of a line that goes on after `Authorization: Bearer x`, the rest may stay.
  if (whole_line && plain.find("authorization") != std::string::npos) {
    auto const scheme_end = end_of_value(begin, "");
    auto const rest = text_.find_first_not_of(' ', scheme_end);
    bool const one_word = plain_key(text_.substr(begin, scheme_end - begin)) == "bearer" || plain_key(text_.substr(begin, scheme_end - begin)) == "basic";
    if (one_word && rest < end) end = end_of_value(rest, "\"'<>,;");
  }
  if (end == begin) return false;
  return mask(begin, end), true;
}

/// The end of a name in quotes that a sign follows, as in JSON, where it may hold blanks; `begin` itself when there is none.
FANLIGHT_COLD FANLIGHT_INLINE std::size_t text_scrubber::end_of_quoted_name(std::size_t begin, std::size_t& sign) const noexcept {
  char const quote = begin == 0 ? '\0' : text_[begin - 1];
  if (quote != '"' && quote != '\'') return begin;
  auto const closing = text_.substr(begin, 80).find(quote);
  if (closing == std::string_view::npos) return begin;
  sign = begin + closing + 1;
  while (letter(sign) == ' ') ++sign;
  auto const end = begin + closing;
  return letter(sign) == ':' || letter(sign) == '=' ? (end > begin && text_[end - 1] == '\\' ? end - 1 : end) : begin;
}

/// At the first letter of a name: `name=value`, `"name": value`, and `name: value` where the name is that of a header.
FANLIGHT_COLD FANLIGHT_INLINE bool text_scrubber::key_value() {
  std::size_t sign = at_;
  std::size_t end = end_of_quoted_name(at_, sign);
  bool const quoted = end != at_;
  if (!quoted) {
    while (end < text_.size() && is_name_letter(text_[end])) ++end;
    for (sign = end; letter(sign) == ' ';) ++sign;
  }
  auto const name = text_.substr(at_, end - at_);
  char const what = letter(sign);
  bool const compares = what == '=' && letter(sign + 1) == '=', scope = what == ':' && !quoted && letter(sign + 1) == ':';
  if ((what != '=' && what != ':') || compares || scope || !any_part_is_secret(name)) {
    if (aws_ || quoted) return false;  // an id of AWS, or another name, may stand inside of it
    return copy_to(end), true;
  }
  if (!mask_value(sign + 1, name, what)) copy_to(std::max(end, at_));
  return true;
}

FANLIGHT_COLD FANLIGHT_INLINE bool text_scrubber::aws() {
  if (auto const size = aws_id_at(text_.substr(at_)); size != 0) return mask(at_, at_ + size), true;
  if (at_ > 0 && is_key_letter(text_[at_ - 1])) return false;
  std::size_t end = at_;
  while (end < text_.size() && is_key_letter(text_[end])) ++end;
  if (!looks_like_aws_secret(text_.substr(at_, end - at_))) return false;
  return mask(at_, end), true;
}

FANLIGHT_COLD FANLIGHT_INLINE std::string text_scrubber::run() {
  while (at_ < text_.size()) {
    char const here = text_[at_];
    bool const begins = is_name_letter(here) && (at_ == 0 || !is_name_letter(text_[at_ - 1]));
    if (here == ':' && text_.substr(at_, 3) == "://" && at_ > 0 && url_user()) continue;
    if (aws_ && is_key_letter(here) && aws()) continue;
    if (begins && bearer()) continue;
    if (begins && key_value()) continue;
    copy_to(at_ + 1);
  }
  return std::move(out_);
}

FANLIGHT_COLD FANLIGHT_INLINE std::string rollbar_scrubber::clean(std::string_view text) const {
  std::string own;
  for (auto const& token : tokens_) {
    if (text.find(token) == std::string_view::npos) continue;
    own = text;
    for (auto at = own.find(token); at != std::string::npos; at = own.find(token, at + filtered.size())) own.replace(at, token.size(), filtered);
    text = own;
  }
  // Without these letters no rule applies.
  if (text.find_first_of(":=") == std::string_view::npos && text.find(' ') == std::string_view::npos && !holds_aws_id(text)) return std::string{text};
  return text_scrubber{*this, text}.run();
}

}  // namespace detail
FANLIGHT_END

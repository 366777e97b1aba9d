// The work of xray_writer on one entry: sorts its items, then writes block after block. Made on the stack for each span; see document.hpp.
#pragma once

#include <fanlight/impl/xray/document.hpp>

FANLIGHT_BEGIN
namespace detail {

class xray_writer::entry_writer {
 public:
  entry_writer(xray_writer& owner, send_buffer& to, batch_data const& batch, unsigned char const* at, bool segment, xray_trim const* trim)
      : owner_{owner}, form_{owner.form_}, to_{to}, json_{to}, anchor_{batch.anchor}, resource_{*batch.resource},
        head_{*reinterpret_cast<entry_head const*>(at)}, found_{at}, segment_{segment}, trim_{trim},
        name_{reinterpret_cast<char const*>(at + sizeof head_), head_.name_size} {
    json_.after_fragment(true);
  }
  void all();

 private:
  static constexpr std::string_view default_space{"default"};
  // sorting.ipp
  void sort();
  void sort_attribute(item_view item);
  void sort_metadata(item_view item);
  void sort_rest();
  void index_attributes();
  void add_annotation(item_view item);
  static void drop_doubles(std::vector<xray_member>& members);
  static void shadow_attributes(std::vector<xray_member>& members);
  [[nodiscard]] std::string_view keep(std::string_view text);
  // names.ipp and blocks.ipp
  void name();
  [[nodiscard]] std::string_view chosen_name();
  [[nodiscard]] std::string_view name_of_database();
  void times();
  void name_space();
  void http();
  void http_request();
  void http_response();
  void write_url();
  [[nodiscard]] bool is_http() const noexcept;
  void sql();
  void aws();
  void segment_aws();
  void user();
  void traced();
  void precursors();
  void links();
  // cause.ipp
  void flags();
  void cause();
  void exceptions();
  [[nodiscard]] static std::string cause_name(std::string_view uuid, unsigned number);
  void nested_causes(std::string_view uuid, value const& causes);
  void exception(item_view event);
  void stack(value const& trace);
  // facts.ipp
  void annotations();
  void tidy_metadata();
  void metadata();
  void metadata_of(std::string_view space);
  void truncated();
  void source_facts();
  void resource_facts();

  [[nodiscard]] bool has(xray_key key) const noexcept { return slots_[static_cast<std::size_t>(key)] != 0; }
  [[nodiscard]] value look(xray_key key) const noexcept {
    auto const at = slots_[static_cast<std::size_t>(key)];
    return at == 0 ? value{} : read_value({found_.items + (at - 1)});
  }
  /// The value, which is not written as metadata then.
  [[nodiscard]] value use(xray_key key) noexcept {
    auto const number = static_cast<std::size_t>(key);
    used_[number / 64] |= std::uint64_t{1} << (number % 64);
    return look(key);
  }
  [[nodiscard]] bool is_used(xray_key key) const noexcept {
    auto const number = static_cast<std::size_t>(key);
    return (used_[number / 64] >> (number % 64) & 1) != 0;
  }
  /// The first of two that is there.
  [[nodiscard]] value use(xray_key newer, xray_key older) noexcept {
    auto const second = use(older);
    return has(newer) ? use(newer) : second;
  }
  [[nodiscard]] std::string_view text(xray_key key) const noexcept { return look(key).as_text(); }
  [[nodiscard]] bool is_kind(span_kind kind) const noexcept { return head_.kind == static_cast<std::uint8_t>(kind); }
  [[nodiscard]] bool calls_out() const noexcept { return is_kind(span_kind::client) || is_kind(span_kind::producer); }
  /// A number, or a text that is one; `none` else.
  [[nodiscard]] static std::int64_t number_of(value const& from, std::int64_t none = -1) noexcept;
  /// At most `most` characters; that it was cut is told.
  [[nodiscard]] std::string_view limited(std::string_view any, std::size_t most, std::string_view what);
  /// `"key":"text"`, at most 250 characters, if there is a text.
  template <std::size_t Size>
  void limited_member(char const (&key)[Size], std::string_view any) {
    if (any.empty()) return;
    json_.name(key);
    json_.text(limited(any, xray_text_length, key));
  }
  template <std::size_t Size>
  void text_member(char const (&key)[Size], std::string_view any) {
    if (any.empty()) return;
    json_.name(key);
    json_.text(any);
  }
  void texts(value const& from);
  void exception_id(std::string_view uuid);

  xray_writer& owner_;
  xray_form const& form_;
  send_buffer& to_;
  json_writer json_;
  clock_anchor const& anchor_;
  resource const& resource_;
  entry_head const& head_;
  entry_survey const found_;
  bool const segment_;
  xray_trim const* const trim_;
  std::string_view const name_;
  std::uint32_t slots_[xray_keys]{};  // 1 + where the item lies, 0: there is none
  std::uint64_t there_[2]{}, used_[2]{};  // a bit for each known key
  std::int64_t status_ = -1;          // of http
  std::int64_t received_ = -1;        // bytes of the answer, by a message event
  bool has_exceptions_ = false, changed_keys_ = false, listed_ = false;
  entry_facts facts_{};
};

}  // namespace detail
FANLIGHT_END

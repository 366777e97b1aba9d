// Words for what many spans say: a call by HTTP, to a data base, to an AWS service, who asked, what kind of failure. They become attributes
// with the names of OpenTelemetry's conventions, so that every back end profits; X-Ray makes its blocks of them. And the key of an
// annotation, which is checked when compiling where it is a literal. Values that borrow, read during the call; any thread.
#pragma once

#include <fanlight/context.hpp>
#include <fanlight/value.hpp>

FANLIGHT_BEGIN

/// What is left empty, or below 0, is not written.
struct http_facts {
  std::string_view method = {};
  std::string_view url = {};         // user and password in it are left out
  std::string_view route = {};       // `/users/{id}`
  std::string_view user_agent = {};
  std::string_view client_ip = {};
  bool forwarded = false;            // client_ip is from X-Forwarded-For
  int status = -1;
  std::int64_t content_length = -1;  // of the answer
};

struct sql_facts {
  std::string_view system = {};      // postgresql, mysql, …
  std::string_view query = {};       // without values of users; X-Ray gets it only when its configuration says so
  std::string_view database = {};
  std::string_view server = {};      // host name or address
  std::string_view user = {};
  std::string_view version = {};         // of the data base
  std::string_view driver_version = {};
  std::string_view preparation = {};     // `statement` or `call`
};

struct aws_facts {
  std::string_view service = {};     // DynamoDB, S3, …: X-Ray's name for the call
  std::string_view operation = {};
  std::string_view region = {};
  std::string_view account_id = {};
  std::string_view request_id = {};
  std::string_view extended_request_id = {};
  std::string_view queue_url = {};
  std::string_view table_name = {};
  int retries = -1;
};

namespace detail {
struct draft;

template <class T>
inline constexpr bool is_array_type = false;
template <class T, std::size_t Size>
inline constexpr bool is_array_type<T[Size]> = true;

/// Not a constant expression: that is how a wrong literal stops the compiler, with this name in its words.
inline void an_annotation_key_has_1_to_500_letters_digits_underscores_or_dots() noexcept {}

void put_http(draft& d, http_facts const& facts) noexcept;
void put_sql(draft& d, sql_facts const& facts) noexcept;
void put_aws(draft& d, aws_facts const& facts) noexcept;
void put_user(draft& d, std::string_view id, std::string_view name) noexcept;
void put_remote(draft& d, bool traced) noexcept;
/// `aws.xray.error` and its like, and status error with them.
void put_flag(draft& d, std::string_view key, bool yes) noexcept;
void put_precursors(draft& d, context const* first, std::size_t count) noexcept;
}  // namespace detail

/// The key of an annotation. A literal with other characters than X-Ray indexes does not compile; keys that come at run time are made fit by
/// the exporter, and that is told. A literal that is handed on by a template (`std::optional<annotation>`, `emplace`) is no constant any
/// more: write `annotation_key{"tenant"}` there.
class annotation_key {
 public:
  template <std::size_t Size>
  consteval annotation_key(char const (&literal)[Size]) noexcept : data_{literal}, size_{Size - 1} {
    if (size_ == 0 || size_ > 500) detail::an_annotation_key_has_1_to_500_letters_digits_underscores_or_dots();
    for (std::size_t i = 0; i < size_; ++i)
      if (!is_legal(literal[i])) detail::an_annotation_key_has_1_to_500_letters_digits_underscores_or_dots();
  }
  /// An array that can be written to is no literal.
  template <std::size_t Size>
  constexpr annotation_key(char (&text)[Size]) noexcept : annotation_key{std::string_view{text}, 0} {}
  template <class T>
    requires(detail::textual<T> && !detail::is_array_type<T>)
  constexpr annotation_key(T const& text) noexcept : annotation_key{std::string_view{text}, 0} {}

  [[nodiscard]] constexpr operator std::string_view() const noexcept { return {data_, size_}; }

 private:
  constexpr annotation_key(std::string_view text, int) noexcept : data_{text.data()}, size_{text.size()} {}
  [[nodiscard]] static constexpr bool is_legal(char letter) noexcept {
    return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') || (letter >= '0' && letter <= '9') || letter == '_' || letter == '.';
  }
  char const* data_;
  std::size_t size_;
};

FANLIGHT_END

#ifndef FANLIGHT_COMPILED
#include <fanlight/impl/vocabulary.ipp>
#endif

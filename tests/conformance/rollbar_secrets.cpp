// No secret leaves: the table of keys, the forms inside texts, and random payloads in which every secret carries a mark that must not be found
// in any byte that was sent or said.
#include "catch.hpp"
#include "support/fake_rollbar.hpp"

#include <fanlight/impl/rollbar/scrub.hpp>

#include <cctype>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <sstream>
#include <stdexcept>

using namespace support;
using fl::detail::rollbar_scrubber;

namespace {

constexpr char const* secret_keys[]{
    "pw", "passwd", "password", "secret", "confirm_password", "confirmPassword", "password_confirmation", "passwordConfirmation", "access_token", "accessToken", "auth",
    "authentication", "authorization", "pass", "secret_key", "secretKey", "secretToken", "X-Rollbar-Access-Token", "api_key", "authenticity_token", "oauth_token", "token",
    "user_session_secret", "csrf", "cookies", "www-authorization", "http_authorization", "omniauth.auth", "cookie", "oauth-access-token", "x-access-token", "x_csrf_token",
    "http_x_csrf_token", "x-csrf-token", "secret_token", "session_id", "auth_token", "csrf_token", "apikey", "credentials", "mysql_pwd", "privatekey", "private_key", "session",
    "csrftoken", "sessionid", "x_csrftoken", "set_cookie", "proxy-authorization", "x_api_key", "connect.sid", "x_forwarded_for", "x_real_ip", "ip_address", "remote_addr",
    "cc-number", "card number", "cvc", "cvv2", "security code", "db_password", "AWS_SECRET_ACCESS_KEY", "aws_access_key", "myApiKey", "ssh-private-key", "PGPASSWORD", "RefreshToken", "http.request.header.authorization"};
constexpr char const* harmless_keys[]{"tokencount", "token_count", "secretary", "passwordless", "order", "author", "authored", "passage", "keyboard", "sessions_open", "cookies_per_box"};

rollbar_scrubber const usual{{}, {}};

}  // namespace

TEST_CASE("scrubbing: keys that everybody hides, in any spelling, and no others") {
  for (auto const* key : secret_keys) {
    CAPTURE(key);
    CHECK(usual.is_secret(key));
    std::string loud;
    for (auto const* at = key; *at != '\0'; ++at) loud += *at == '_' ? '-' : static_cast<char>(std::toupper(static_cast<unsigned char>(*at)));
    CHECK(usual.is_secret(loud));
  }
  for (auto const* key : harmless_keys) {
    CAPTURE(key);
    CHECK_FALSE(usual.is_secret(key));
  }
  rollbar_scrubber const more{{"Shoe Size"}, {}};
  CHECK(more.is_secret("shoe_size"));
  CHECK_FALSE(usual.is_secret("shoe_size"));
}

TEST_CASE("scrubbing: inside a text only the secret itself goes") {
  struct row {
    char const *given, *expected;
  };
  row const rows[]{
      {"nothing to see: a=1 & b=2", "nothing to see: a=1 & b=2"},
      {"GET http://u:pw@h/x?password=1&q=2 failed", "GET http://u:[FILTERED]@h/x?password=[FILTERED]&q=2 failed"},
      {"http://u:p/w?x#y@h/z", "http://u:[FILTERED]@h/z"},
      {"http://u:p@w@h/z", "http://u:[FILTERED]@h/z"},
      {"http://host:8080/a@b", "http://host:8080/a@b"},
      {"http://[::1]:8080/a@b", "http://[::1]:8080/a@b"},
      {"postgres://app:s3cr3t@db:5432/x?sslmode=on", "postgres://app:[FILTERED]@db:5432/x?sslmode=on"},
      {"host=db user=app password=hunter2 port=1", "host=db user=app password=[FILTERED] port=1"},
      {"password='hunter 2' x", "password='[FILTERED]' x"},
      {"/x?pass%77ord=1&user[token]=2&n=3", "/x?pass%77ord=[FILTERED]&user[token]=[FILTERED]&n=3"},
      {R"({"password": "hu\"nter", "n": 1, "api_key":42})", R"({"password": "[FILTERED]", "n": 1, "api_key":[FILTERED])"},
      {R"("{\"token\":\"abc\",\"n\":1}")", R"("{\"token\":\"[FILTERED]\",\"n\":1}")"},
      {"Authorization: Bearer abc.def failed", "Authorization: [FILTERED] failed"},
      {"Authorization: Digest username=\"x\", response=\"y\"", "Authorization: [FILTERED]\"x\", response=\"y\""},
      {"sent Bearer eyJhbGciOi.x.y along", "sent Bearer [FILTERED] along"},
      {"Cookie: a=b; c=d\nHost: h", "Cookie: [FILTERED]\nHost: h"},
      {"id AKIAIOSFODNN7EXAMPLE and wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY too", "id [FILTERED] and [FILTERED] too"},
      {"id=AKIAIOSFODNN7EXAMPLE", "id=[FILTERED]"},
      {"x-ASIAIOSFODNN7EXAMPLE-y", "x-[FILTERED]-y"},
      {"std::secret::thing == token", "std::secret::thing == token"},
      {"if (token == 5)", "if (token == 5)"},
      {"tokencount=5 secretary=jim", "tokencount=5 secretary=jim"},
  };
  for (auto const& each : rows) {
    auto const once = usual.clean(each.given);
    CHECK(once == each.expected);
    CHECK(usual.clean(once) == once);  // hooks run in between
  }
  rollbar_scrubber const own{{}, {"client-token-1"}};
  CHECK(own.clean("the client-token-1, again client-token-1") == "the [FILTERED], again [FILTERED]");
}

TEST_CASE("scrubbing: keys beside names, secrets beside ids, keys that are texts") {
  auto tree = fl::detail::rollbar_node::from(fl::value{fl::object{
      {"list", fl::object{{"name", "password"}, {"value", "hunter2"}}},
      {"aws", fl::object{{"id", "AKIAIOSFODNN7EXAMPLE"}, {"other", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"}}},
      {"http://u:pw@h", 1},
      {"credentials", fl::object{{"user", "u"}}},
  }});
  usual.clean(tree);
  CHECK(tree.json() == R"({"list":{"name":"password","value":"[FILTERED]"},"aws":{"id":"[FILTERED]","other":"[FILTERED]"},"http://u:[FILTERED]@h":1,"credentials":"[FILTERED]"})");
}

TEST_CASE("scrubbing: addresses of people, in part or not at all") {
  CHECK(fl::detail::anonymous_ip("192.0.2.77") == "192.0.2.0");
  CHECK(fl::detail::anonymous_ip("2001:db8:85a3:8d3:1319:8a2e:370:7348") == "2001:db8:85a3::");
  CHECK(fl::detail::anonymous_ip("2001:db8::1") == "2001:db8::");
  CHECK(fl::detail::anonymous_ip("::1") == "::");
  CHECK(fl::detail::anonymous_ip("$remote_ip") == "$remote_ip");
  CHECK(fl::detail::anonymous_ip("somebody at home") == "");
}

namespace {

/// Payloads with secrets in them, each of which carries the mark.
class dealer {
 public:
  explicit dealer(unsigned seed) : random_{seed} {}
  static constexpr std::string_view mark = "mArKeD";

  [[nodiscard]] std::size_t draw(std::size_t below) { return std::uniform_int_distribution<std::size_t>{0, below - 1}(random_); }
  [[nodiscard]] std::string secret() {
    std::string out{mark};
    for (auto left = draw(20); left != 0; --left) out += "abcXYZ019+/._~!$%,;)}]"[draw(21)];
    return out + "z";
  }
  [[nodiscard]] std::string key() {
    std::string out = secret_keys[draw(std::size(secret_keys))];
    for (auto& letter : out)
      if (draw(4) == 0) letter = static_cast<char>(std::toupper(static_cast<unsigned char>(letter)));
    return out;
  }
  [[nodiscard]] std::string query_key() {
    auto out = key();
    for (auto& letter : out)
      if (letter == ' ') letter = '_';
    return out;
  }
  [[nodiscard]] std::string noise() {
    std::string out;
    for (auto left = draw(12); left != 0; --left) out += "ab :/?&=#\"'\\{}[]<>\xC3\xA9\xFF\n@."[draw(25)];
    return out;
  }
  [[nodiscard]] std::string text() {
    switch (draw(8)) {
      case 0: return noise() + " https://user:" + secret() + "@host/x " + noise();
      case 1: return noise() + " /x?" + query_key() + "=" + secret() + "&n=1 " + noise();
      case 2: return "Authorization: Bearer " + std::string{mark} + "abcdefgh123 " + noise();
      case 3: return "Cookie: sid=" + secret() + "; b=" + secret();
      case 4: return "{\"n\":1,\"" + key() + "\":\"" + secret() + "\"}";
      case 5: return "key AKIAIOSFODNN7EXAMPLE " + std::string{mark} + "XUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKE" + " " + noise();
      case 6: return "user=u " + query_key() + "=" + secret() + " host=h";
      default: return noise();
    }
  }
  [[nodiscard]] fl::object tree(int depth) {
    fl::object out;
    for (auto left = draw(5) + 1; left != 0; --left) {
      auto const harmless = "k" + std::to_string(draw(1000));
      switch (draw(depth > 4 ? 3 : 5)) {
        case 0: out.set(key(), secret()); break;
        case 1: out.set(harmless, text()); break;
        case 2: out.set(harmless, 1.5); break;
        case 3: out.set(draw(4) == 0 ? key() : harmless, tree(depth + 1)); break;
        default: {
          fl::array list;
          list.push(text()).push(tree(depth + 1));
          out.set(draw(4) == 0 ? key() : harmless, list);
        }
      }
    }
    return out;
  }

 private:
  std::mt19937 random_;
};

/// Causes, what is no exception, scopes that are left, and log records that report.
void tell_in_a_handler(dealer& deal) {
  try {
    fl::guarded([&] {
      fl::error_scope scope{"a scope"};
      scope.set(deal.key(), deal.secret());
      try {
        throw deal.text();
      } catch (...) {
        std::throw_with_nested(std::runtime_error{deal.text()});
      }
    });
  } catch (...) {
    fl::logger{"a.logger"}.error(deal.text(), {{deal.key(), deal.secret()}, {"tree", deal.tree(3)}});
    fl::report_current();
  }
}

void tell(dealer& deal) {
  fl::scoped_span span{"span " + deal.text(), {.kind = deal.draw(2) == 0 ? fl::span_kind::client : fl::span_kind::internal}};
  fl::annotation const scope{"url.full", deal.text()};
  fl::annotation const header{"http.request.header.cookie", deal.secret()};
  fl::metadata const params{"params", deal.tree(0), "request"};
  fl::info(deal.text(), {{deal.key(), deal.secret()}, {"tree", deal.tree(2)}});
  {
    fl::scoped_span call{"call", {.kind = fl::span_kind::client}, {{"http.request.method", "GET"}, {"url.full", deal.text()}}};
    call.set(deal.key(), deal.secret());
  }
  if (deal.draw(4) == 0) tell_in_a_handler(deal);
  if (deal.draw(3) == 0) fl::error_report{deal.text()}.set(deal.key(), deal.secret()).metadata("m", deal.tree(0), "space");
  else
    fl::error_report{std::runtime_error{deal.text()}}
        .set(deal.key(), deal.secret())
        .set("tree", deal.tree(0))
        .set("rollbar.context", deal.text())
        .set("rollbar.title", deal.text())
        .person({.id = "u-1", .username = "n", .email = "e@x"});
}

}  // namespace

namespace {

/// What is written to disk while nobody is there.
void check_spool(dealer& deal, fl::rollbar_config how, std::filesystem::path const& folder) {
  fake_rollbar gone;
  auto const endpoint = gone.endpoint();
  gone.server().stop();
  how.endpoint = endpoint;
  how.name = "away";
  how.watch = std::make_shared<fl::rollbar_watch>();
  how.transform = nullptr, how.title = nullptr, how.on_item = nullptr;  // they are another lane's
  std::string words;
  {
    problem_log problems;
    fl::pipeline line{plain({fl::rollbar(how)}, problems)};
    fl::with_default const here{line};
    for (int i = 0; i < 10; ++i) tell(deal);
    CHECK(eventually([&] { return !line.flush(100ms) && how.watch->stats().spooled >= 10; }));
    line.shutdown(1s);
    for (auto const& each : line.problems()) words += each.what;
  }
  std::size_t bytes = 0;
  for (auto const& each : std::filesystem::directory_iterator{folder}) {
    std::ostringstream text;
    text << std::ifstream{each.path()}.rdbuf();
    bytes += text.str().size();
    CHECK(text.str().find(dealer::mark) == std::string::npos);
  }
  CHECK(bytes > 0);
  CHECK(words.find(dealer::mark) == std::string::npos);
}

}  // namespace

TEST_CASE("no secret in any byte that is sent or said, over random payloads") {
  auto const seed = GENERATE(1u, 2u, 3u, 4u, 5u, static_cast<unsigned>(Catch::rngSeed()));
  INFO("seed " << seed);
  dealer deal{seed}, lanes{seed + 1'000};  // the exporter's thread draws for itself
  fake_rollbar rollbar;
  std::string made = (std::filesystem::temp_directory_path() / "fanlight-secrets-XXXXXX").string();
  std::filesystem::path const folder = ::mkdtemp(made.data());
  auto const token = std::string{dealer::mark} + "-client-token";
  rollbar.answers_with({refused_with(422, "bad token " + token), refused_with(413, "large")});
  fl::rollbar_config how;
  how.access_token = token;
  how.transform = [&lanes](fl::rollbar_item& item) { item.set("custom/added", lanes.text()).set("custom/" + lanes.query_key(), lanes.secret()); };
  how.title = [&lanes](fl::rollbar_event const&) -> std::string {
    if (lanes.draw(50) == 0) throw std::runtime_error{lanes.text()};
    return lanes.text();
  };
  how.max_bytes = deal.draw(2) == 0 ? 8'192 : 65'536;
  how.custom = deal.tree(2);
  how.spool.folder = folder.string();
  how.spool.bytes = how.max_bytes * 8;
  std::string shown;
  how.on_item = [&shown](std::string_view json) { shown += json; };
  auto const away = how;
  reporting on{rollbar, how, [](fl::config& all) { all.report_logged = fl::level::warn; }};
  for (int i = 0; i < 60; ++i) {
    tell(deal);
    static_cast<void>(on.line.flush(patience));
  }
  CHECK(rollbar.items().size() >= 60);
  for (auto const& request : rollbar.requests()) {
    auto const at = request.body.find(dealer::mark);
    INFO((at == std::string::npos ? "" : request.body.substr(at < 200 ? 0 : at - 200, 400)));
    CHECK(at == std::string::npos);
    for (auto const& [name, value] : request.headers)
      if (name != "X-Rollbar-Access-Token") CHECK(value.find(dealer::mark) == std::string::npos);
  }
  CHECK(on.words().find(dealer::mark) == std::string::npos);
  CHECK(shown.find(dealer::mark) == std::string::npos);
  check_spool(deal, away, folder);
  std::filesystem::remove_all(folder);
  CHECK(rollbar.complaints() == std::vector<std::string>{});
}

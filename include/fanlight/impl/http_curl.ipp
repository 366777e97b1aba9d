// HTTP by libcurl, which no other file knows. A transport has one multi handle and one easy handle, so that a connection is kept and a
// wakeup ends a transfer at once; both belong to the thread that sends. The child of a fork leaves what it inherited alone, and begins anew.
#pragma once

#include <fanlight/impl/http.hpp>
#include <fanlight/impl/http_arrival.hpp>
#include <fanlight/impl/joined.hpp>

#include <curl/curl.h>

#include <algorithm>
#include <atomic>
#include <cstring>

#include <unistd.h>

FANLIGHT_BEGIN
namespace detail {

FANLIGHT_COLD FANLIGHT_INLINE void prepare_curl() noexcept {
  [[maybe_unused]] static CURLcode const done = ::curl_global_init(CURL_GLOBAL_DEFAULT);
}

struct curl_list_end {
  void operator()(curl_slist* list) const noexcept { ::curl_slist_free_all(list); }
};
using curl_list = std::unique_ptr<curl_slist, curl_list_end>;

class curl_sender final : public http_transport {
  using moment = std::chrono::steady_clock::time_point;

 public:
  explicit curl_sender(http_options const& how) : how_{how} { open(); }
  ~curl_sender() override { close(); }

  // Inline where it is declared: or the class would be compiled in every file that includes it.
  [[nodiscard]] FANLIGHT_COLD FANLIGHT_INLINE http_answer send(http_request const& what, moment until) override;
  FANLIGHT_COLD FANLIGHT_INLINE void hurry(moment until) noexcept override;

 private:
  FANLIGHT_COLD static curl_socket_t open_socket(void*, curlsocktype, curl_sockaddr* to) noexcept {
    return ::socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
  }
  template <class Value>
  FANLIGHT_COLD void set(CURLoption option, Value value) noexcept {
    static_cast<void>(::curl_easy_setopt(easy_, option, value));
  }
  FANLIGHT_COLD void set_text(CURLoption option, std::string const& text) noexcept {
    if (!text.empty()) set(option, text.c_str());
  }

  void open() noexcept;
  void close() noexcept;
  void set_up() noexcept;
  void set_up_tls() noexcept;

  [[nodiscard]] bool aim(std::string const& url, http_answer& out);
  [[nodiscard]] bool write_headers(http_request const& what, curl_list& list, http_answer& out) const;
  void write_body(http_request const& what) noexcept;
  [[nodiscard]] CURLcode transfer(moment until) noexcept;
  [[nodiscard]] moment end_of(moment until) const noexcept { return std::min(until, moment{moment::duration{limit_.load()}}); }

  [[nodiscard]] int left(moment until) const noexcept;

  [[nodiscard]] std::string words(CURLcode code, http_request const& what) const;
  void explain(CURLcode code, http_request const& what, moment until, http_answer& out) const;

  http_options const how_;
  CURLM* multi_ = nullptr;
  CURL* easy_ = nullptr;
  pid_t owner_ = 0;
  std::atomic<moment::rep> limit_{moment::max().time_since_epoch().count()};
  std::string url_;  // what easy_ is aimed at
  std::string place_;  // of that, what may be shown
  http_arrival arrival_;
  char error_[CURL_ERROR_SIZE] = {};
};

FANLIGHT_COLD FANLIGHT_INLINE std::unique_ptr<http_transport> curl_transport(http_options const& how) {
  prepare_curl();
  return std::make_unique<curl_sender>(how);
}

// ---- handles ------------------------------------------------------------------------------------------------------------------------

FANLIGHT_COLD FANLIGHT_INLINE void curl_sender::open() noexcept {
  owner_ = ::getpid();
  url_.clear();
  multi_ = ::curl_multi_init();
  easy_ = ::curl_easy_init();
  if (multi_ != nullptr && easy_ != nullptr) return set_up();
  close();
}

FANLIGHT_COLD FANLIGHT_INLINE void curl_sender::close() noexcept {
  if (owner_ != ::getpid()) return;
  if (easy_ != nullptr) ::curl_easy_cleanup(easy_);
  if (multi_ != nullptr) ::curl_multi_cleanup(multi_);
  easy_ = nullptr, multi_ = nullptr;
}

FANLIGHT_COLD FANLIGHT_INLINE void curl_sender::set_up() noexcept {
  ::curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS, 1L);
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_FOLLOWLOCATION, 0L);
#if LIBCURL_VERSION_NUM >= 0x075500
  set(CURLOPT_PROTOCOLS_STR, "http,https");
#else
  set(CURLOPT_PROTOCOLS, long{CURLPROTO_HTTP | CURLPROTO_HTTPS});
#endif
#if LIBCURL_VERSION_NUM >= 0x075700
  set(CURLOPT_QUICK_EXIT, 1L);  // or a deadline would wait for the resolver's thread
#endif
  set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(how_.connect_timeout.count()));
  set(CURLOPT_TCP_KEEPALIVE, 1L);
  set(CURLOPT_OPENSOCKETFUNCTION, &curl_sender::open_socket);
  set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  set(CURLOPT_MAXFILESIZE_LARGE, static_cast<curl_off_t>(how_.response_cap));
  set(CURLOPT_HEADERFUNCTION, &http_arrival::on_header);
  set(CURLOPT_HEADERDATA, &arrival_);
  set(CURLOPT_WRITEFUNCTION, &http_arrival::on_body);
  set(CURLOPT_WRITEDATA, &arrival_);
  set(CURLOPT_ERRORBUFFER, error_);
  set_text(CURLOPT_USERAGENT, how_.user_agent);
  set_text(CURLOPT_PROXY, how_.proxy);
  if (!how_.proxy.empty()) set(CURLOPT_NOPROXY, "");  // what was asked for in so many words holds for every host
  if (how_.no_proxy) set(CURLOPT_NOPROXY, "*");
  set_up_tls();
}

FANLIGHT_COLD FANLIGHT_INLINE void curl_sender::set_up_tls() noexcept {
  set(CURLOPT_SSL_VERIFYPEER, how_.verify ? 1L : 0L);
  set(CURLOPT_SSL_VERIFYHOST, how_.verify ? 2L : 0L);
  set(CURLOPT_SSLVERSION, long{CURL_SSLVERSION_TLSv1_2});
  set_text(CURLOPT_CAINFO, how_.ca_file);
  set_text(CURLOPT_SSLCERT, how_.client_certificate);
  set_text(CURLOPT_SSLKEY, how_.client_key.empty() ? how_.client_certificate : how_.client_key);
}

// ---- the request --------------------------------------------------------------------------------------------------------------------

FANLIGHT_COLD FANLIGHT_INLINE http_answer curl_sender::send(http_request const& what, moment until) {
  if (owner_ != ::getpid()) open();
  if (easy_ == nullptr) open();
  if (easy_ == nullptr) throw std::bad_alloc{};
  http_answer out;
  curl_list headers;
  if (!aim(what.url, out) || !write_headers(what, headers, out)) return out;
  set(CURLOPT_HTTPHEADER, headers.get());
  write_body(what);
  arrival_ = {};
  arrival_.to = &out;
  arrival_.body_cap = how_.response_cap;
  auto code = transfer(until);
  if (code == CURLE_OK && !arrival_.headers_done) code = CURLE_PARTIAL_FILE;  // libcurl takes the end of the stream for that of the headers
  set(CURLOPT_HTTPHEADER, static_cast<curl_slist*>(nullptr));
  if (arrival_.header_bytes != 0) ::curl_easy_getinfo(easy_, CURLINFO_RESPONSE_CODE, &out.status);  // or it is the last one's
  bool const decided = arrival_.headers_done && out.status >= 300 && !arrival_.too_large && code != CURLE_FILESIZE_EXCEEDED;
  out.cut_short = code != CURLE_OK && decided;
  if (code != CURLE_OK && !decided) explain(code, what, until, out);
  return out;
}

/// The earliest end that was ever given holds.
FANLIGHT_COLD FANLIGHT_INLINE void curl_sender::hurry(moment until) noexcept {
  auto const wanted = until.time_since_epoch().count();
  auto now = limit_.load();
  while (wanted < now && !limit_.compare_exchange_weak(now, wanted)) {}
  if (multi_ != nullptr && owner_ == ::getpid()) ::curl_multi_wakeup(multi_);
}

struct curl_url_end {
  void operator()(CURLU* url) const noexcept { ::curl_url_cleanup(url); }
};
struct curl_text_end {
  void operator()(char* text) const noexcept { ::curl_free(text); }
};
[[nodiscard]] FANLIGHT_COLD inline std::string curl_url_part(CURLU* url, CURLUPart which) {
  char* text = nullptr;
  if (::curl_url_get(url, which, &text, 0) != CURLUE_OK || text == nullptr) return {};
  std::unique_ptr<char, curl_text_end> const kept{text};
  return text;
}

/// False: it is no URL of http. It is not quoted then, as nobody can say where in it a password is.
FANLIGHT_COLD FANLIGHT_INLINE bool curl_sender::aim(std::string const& url, http_answer& out) {
  if (!url_.empty() && url == url_) return true;
  std::unique_ptr<CURLU, curl_url_end> const parts{::curl_url()};
  if (parts == nullptr) throw std::bad_alloc{};
  bool const plain =
      std::none_of(url.begin(), url.end(), [](char letter) { return static_cast<unsigned char>(letter) <= ' ' || letter == 0x7F; });
  bool const read = plain && ::curl_url_set(parts.get(), CURLUPART_URL, url.c_str(), 0) == CURLUE_OK;
  auto const scheme = read ? curl_url_part(parts.get(), CURLUPART_SCHEME) : std::string{};
  auto const host = curl_url_part(parts.get(), CURLUPART_HOST), port = curl_url_part(parts.get(), CURLUPART_PORT);
  if ((scheme != "http" && scheme != "https") || host.empty()) {
    out.failed = http_failure::bad_url;
    out.what = "its URL cannot be used; it should read like http://host:port/path or https://host/path, with no blanks in it";
    return false;
  }
  place_ = joined({scheme, "://", host, (port.empty() ? "" : ":" + port)});
  url_ = url;
  set(CURLOPT_URL, url_.c_str());
  return true;
}

[[nodiscard]] FANLIGHT_COLD inline bool is_http_token(std::string_view text) noexcept {
  constexpr std::string_view others = "!#$%&'*+-.^_`|~";
  auto const legal = [&](char letter) {
    return (letter >= '0' && letter <= '9') || (letter >= 'A' && letter <= 'Z') || (letter >= 'a' && letter <= 'z') ||
           others.find(letter) != std::string_view::npos;
  };
  return !text.empty() && std::all_of(text.begin(), text.end(), legal);
}

FANLIGHT_COLD inline void curl_append(curl_list& list, std::string const& line) {
  auto* const longer = ::curl_slist_append(list.get(), line.c_str());
  if (longer == nullptr) throw std::bad_alloc{};
  static_cast<void>(list.release());
  list.reset(longer);
}

/// False: a name or a value would break the request up.
FANLIGHT_COLD FANLIGHT_INLINE bool curl_sender::write_headers(http_request const& what, curl_list& list, http_answer& out) const {
  constexpr std::string_view breaks{"\r\n\0", 3};
  bool typed = false;
  if (!is_http_token(what.method)) {
    out.failed = http_failure::other;
    out.what = "the request's method is none, so nothing was sent to " + place_;
    return false;
  }
  curl_append(list, "Expect:");  // no waiting for 100 Continue
  for (auto const& one : what.headers) {
    if (!is_http_token(one.name) || one.value.find_first_of(breaks) != std::string::npos) {
      out.failed = http_failure::other;
      out.what = is_http_token(one.name)
                     ? joined({"the value of the header ", one.name, " has a line break or a NUL in it, so nothing was sent to ", place_})
                     : "the name of a header has letters that HTTP does not allow, so nothing was sent to " + place_;
      return false;
    }
    bool const blank = one.value.find_first_not_of(" \t") == std::string::npos;
    curl_append(list, blank ? one.name + ";" : joined({one.name, ": ", one.value}));
    typed = typed || same_but_case(one.name, "content-type");
  }
  if (!typed) curl_append(list, "Content-Type:");  // libcurl's own would be that of a form
  return true;
}

FANLIGHT_COLD FANLIGHT_INLINE void curl_sender::write_body(http_request const& what) noexcept {
  bool const head = what.method == "HEAD", get = what.method == "GET", post = what.method == "POST";
  bool const body = post || what.method == "PUT" || what.method == "PATCH" || !what.body.empty();
  set(CURLOPT_HTTPGET, 1L);
  set(CURLOPT_FRESH_CONNECT, what.fresh ? 1L : 0L);
  if (body) {
    set(CURLOPT_POST, 1L);
    set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(what.body.size()));
    set(CURLOPT_POSTFIELDS, what.body.empty() ? "" : what.body.data());
  } else if (head) {
    set(CURLOPT_NOBODY, 1L);
  }
  bool const known = body ? post : head || get;
  set(CURLOPT_CUSTOMREQUEST, known ? nullptr : what.method.c_str());
}

// ---- the transfer -------------------------------------------------------------------------------------------------------------------

/// Milliseconds, a second at most; 0: the time is over.
FANLIGHT_COLD FANLIGHT_INLINE int curl_sender::left(moment until) const noexcept {
  auto const now = std::chrono::steady_clock::now(), end = end_of(until);
  if (end <= now) return 0;
  auto const rest = std::chrono::ceil<std::chrono::milliseconds>(end - now).count();
  return rest < 1000 ? static_cast<int>(rest) : 1000;
}

/// CURLE_ABORTED_BY_CALLBACK: the time is over.
FANLIGHT_COLD FANLIGHT_INLINE CURLcode curl_sender::transfer(moment until) noexcept {
  error_[0] = '\0';
  if (left(until) == 0) return CURLE_ABORTED_BY_CALLBACK;
  CURLcode out = CURLE_ABORTED_BY_CALLBACK;
  if (::curl_multi_add_handle(multi_, easy_) != CURLM_OK) return CURLE_OUT_OF_MEMORY;
  for (int running = 1;;) {
    if (::curl_multi_perform(multi_, &running) != CURLM_OK) out = CURLE_OUT_OF_MEMORY;
    if (running == 0 || out == CURLE_OUT_OF_MEMORY) break;
    int const wait = left(until);
    if (wait == 0) break;
    ::curl_multi_poll(multi_, nullptr, 0, wait, nullptr);
  }
  int more = 0;
  while (auto const* const message = ::curl_multi_info_read(multi_, &more))
    if (message->msg == CURLMSG_DONE) out = message->data.result;
  ::curl_multi_remove_handle(multi_, easy_);
  return out;
}

// ---- what to say of a failure -------------------------------------------------------------------------------------------------------

[[nodiscard]] FANLIGHT_COLD inline bool has_text(std::string_view all, std::string_view part) noexcept {
  return all.find(part) != std::string_view::npos;
}

/// libcurl has one code for a TLS that was interrupted, one that was refused, and one that the peer does not speak; its text tells. What
/// OpenSSL's own routines found wrong in a handshake stays wrong; where nothing is known, the connection broke.
[[nodiscard]] FANLIGHT_COLD inline http_failure tls_failure(std::string_view text, bool handshake) noexcept {
  if (has_text(text, "unexpected eof") || has_text(text, "internal error")) return http_failure::broken;
  if (has_text(text, "wrong version number") || has_text(text, "unexpected TLS packet") || has_text(text, "packet length too long"))
    return http_failure::other;
  bool const refused = has_text(text, " alert ") || has_text(text, "ertificate") || (handshake && has_text(text, " routines:"));
  return refused ? http_failure::certificate : http_failure::broken;
}

[[nodiscard]] FANLIGHT_COLD FANLIGHT_INLINE http_failure curl_failure(CURLcode code, std::string_view text) noexcept {
  switch (code) {
    case CURLE_OK: return http_failure::none;
    case CURLE_COULDNT_CONNECT: return http_failure::refused;
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY: return http_failure::not_resolved;
    case CURLE_OPERATION_TIMEDOUT: return http_failure::timed_out;
    case CURLE_URL_MALFORMAT: return http_failure::bad_url;
    case CURLE_FILESIZE_EXCEEDED: return http_failure::too_large;
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CRL_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_INVALIDCERTSTATUS: return http_failure::certificate;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR: return tls_failure(text, code == CURLE_SSL_CONNECT_ERROR);
    case CURLE_PARTIAL_FILE:
    case CURLE_GOT_NOTHING:
    case CURLE_SEND_FAIL_REWIND:
    case CURLE_SSL_SHUTDOWN_FAILED:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM: return http_failure::broken;
    default: return http_failure::other;
  }
}

[[nodiscard]] FANLIGHT_COLD inline char const* http_words(http_failure why) noexcept {
  switch (why) {
    case http_failure::refused: return "no connection could be made: is the server running, and are host and port right?";
    case http_failure::not_resolved: return "the name has no address: is it spelled right, and does this machine's DNS work?";
    case http_failure::timed_out: return "it did not answer in time";
    case http_failure::broken: return "the connection broke before the answer was complete";
    case http_failure::certificate:
      return "TLS was refused: is the CA file that of this server, the host the name in its certificate, and does it ask for a client certificate?";
    case http_failure::bad_url: return "its URL cannot be used";
    case http_failure::too_large: return "its answer is larger than what is read of one: is this the right address?";
    case http_failure::hurried: return "it had not answered when the pipeline's time was over";
    case http_failure::none:
    case http_failure::other: break;
  }
  return "the request failed";
}

/// libcurl's own words, on one line; not when they quote a password or a header.
FANLIGHT_COLD FANLIGHT_INLINE std::string curl_sender::words(CURLcode code, http_request const& what) const {
  std::string out = error_[0] != '\0' ? error_ : ::curl_easy_strerror(code);
  bool secret = has_text(out, "@");
  for (auto const& one : what.headers) secret = secret || (one.value.size() > 3 && has_text(out, one.value));
  if (secret) out = ::curl_easy_strerror(code);
  for (char& letter : out)
    if (static_cast<unsigned char>(letter) < ' ' || letter == 0x7F) letter = ' ';
  return out;
}

/// Of failures that mean more than their kind says; null: this one does not.
[[nodiscard]] FANLIGHT_COLD inline char const* curl_cure(CURLcode code, http_failure why) noexcept {
  if (code == CURLE_UNSUPPORTED_PROTOCOL || code == CURLE_WEIRD_SERVER_REPLY)
    return "what answers there speaks no HTTP: is the port that of HTTP, and not of gRPC, and is it http or https?";
  if (code == CURLE_SSL_CONNECT_ERROR && why == http_failure::other) return "what answers there speaks no TLS: is it http, and not https?";
  return nullptr;
}

FANLIGHT_COLD FANLIGHT_INLINE void curl_sender::explain(CURLcode code, http_request const& what, moment until, http_answer& out) const {
  out.body.clear();
  if (code == CURLE_ABORTED_BY_CALLBACK) {
    out.failed = end_of(until) < until ? http_failure::hurried : http_failure::timed_out;
    out.what = joined({place_, ": ", http_words(out.failed)});
    return;
  }
  auto const text = words(code, what);
  bool const long_line = code == CURLE_OUT_OF_MEMORY && arrival_.header_bytes != 0;  // libcurl's buffer for one has a limit
  bool const large = arrival_.too_large || long_line || has_text(text, "Too large");
  out.failed = arrival_.no_memory ? http_failure::other : large ? http_failure::too_large : curl_failure(code, text);
  char const* cure = curl_cure(code, out.failed);
  long tunnel = 0;  // what a proxy said to CONNECT
  ::curl_easy_getinfo(easy_, CURLINFO_HTTP_CONNECTCODE, &tunnel);
  if (tunnel >= 300 && out.status == 0) {
    out.failed = tunnel < 500 ? http_failure::other : http_failure::broken;
    cure = "the proxy does not let it through";
  }
  out.what = joined({place_, ": ", (cure != nullptr ? cure : http_words(out.failed)), " (", text, ")"});
}

}  // namespace detail
FANLIGHT_END

// libcurl, traced: a span around each transfer of one's own easy handles, its context in the headers, and events for what curl measured (name
// looked up, connected, TLS done, first byte). The handle stays the program's; it is not copied, reset or kept.
//
//   CURLcode const how = fl::curl_perform(easy);                      // in place of curl_easy_perform
//
//   fl::curl_transfer transfer{easy, {.headers = my_headers}};        // with a multi handle: one for each easy handle, before it is added,
//   transfer.finish(message->data.result);                            // finished when CURLMSG_DONE comes, before it is removed
//
// A transfer belongs to one thread at a time, as its handle does. Needs libcurl 7.68 or newer.
#pragma once

#include <fanlight/http.hpp>

#include <curl/curl.h>

#include <cstdint>
#include <cstring>
#include <string>
#include <utility>

FANLIGHT_BEGIN

/// Borrowed until the transfer is finished.
struct curl_options {
  curl_slist* headers =
      nullptr;  // what the program gave to CURLOPT_HTTPHEADER, which curl does not hand out again: without it those are unset for good
  std::string_view method =
      {};  // empty: ask curl, which says so from 7.72 on, and at the end: too late for a sampler, and for what was redirected
  int resend = 0;                 // how often this was sent before
  std::string_view url_template = {};   // `/users/{id}`, where it is known: into the name
  std::string_view known_methods = {};  // as http_client_request's
};

namespace detail {

[[nodiscard]] inline std::string_view curl_text(CURL* easy, CURLINFO what) noexcept {
  char* out = nullptr;
  return curl_easy_getinfo(easy, what, &out) == CURLE_OK && out != nullptr ? std::string_view{out} : std::string_view{};
}
[[nodiscard]] inline long curl_number(CURL* easy, CURLINFO what) noexcept {
  long out = 0;
  return curl_easy_getinfo(easy, what, &out) == CURLE_OK ? out : 0;
}
[[nodiscard]] inline std::int64_t curl_whole(CURL* easy, CURLINFO what) noexcept {
  curl_off_t out = 0;
  return curl_easy_getinfo(easy, what, &out) == CURLE_OK ? static_cast<std::int64_t>(out) : 0;
}
[[nodiscard]] inline std::string_view curl_method(CURL* easy) noexcept {
#if LIBCURL_VERSION_NUM >= 0x074800
  auto const out = curl_text(easy, CURLINFO_EFFECTIVE_METHOD);
  if (!out.empty()) return out;
#else
  static_cast<void>(easy);
#endif
  return "GET";
}

/// A failure as a word.
[[nodiscard]] inline std::string_view curl_failure(CURLcode how) noexcept {
  switch (how) {
    case CURLE_COULDNT_RESOLVE_HOST: return "name_not_resolved";
    case CURLE_COULDNT_CONNECT: return "connection_failed";
    case CURLE_OPERATION_TIMEDOUT: return "timeout";
    case CURLE_SSL_CONNECT_ERROR: return "tls_failed";
    case CURLE_PEER_FAILED_VERIFICATION: return "certificate_refused";
    case CURLE_SEND_ERROR: return "write_failed";
    case CURLE_RECV_ERROR: return "read_failed";
    case CURLE_GOT_NOTHING: return "empty_answer";
    case CURLE_PARTIAL_FILE: return "answer_cut";
    case CURLE_TOO_MANY_REDIRECTS: return "too_many_redirects";
    case CURLE_ABORTED_BY_CALLBACK: return "cancelled";
    case CURLE_WRITE_ERROR: return "not_taken";
    default: return "_OTHER";
  }
}

/// The URL in full: curl takes one without a scheme for HTTP.
inline void write_curl_url(text_writer& to, CURL* easy) noexcept {
  auto const given = curl_text(easy, CURLINFO_EFFECTIVE_URL);
  if (!given.empty() && end_of_scheme(given) == std::string_view::npos) to.append("http://");
  to.append(given);
}

[[nodiscard]] inline short_text<30> curl_method_now(CURL* easy, curl_options const& how) noexcept {
  short_text<30> out;
  out.push(how.method.empty() ? curl_method(easy) : how.method);
  return out;
}

/// With the methods that are known here and now, for the whole of a transfer.
[[nodiscard]] inline curl_options curl_options_here(curl_options how) noexcept {
  how.known_methods = http_methods_here(how.known_methods);
  return how;
}

/// The span of a transfer as it begins.
[[nodiscard]] inline span begin_curl_span(CURL* easy, curl_options const& how, std::string_view method, source where) noexcept {
  text_writer given, url, name;
  write_curl_url(given, easy);
  auto const server = read_url(given.view()).server;
  write_clean_url(url, given.view());
  write_http_name(name, method, how.known_methods, how.url_template);
  std::string_view const known = known_method(method, how.known_methods);
  span_options const client{.kind = span_kind::client};
  if (server.port < 0) return span{name.view(), client, {{"http.request.method", known}, {"url.full", url.view()}, {"server.address", server.host}}, where};
  return span{name.view(), client,
              {{"http.request.method", known}, {"url.full", url.view()}, {"server.address", server.host}, {"server.port", server.port}}, where};
}

/// The name in a header line of a program's, which may be all there is of it.
[[nodiscard]] inline std::string_view curl_header_name(char const* line) noexcept { return {line, std::strcspn(line, ":; ")}; }

[[nodiscard]] inline char const* curl_version_text(long version) noexcept {
  if (version == CURL_HTTP_VERSION_1_0) return "1.0";
  if (version == CURL_HTTP_VERSION_1_1) return "1.1";
  return version == CURL_HTTP_VERSION_3 ? "3" : "2";
}

}  // namespace detail

/// One transfer by an easy handle, from before it starts until finish(), or its own end: then it was given up. Either comes before
/// curl_easy_cleanup().
class curl_transfer {
 public:
  [[nodiscard]] explicit curl_transfer(CURL* easy, curl_options const& how = {}, source where = source::current()) noexcept
      : easy_{easy},
        how_{detail::curl_options_here(how)},
        method_{detail::curl_method_now(easy, how)},
        span_{detail::begin_curl_span(easy, how_, method_.view(), where)},
        begun_{wall_now_here()} {
    if (how.resend > 0) span_.set("http.request.resend_count", how.resend);
    if (!how.url_template.empty()) span_.set("url.template", how.url_template);
    give_headers();
  }
  curl_transfer(curl_transfer const&) = delete;
  curl_transfer& operator=(curl_transfer const&) = delete;
  ~curl_transfer() noexcept {
    if (easy_ != nullptr) span_.set("error.type", "cancelled").fail("the transfer was given up"), let_go();
  }

  /// How it went: what curl_easy_perform gave, or CURLMsg::data.result. The handle must not have been reset.
  void finish(CURLcode how) noexcept {
    if (easy_ == nullptr) return;
    if (span_.is_recording()) tell(how);
    let_go();
  }
  [[nodiscard]] fanlight::context context() const noexcept { return span_.context(); }

 private:
  /// The trace's headers, and the program's own but for those of the same names: two traceparent headers are none. All or nothing: rather
  /// the trace ends here than a header of the program's is missing.
  void give_headers() noexcept {
    header_list list;
    inject(span_.context(), list);
    bool const traced = list.first != nullptr;
    for (auto const* each = how_.headers; each != nullptr && traced; each = each->next)
      if (!list.replaces(detail::curl_header_name(each->data))) list.add(each->data);
    if (!list.whole) curl_slist_free_all(std::exchange(list.first, nullptr));
    ours_ = list.first;
    if (ours_ != nullptr) curl_easy_setopt(easy_, CURLOPT_HTTPHEADER, ours_);
  }
  /// The list that inject() begins.
  struct header_list {
    curl_slist* first = nullptr;
    bool whole = true;
    std::string_view forgotten[16] = {};  // what the program has of these names is not sent
    unsigned count = 0;

    void add(char const* line) noexcept {
      auto* const more = line != nullptr ? curl_slist_append(first, line) : nullptr;
      whole = whole && more != nullptr;
      if (more != nullptr) first = more;
    }
    void forget(std::string_view name) noexcept {
      if (count < sizeof forgotten / sizeof forgotten[0]) forgotten[count++] = name;
    }
    void operator()(std::string_view name, std::string_view text) noexcept {
      text_writer line;
      line.append(name).append(": ").append(text).push('\0');
      add(line.is_cut() ? nullptr : line.view().data());
    }
    [[nodiscard]] bool replaces(std::string_view name) const noexcept {
      for (unsigned i = 0; i < count; ++i)
        if (detail::same_word(forgotten[i], name)) return true;
      return false;
    }
  };

  void tell(CURLcode how) noexcept {
    phases();
    name_method();
    if (detail::curl_number(easy_, CURLINFO_REDIRECT_COUNT) == 0) name_url();
    auto const peer = detail::curl_text(easy_, CURLINFO_PRIMARY_IP);
    if (!peer.empty()) span_.set("network.peer.address", peer).set("network.peer.port", detail::curl_number(easy_, CURLINFO_PRIMARY_PORT));
    if (auto const version = detail::curl_number(easy_, CURLINFO_HTTP_VERSION); version != 0)
      span_.set("network.protocol.version", detail::curl_version_text(version));
    if (auto const sent = detail::curl_whole(easy_, CURLINFO_SIZE_UPLOAD_T); sent > 0) span_.set("http.request.body.size", sent);
    if (auto const hops = detail::curl_number(easy_, CURLINFO_REDIRECT_COUNT); hops > 0) span_.set("curl.redirects", hops);
    auto const status = detail::curl_number(easy_, CURLINFO_RESPONSE_CODE);
    if (status > 0) span_.set("http.response.status_code", status).set("http.response.body.size", detail::curl_whole(easy_, CURLINFO_SIZE_DOWNLOAD_T));
    bool const refused = status >= 400 && (how == CURLE_OK || how == CURLE_HTTP_RETURNED_ERROR);  // the latter by CURLOPT_FAILONERROR
    if (refused) span_.set("error.type", std::to_string(status)).fail();
    else if (how != CURLE_OK) span_.set("error.type", detail::curl_failure(how)).fail(curl_easy_strerror(how));
  }
  /// Where it went is sure now: before, a handle that is used again may have named where it was sent on to the last time, or nothing yet.
  void name_url() noexcept {
    text_writer given, url;
    detail::write_curl_url(given, easy_);
    auto const server = detail::read_url(given.view()).server;
    detail::write_clean_url(url, given.view());
    if (!given.view().empty()) span_.set("url.full", url.view()).set("server.address", server.host);
    if (server.port >= 0) span_.set("server.port", server.port);
  }
  /// Which method it was is sure now. A redirect makes a GET of others, and of none anything else.
  void name_method() noexcept {
    bool const redirected = detail::curl_number(easy_, CURLINFO_REDIRECT_COUNT) > 0;
    auto const last = detail::curl_method(easy_);
    auto const method = !how_.method.empty() ? how_.method : redirected && last == "GET" ? method_.view() : last;
    auto const known = detail::known_method(method, how_.known_methods);
    if (known != method) span_.set("http.request.method_original", method);
    if (!how_.method.empty() || method == method_.view()) return;
    text_writer name;
    detail::write_http_name(name, method, how_.known_methods, how_.url_template);
    span_.set("http.request.method", known).update_name(name.view());
  }
  /// Moments after the start, in microseconds; 0: that did not happen.
  void phases() noexcept {
    bool const reused = detail::curl_number(easy_, CURLINFO_NUM_CONNECTS) == 0 && detail::curl_whole(easy_, CURLINFO_PRETRANSFER_TIME_T) > 0;
    if (!reused) {
      event("dns.done", detail::curl_whole(easy_, CURLINFO_NAMELOOKUP_TIME_T));
      event("connect.done", detail::curl_whole(easy_, CURLINFO_CONNECT_TIME_T));
      event("tls.done", detail::curl_whole(easy_, CURLINFO_APPCONNECT_TIME_T));
    }
    event("request.sent", detail::curl_whole(easy_, CURLINFO_PRETRANSFER_TIME_T));
    event("response.first_byte", detail::curl_whole(easy_, CURLINFO_STARTTRANSFER_TIME_T));
  }
  void event(std::string_view name, std::int64_t after) noexcept {
    if (after > 0) span_.event(name, {}, wall_time{begun_.nanoseconds + after * 1000});
  }
  void let_go() noexcept {
    if (ours_ != nullptr) curl_easy_setopt(easy_, CURLOPT_HTTPHEADER, how_.headers);
    curl_slist_free_all(ours_);
    ours_ = nullptr;
    easy_ = nullptr;
    span_.end();
  }

  CURL* easy_;
  curl_slist* ours_ = nullptr;
  curl_options how_;
  short_text<30> method_;  // as it was known at the start
  fanlight::span span_;
  wall_time begun_;  // never before the span's start, so that no event is
};

/// curl_easy_perform with a span around it, which is current meanwhile: what curl's callbacks do belongs to it.
[[nodiscard]] inline CURLcode curl_perform(CURL* easy, curl_options const& how = {}, source where = source::current()) noexcept {
  curl_transfer transfer{easy, how, where};
  CURLcode out = CURLE_OK;
  {
    scope const inside{transfer.context()};
    out = curl_easy_perform(easy);
  }
  transfer.finish(out);
  return out;
}

FANLIGHT_END

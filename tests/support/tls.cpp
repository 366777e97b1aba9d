#include "tls.hpp"

#include <cstdio>
#include <cstdlib>
#include <stdexcept>

#include <unistd.h>

#ifdef FANLIGHT_TEST_TLS
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

namespace test {
namespace {

template <auto Free>
struct freed_by {
  template <class Object>
  void operator()(Object* what) const {
    Free(what);
  }
};
using key_ptr = std::unique_ptr<EVP_PKEY, freed_by<EVP_PKEY_free>>;
using certificate_ptr = std::unique_ptr<X509, freed_by<X509_free>>;
using file_ptr = std::unique_ptr<std::FILE, freed_by<std::fclose>>;

void must(bool well, char const* what) {
  if (!well) throw std::runtime_error{std::string{"OpenSSL: "} + what};
}

[[nodiscard]] key_ptr new_key() {
  std::unique_ptr<EVP_PKEY_CTX, freed_by<EVP_PKEY_CTX_free>> const context{EVP_PKEY_CTX_new_id(EVP_PKEY_EC, nullptr)};
  EVP_PKEY* key = nullptr;
  must(context && EVP_PKEY_keygen_init(context.get()) == 1 &&
           EVP_PKEY_CTX_set_ec_paramgen_curve_nid(context.get(), NID_X9_62_prime256v1) == 1 && EVP_PKEY_keygen(context.get(), &key) == 1,
       "no key");
  return key_ptr{key};
}

void extend(X509* what, X509* issuer, int kind, std::string const& text) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, what, nullptr, nullptr, 0);
  std::unique_ptr<X509_EXTENSION, freed_by<X509_EXTENSION_free>> const extension{
      X509V3_EXT_conf_nid(nullptr, &context, kind, text.c_str())};
  must(extension && X509_add_ext(what, extension.get(), -1) == 1, text.c_str());
}

/// Valid from an hour ago for a day. `issuer` null: signed by itself.
[[nodiscard]] certificate_ptr new_certificate(EVP_PKEY* key, std::string const& name, long serial, X509* issuer, EVP_PKEY* issuer_key) {
  certificate_ptr out{X509_new()};
  must(out != nullptr, "no certificate");
  X509_set_version(out.get(), 2);
  ASN1_INTEGER_set(X509_get_serialNumber(out.get()), serial);
  X509_gmtime_adj(X509_getm_notBefore(out.get()), -3600);
  X509_gmtime_adj(X509_getm_notAfter(out.get()), 24 * 3600);
  X509_set_pubkey(out.get(), key);
  auto* const subject = X509_get_subject_name(out.get());
  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, reinterpret_cast<unsigned char const*>(name.c_str()), -1, -1, 0);
  X509_set_issuer_name(out.get(), issuer != nullptr ? X509_get_subject_name(issuer) : subject);
  if (issuer == nullptr) {
    extend(out.get(), out.get(), NID_basic_constraints, "critical,CA:TRUE");
    extend(out.get(), out.get(), NID_key_usage, "critical,keyCertSign,cRLSign");
  } else {
    extend(out.get(), issuer, NID_subject_alt_name, name);
  }
  must(X509_sign(out.get(), issuer_key, EVP_sha256()) != 0, "no signature");
  return out;
}

void write_certificate(std::string const& path, X509* what) {
  file_ptr const to{std::fopen(path.c_str(), "wb")};
  must(to && PEM_write_X509(to.get(), what) == 1, path.c_str());
}
void write_key(std::string const& path, EVP_PKEY* what) {
  file_ptr const to{std::fopen(path.c_str(), "wb")};
  must(to && PEM_write_PrivateKey(to.get(), what, nullptr, nullptr, 0, nullptr, nullptr) == 1, path.c_str());
}

class tls_stream final : public byte_stream {
 public:
  explicit tls_stream(SSL* session) : session_{session} {}

  std::size_t read(char* to, std::size_t size) override {
    int const got = SSL_read(session_.get(), to, static_cast<int>(size));
    return got > 0 ? static_cast<std::size_t>(got) : 0;
  }
  bool write(std::string_view bytes) override {
    return bytes.empty() || SSL_write(session_.get(), bytes.data(), static_cast<int>(bytes.size())) > 0;
  }
  void finish() override { SSL_shutdown(session_.get()); }

 private:
  std::unique_ptr<SSL, freed_by<SSL_free>> session_;
};

}  // namespace

bool has_tls() { return true; }

struct authority::keys {
  key_ptr key;
  certificate_ptr own;
};

authority::authority() : keys_{std::make_unique<keys>()} {
  char const* const base = std::getenv("TMPDIR");
  folder_ = std::string{base != nullptr ? base : "/tmp"} + "/fanlight-tls-XXXXXX";
  if (::mkdtemp(folder_.data()) == nullptr) throw std::runtime_error{"no folder for certificates"};
  file_ = path("ca.pem");
  keys_->key = new_key();
  keys_->own = new_certificate(keys_->key.get(), "fanlight test authority", 1, nullptr, keys_->key.get());
  write_certificate(file_, keys_->own.get());
}

authority::~authority() {
  for (int i = 1; i <= issued_; ++i) {
    std::remove(path(std::to_string(i) + ".pem").c_str());
    std::remove(path(std::to_string(i) + ".key").c_str());
  }
  std::remove(file_.c_str());
  ::rmdir(folder_.c_str());
}

certificate authority::issue(std::string const& name) {
  std::string const number = std::to_string(++issued_);
  certificate out{path(number + ".pem"), path(number + ".key")};
  auto const key = new_key();
  write_key(out.key, key.get());
  write_certificate(out.file, new_certificate(key.get(), name, issued_ + 1, keys_->own.get(), keys_->key.get()).get());
  return out;
}

tls_identity::tls_identity(certificate const& own, std::string const& client_ca) {
  auto* const context = SSL_CTX_new(TLS_server_method());
  context_ = context;
  must(context != nullptr && SSL_CTX_use_certificate_chain_file(context, own.file.c_str()) == 1 &&
           SSL_CTX_use_PrivateKey_file(context, own.key.c_str(), SSL_FILETYPE_PEM) == 1,
       "no identity");
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  if (client_ca.empty()) return;
  must(SSL_CTX_load_verify_locations(context, client_ca.c_str(), nullptr) == 1, "no authority for clients");
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
}

tls_identity::~tls_identity() { SSL_CTX_free(static_cast<SSL_CTX*>(context_)); }

std::unique_ptr<byte_stream> tls_identity::accept(int fd) {
  auto* const session = SSL_new(static_cast<SSL_CTX*>(context_));
  auto out = std::make_unique<tls_stream>(session);
  if (SSL_set_fd(session, fd) != 1 || SSL_accept(session) != 1) return nullptr;
  return out;
}

}  // namespace test

#else

namespace test {

bool has_tls() { return false; }

struct authority::keys {};
authority::authority() { throw std::logic_error{"these tests were built without OpenSSL"}; }
authority::~authority() = default;
certificate authority::issue(std::string const&) { return {}; }

tls_identity::tls_identity(certificate const&, std::string const&) { throw std::logic_error{"these tests were built without OpenSSL"}; }
tls_identity::~tls_identity() = default;
std::unique_ptr<byte_stream> tls_identity::accept(int) { return nullptr; }

}  // namespace test

#endif

// What tests need of TLS: a certificate authority made on the spot, certificates of it, and the server's end of a connection. One file,
// tls.cpp, knows OpenSSL; where that was not found when the tests were built, has_tls() is false and nothing else here may be called.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace test {

[[nodiscard]] bool has_tls();

/// One end of a connection, for the thread that serves it. The descriptor stays with the caller.
class byte_stream {
 public:
  virtual ~byte_stream() = default;
  /// 0: it is over.
  virtual std::size_t read(char* to, std::size_t size) = 0;
  /// False: nobody takes it.
  virtual bool write(std::string_view bytes) = 0;
  /// Says farewell, where the protocol has one. The descriptor is closed afterwards.
  virtual void finish() {}
};

/// Names of two PEM files.
struct certificate {
  std::string file, key;
};

/// A certificate authority in a folder of its own, which goes with it.
class authority {
 public:
  authority();
  authority(authority const&) = delete;
  authority& operator=(authority const&) = delete;
  ~authority();

  [[nodiscard]] std::string const& file() const { return file_; }
  /// `name` as in a subjectAltName: `DNS:localhost`, `IP:127.0.0.1`.
  [[nodiscard]] certificate issue(std::string const& name);

 private:
  struct keys;
  [[nodiscard]] std::string path(std::string const& name) const { return folder_ + "/" + name; }

  std::string folder_, file_;
  std::unique_ptr<keys> keys_;
  int issued_ = 0;
};

/// What a server shows, and whom it lets in. Any thread.
class tls_identity {
 public:
  /// `client_ca`: a peer without a certificate of that authority is turned away; empty: anybody may come.
  explicit tls_identity(certificate const& own, std::string const& client_ca = {});
  tls_identity(tls_identity const&) = delete;
  tls_identity& operator=(tls_identity const&) = delete;
  ~tls_identity();

  /// Null: the handshake failed.
  [[nodiscard]] std::unique_ptr<byte_stream> accept(int fd);

 private:
  void* context_ = nullptr;
};

}  // namespace test

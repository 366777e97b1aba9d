// Hashes against the published vectors, and against those that Python's hashlib and hmac made for many lengths.
#include "catch.hpp"

#include <fanlight/impl/aws/sha.hpp>

using namespace fanlight::detail;

namespace {

std::string hash(std::string_view text) { return hex_text(as_text(sha256(text))); }
std::string mac(std::string_view key, std::string_view text) { return hex_text(as_text(hmac_sha256(key, text))); }
std::string from_hex(std::string_view hex) {
  std::string out;
  for (std::size_t i = 0; i < hex.size(); i += 2) out += static_cast<char>(std::stoi(std::string{hex.substr(i, 2)}, nullptr, 16));
  return out;
}
std::string counted(std::size_t size, std::size_t step, std::size_t first) {
  std::string out;
  for (std::size_t i = 0; i < size; ++i) out += static_cast<char>(static_cast<unsigned char>(i * step + first));
  return out;
}

}  // namespace

TEST_CASE("sha256: FIPS 180-4") {
  CHECK(hash("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(hash("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(hash("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq") ==
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  CHECK(hash(std::string(1'000'000, 'a')) == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST_CASE("sha1: FIPS 180-4") {
  CHECK(sha1_hex("") == "da39a3ee5e6b4b0d3255bfef95601890afd80709");
  CHECK(sha1_hex("abc") == "a9993e364706816aba3e25717850c26c9cd0d89d");
  CHECK(sha1_hex("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq") == "84983e441c3bd26ebaae4aa1f95129e5e54670f1");
  CHECK(sha1_hex(std::string(1'000'000, 'a')) == "34aa973cd4c4daa4f61eeb2bdbad27316534016f");
}

TEST_CASE("sha256 and sha1: every length to 300, as hashlib has it") {
  std::string all, all_1;
  for (std::size_t size = 0; size < 300; ++size) {
    auto const text = counted(size, 7, size);
    all += as_text(sha256(text));
    all_1 += from_hex(sha1_hex(text));
  }
  CHECK(hash(all) == "d5238871a46ac4a1a75ac3fb19d645b0b3b9e5f35f5f720e2b240d605c6b694e");
  CHECK(sha1_hex(all_1) == "dfc942b5ddc5fe6421ccada9be50fa42e873926c");
}

TEST_CASE("hmac_sha256: RFC 4231") {
  CHECK(mac(std::string(20, '\x0b'), "Hi There") == "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  CHECK(mac("Jefe", "what do ya want for nothing?") == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  CHECK(mac(std::string(20, '\xaa'), std::string(50, '\xdd')) == "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe");
  CHECK(mac(std::string(131, '\xaa'), "Test Using Larger Than Block-Size Key - Hash Key First") ==
        "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST_CASE("hmac_sha256: keys of many lengths, as Python has it") {
  std::string all;
  for (std::size_t size = 0; size < 200; size += 3) all += as_text(hmac_sha256(counted(size, 1, size), counted(size % 50, 1, 0)));
  CHECK(hash(all) == "c15b9ce84dbe60eebf454729db1579de52f0e7aea5f97ef42b9c62f673f6ec0d");
}

// Approved documents: `approved("name.txt", text)` compares with tests/golden/name.txt. Run the test with FANLIGHT_APPROVE=1 to write what
// it made instead; then read the difference before committing it.
#pragma once

#include "catch.hpp"

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>

#ifndef FANLIGHT_SOURCE_DIR
#error "FANLIGHT_SOURCE_DIR says where tests/golden is; tests/CMakeLists.txt defines it"
#endif

namespace support {

[[nodiscard]] inline std::string golden(std::string const& name) {
  std::ifstream file{FANLIGHT_SOURCE_DIR "/tests/golden/" + name, std::ios::binary};
  std::ostringstream out;
  out << file.rdbuf();
  return out.str();
}

inline void approved(std::string const& name, std::string_view made) {
  if (std::getenv("FANLIGHT_APPROVE") != nullptr) std::ofstream{FANLIGHT_SOURCE_DIR "/tests/golden/" + name, std::ios::binary} << made;
  INFO("compared with tests/golden/" << name << "; FANLIGHT_APPROVE=1 writes it anew");
  CHECK(std::string{made} == golden(name));
}

}  // namespace support

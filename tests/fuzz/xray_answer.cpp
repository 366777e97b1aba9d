// Any bytes as an answer to PutTraceSegments with any status, and as a daemon's address: what comes of them is within its bounds, fit for one
// line, and an address that was read reads the same again.
#include <fanlight/impl/xray/answer.hpp>
#include <fanlight/impl/xray/daemon_address.hpp>

#include "check.hpp"

#include <cstddef>
#include <cstdint>
#include <string>

namespace fl = fanlight;

namespace {

bool one_line(std::string_view text) {
  for (char const letter : text)
    if (static_cast<unsigned char>(letter) < 0x20) return false;
  return true;
}

void read_answer(std::string_view input) {
  fl::detail::http_answer answer;
  answer.status = input.empty() ? 0 : 200 + static_cast<unsigned char>(input[0]) % 7 * 51;
  if (!input.empty() && input[0] == 'A') answer.status = 200;
  answer.body = input.substr(input.empty() ? 0 : 1);
  for (bool const by_daemon : {false, true}) {
    auto const ruling = fl::detail::rule_on_segments(answer, by_daemon, 0);
    MUST(one_line(ruling.why) && ruling.why.size() < 2000);
    MUST(ruling.refused.size() <= 101);
    for (auto const& each : ruling.refused) MUST(one_line(each.id) && one_line(each.code) && one_line(each.message) && each.id.size() < 100 && each.message.size() < 500);
  }
}

void read_address(std::string_view input) {
  std::string wrong;
  auto const read = fl::detail::read_daemon_address(input, wrong);
  MUST(read.has_value() == wrong.empty());
  if (!read) return;
  std::string none;
  auto const again = fl::detail::read_daemon_address("udp:" + read->udp.text() + " tcp:" + read->tcp.text(), none);
  MUST(again && *again == *read);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  std::string_view const input{reinterpret_cast<char const*>(data), size};
  read_answer(input);
  read_address(input);
  return 0;
}

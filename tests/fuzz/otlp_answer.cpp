// Any bytes as an OTLP server's answer in protobuf: what is read of it lies within it, reading it again gives the same, and an answer that
// was made of what was read says that too.
#include <fanlight/impl/otlp_answer.hpp>

#include "check.hpp"

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>

namespace fl = fanlight;

namespace {

bool within(std::string_view part, std::string_view whole) {
  return part.empty() || (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size());
}

std::string again(fl::detail::otlp_partial_success const& read) {
  using namespace fl::detail;
  std::string out(read.message.size() + 64, '\0');
  auto const message = pb_message::open<1>(out.data(), read.message.size());
  char* at = pb_number_if_any<1>(message.body, static_cast<std::uint64_t>(read.rejected));
  at = pb_varint(pb_key<2, pb_wire::bytes>(at), read.message.size());
  if (!read.message.empty()) std::memcpy(at, read.message.data(), read.message.size());
  char* const end = message.close(at + read.message.size());
  out.resize(static_cast<std::size_t>(end - out.data()));
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  std::string_view const answer{reinterpret_cast<char const*>(data), size};
  auto const partial = fl::detail::read_partial_success(answer);
  MUST(within(partial.message, answer));
  auto const made = again(partial);
  auto const second = fl::detail::read_partial_success(made);
  MUST(second.readable && second.rejected == partial.rejected && second.message == partial.message);
  auto const status = fl::detail::read_rpc_status(answer);
  MUST(within(status.message, answer));
  fl::detail::pb_reader reader{answer};
  std::size_t fields = 0;
  while (reader.next()) {
    ++fields;
    MUST(within(reader.bytes(), answer));
  }
  MUST(fields <= size && !reader.next());
  MUST(reader.broken() != status.readable);
  return 0;
}

// Reads protobuf bytes for tests, in the simplest way there is, and by code that has nothing to do with fanlight's own writer and reader.
// A `message` owns its bytes; a test that asks for what is not there fails.
#pragma once

#include <fanlight/impl/otlp_proto.hpp>

#include "catch.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace support {

[[nodiscard]] inline std::string hex(std::string_view bytes) {
  std::string out;
  for (char const byte : bytes) {
    out += "0123456789abcdef"[static_cast<unsigned char>(byte) >> 4];
    out += "0123456789abcdef"[static_cast<unsigned char>(byte) & 15];
  }
  return out;
}

struct message {
  struct field {
    unsigned number, wire;
    std::uint64_t word = 0;  // of a varint or fixed field
    std::string bytes{};     // of a length-delimited one
  };
  std::string raw;
  std::vector<field> fields;

  message() = default;
  explicit message(std::string text) : raw{std::move(text)} {
    for (std::size_t at = 0; at < raw.size();) read(at);
  }

  [[nodiscard]] std::size_t count(unsigned number) const {
    std::size_t out = 0;
    for (auto const& each : fields) out += each.number == number;
    return out;
  }
  [[nodiscard]] field const& get(unsigned number, std::size_t index = 0) const {
    for (auto const& each : fields)
      if (each.number == number && index-- == 0) return each;
    FAIL("there is no field " << number << " in " << hex(raw));
    return fields.front();
  }
  [[nodiscard]] std::string const& bytes(unsigned number, std::size_t index = 0) const { return get(number, index).bytes; }
  [[nodiscard]] std::uint64_t word(unsigned number, std::size_t index = 0) const { return get(number, index).word; }
  [[nodiscard]] message sub(unsigned number, std::size_t index = 0) const { return message{bytes(number, index)}; }
  /// The AnyValue of an attribute, in the list that is field `list`.
  [[nodiscard]] message any(unsigned list, std::string_view key) const {
    for (auto const& each : fields)
      if (each.number == list)
        if (message const pair{each.bytes}; pair.bytes(1) == key) return pair.count(2) == 0 ? message{} : pair.sub(2);
    FAIL("there is no attribute " << key);
    return {};
  }
  [[nodiscard]] bool has(unsigned list, std::string_view key) const {
    for (auto const& each : fields)
      if (each.number == list && message{each.bytes}.bytes(1) == key) return true;
    return false;
  }

 private:
  std::uint64_t varint(std::size_t& at) {
    std::uint64_t out = 0;
    for (unsigned shift = 0;; shift += 7) {
      REQUIRE(at < raw.size());
      REQUIRE(shift < 70);
      auto const byte = static_cast<unsigned char>(raw[at++]);
      out |= std::uint64_t{byte & 0x7Fu} << shift;
      if (byte >= 0x80) continue;
      REQUIRE((byte != 0 || shift == 0));  // the shortest form
      return out;
    }
  }
  void read(std::size_t& at) {
    auto const tag = varint(at);
    field out{static_cast<unsigned>(tag >> 3), static_cast<unsigned>(tag & 7)};
    if (out.wire == 0) out.word = varint(at);
    std::size_t const size = out.wire == 0 ? 0 : out.wire == 1 ? 8 : out.wire == 5 ? 4 : static_cast<std::size_t>(varint(at));
    REQUIRE(size <= raw.size() - at);
    if (out.wire == 2) out.bytes = raw.substr(at, size);
    else if (size != 0)
      for (std::size_t i = size; i-- != 0;) out.word = out.word << 8 | static_cast<unsigned char>(raw[at + i]);
    at += size;
    fields.push_back(std::move(out));
  }
};

[[nodiscard]] inline message proto_traces(fanlight::detail::batch_ref const& batch, fanlight::detail::otlp_form const& form = {}) {
  fanlight::detail::send_buffer out;
  fanlight::detail::write_traces_proto(out, *batch, form);
  return message{std::string{out.view()}};
}
[[nodiscard]] inline message proto_logs(fanlight::detail::batch_ref const& batch,
                                        fanlight::detail::entry_type type = fanlight::detail::entry_type::log,
                                        fanlight::detail::otlp_form const& form = {}) {
  fanlight::detail::send_buffer out;
  fanlight::detail::write_logs_proto(out, *batch, type, form);
  return message{std::string{out.view()}};
}

}  // namespace support

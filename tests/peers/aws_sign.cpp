// Signs what it is told on standard input, for whoever has another signer to hold against it. A line is a request: method, URL, body, key id,
// secret, session token, service, region, seconds of the epoch, then names and values of headers in turn; each in hex, a blank between, and
// `-` where it is empty. The answer is a line as well: names and values of the headers as they would be sent, in hex, or `!` and what is
// wrong with the request. Ends with its input.
#include <fanlight/impl/aws/sigv4.hpp>

#include <cstdio>
#include <iostream>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

using namespace fanlight::detail;

namespace {

std::string from_hex(std::string const& text) {
  std::string out;
  for (std::size_t i = 0; i + 1 < text.size(); i += 2) out += static_cast<char>(std::stoi(text.substr(i, 2), nullptr, 16));
  return out;
}

std::string to_hex(std::string_view text) {
  std::string out;
  for (char const letter : text) {
    auto const byte = static_cast<unsigned char>(letter);
    out += "0123456789abcdef"[byte >> 4];
    out += "0123456789abcdef"[byte & 15];
  }
  return out.empty() ? "-" : out;
}

std::vector<std::string> words_of(std::string const& line) {
  std::istringstream from{line};
  std::vector<std::string> out;
  for (std::string word; from >> word;) out.push_back(word == "-" ? std::string{} : from_hex(word));
  return out;
}

}  // namespace

int main() {
  sigv4_key key;  // one for all, as an exporter has it: what it keeps of the last request must not leak into the next
  for (std::string line; std::getline(std::cin, line);) {
    auto const given = words_of(line);
    if (given.size() < 9 || given.size() % 2 == 0) return 2;
    aws_headers headers;
    for (std::size_t i = 9; i < given.size(); i += 2) headers.emplace_back(given[i], given[i + 1]);
    auto const wrong = sign_request(given[0], given[1], given[2], headers, {given[3], given[4], given[5]}, {given[7], given[6]}, std::stoll(given[8]), key);
    std::string out = wrong.empty() ? "" : "! " + wrong;
    if (wrong.empty())
      for (auto const& [name, value] : headers) out += (out.empty() ? "" : " ") + to_hex(name) + ' ' + to_hex(value);
    std::puts(out.c_str());
    std::fflush(stdout);
  }
  return 0;
}

// context.hpp: ids and their digits, contexts as values, the node that they share.
#include <fanlight/context.hpp>

#include "catch.hpp"

#include <cstring>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace fl = fanlight;
using fl::detail::context_node;

namespace {

fl::trace_id const trace = fl::trace_id::from_hex("0af7651916cd43dd8448eb211c80319c");
fl::span_id const span = fl::span_id::from_hex("b7ad6b7169203331");

context_node* node_of(std::string_view tracestate, std::string_view baggage, std::string_view pairs, std::string_view facts = {}) {
  context_node::parts parts;
  parts.tracestate = tracestate;
  parts.baggage = baggage;
  parts.pairs = pairs;
  parts.facts = facts.data();
  parts.facts_size = static_cast<std::uint32_t>(facts.size());
  parts.fact_count = facts.empty() ? 0 : 1;
  return context_node::make(parts);
}

}  // namespace

TEST_CASE("hexadecimal digits are read exactly") {
  unsigned char bytes[2] = {};
  CHECK(fl::detail::read_hex(bytes, 2, "0aF9", true));
  CHECK(bytes[0] == 0x0A);
  CHECK(bytes[1] == 0xF9);
  CHECK(fl::detail::read_hex(bytes, 2, "beef", false));
  CHECK_FALSE(fl::detail::read_hex(bytes, 2, "beeF", false));
  CHECK_FALSE(fl::detail::read_hex(bytes, 2, "0000", true));
  CHECK_FALSE(fl::detail::read_hex(bytes, 2, "0af", true));
  CHECK_FALSE(fl::detail::read_hex(bytes, 2, "0af90", true));
  CHECK_FALSE(fl::detail::read_hex(bytes, 2, "", true));
  for (int letter = -128; letter < 128; ++letter) {  // every character that is no digit is refused, in each place
    bool const digit = (letter >= '0' && letter <= '9') || (letter >= 'a' && letter <= 'f') || (letter >= 'A' && letter <= 'F');
    bool const upper = letter >= 'A' && letter <= 'F';
    char high[3] = {static_cast<char>(letter), '1', 0}, low[3] = {'1', static_cast<char>(letter), 0};
    CAPTURE(letter);
    CHECK(fl::detail::read_hex(bytes, 1, {high, 2}, true) == digit);
    CHECK(fl::detail::read_hex(bytes, 1, {low, 2}, true) == digit);
    CHECK(fl::detail::read_hex(bytes, 1, {low, 2}, false) == (digit && !upper));
  }
}

TEST_CASE("identifiers go to digits and back") {
  CHECK(trace.hex() == "0af7651916cd43dd8448eb211c80319c");
  CHECK(span.hex() == "b7ad6b7169203331");
  CHECK(fl::trace_id::from_hex("0AF7651916CD43DD8448EB211C80319C") == trace);
  CHECK_FALSE(fl::trace_id::from_hex("0af7651916cd43dd8448eb211c80319").is_valid());
  CHECK_FALSE(fl::span_id::from_hex("b7ad6b716920333g").is_valid());
  CHECK_FALSE(fl::span_id{}.is_valid());
  CHECK(fl::span_id::from_hex("0000000000000001") < fl::span_id::from_hex("0000000000000002"));
}

TEST_CASE("a context says what it is") {
  fl::context const none;
  CHECK_FALSE(none);
  CHECK_FALSE(none.is_sampled());
  CHECK_FALSE(none.is_deferred());
  fl::context const local{trace, span, 3};
  CHECK(local);
  CHECK(local.is_sampled());
  CHECK_FALSE(local.is_remote());
  CHECK_FALSE(local.is_deferred());
  fl::context const open{trace, span, 0, true, fl::sampling_state::asked};
  CHECK(open.is_remote());
  CHECK(open.is_deferred());
  CHECK(open.sampling() == fl::sampling_state::asked);
  fl::context const headless{trace, {}, 1, true};
  CHECK_FALSE(headless.is_valid());
  CHECK(headless.trace_id() == trace);
}

TEST_CASE("a node keeps its texts, each with a NUL") {
  auto const got = fl::context::adopt({trace, span, 1}, node_of("a=1", "k=v", "Lineage=x", "12345678"));
  CHECK(got.tracestate() == "a=1");
  CHECK(got.baggage() == "k=v");
  CHECK(got.node()->pairs() == "Lineage=x");
  CHECK(std::string(reinterpret_cast<char const*>(got.node()->facts()), got.node()->facts_size) == "12345678");
  CHECK(got.node()->fact_count == 1);
  CHECK(std::strlen(got.tracestate().data()) == 3);
  CHECK(std::strlen(got.baggage().data()) == 3);
  CHECK(std::strlen(got.node()->pairs().data()) == 9);
  auto const bare = fl::context::adopt({trace, span, 1}, node_of({}, {}, {}));
  CHECK(bare.tracestate().empty());
  CHECK(*bare.tracestate().data() == 0);
  CHECK(*bare.baggage().data() == 0);
  CHECK(*bare.node()->pairs().data() == 0);
}

TEST_CASE("a text too long for its length is refused") {
  context_node::parts parts;
  parts.baggage = {"", std::size_t{1} << 32};
  CHECK(context_node::make(parts) == nullptr);
}

TEST_CASE("copies share the node and the last one frees it") {
  auto first = fl::context::adopt({trace, span, 1, true, fl::sampling_state::deferred}, node_of("a=1", {}, {}));
  CHECK(first.node()->references == 1);
  {
    fl::context second = first;
    CHECK(first.node()->references == 2);
    fl::context third = std::move(second);
    CHECK(first.node()->references == 2);
    CHECK(second.node() == nullptr);  // NOLINT(bugprone-use-after-move)
    CHECK(third.is_deferred());
    second = third;
    CHECK(first.node()->references == 3);
    third = fl::context{};
    CHECK(first.node()->references == 2);
    fl::context& same = second;
    second = same;
    CHECK(second.node() == first.node());
    CHECK(second.is_remote());
    CHECK(second.sampling() == fl::sampling_state::deferred);
  }
  CHECK(first.node()->references == 1);
  first = fl::context::adopt(first, node_of("b=2", {}, {}));
  CHECK(first.tracestate() == "b=2");
  CHECK(first.node()->references == 1);
}

TEST_CASE("threads may copy and drop one node at once") {
  auto const shared = fl::context::adopt({trace, span, 1}, node_of("a=1", "k=v", {}));
  std::vector<std::thread> threads;
  std::vector<int> wrong(4, 0);
  for (std::size_t i = 0; i < wrong.size(); ++i)
    threads.emplace_back([mine = shared, &wrong = wrong[i]] {
      for (int round = 0; round < 10'000; ++round) {
        fl::context const copy = mine;
        if (copy.tracestate() != "a=1" || copy.baggage() != "k=v") ++wrong;
      }
    });
  for (auto& thread : threads) thread.join();
  CHECK(wrong == std::vector<int>(4, 0));
  CHECK(shared.node()->references == 1);
}

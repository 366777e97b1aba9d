// Memory for batches: used again, copied small, and alive as long as anybody holds a batch.
#include <fanlight/impl/pool.ipp>
#include <fanlight/resource.hpp>

#include "catch.hpp"

#include <cstring>
#include <thread>
#include <vector>

namespace d = fanlight::detail;

TEST_CASE("a batch that is given back is the next one, empty again") {
  auto const pool = std::make_shared<d::batch_pool>(4096, 2);
  auto* const first = pool->take();
  REQUIRE(first != nullptr);
  CHECK(first->room == 4096);
  CHECK(reinterpret_cast<std::uintptr_t>(first->data) % 64 == 0);
  first->size = 100;
  first->counts[1] = 3;
  first->resource = std::make_shared<fanlight::resource>();
  { d::batch_ref const all{first}; }
  auto* const again = pool->take();
  CHECK(again == first);
  CHECK(again->size == 0);
  CHECK(again->counts[1] == 0);
  CHECK(again->resource == nullptr);
  CHECK(again->references == 1);
  d::batch_ref const all{again};
}

TEST_CASE("references are counted, the last gives back") {
  auto const pool = std::make_shared<d::batch_pool>(4096, 2);
  auto* const data = pool->take();
  {
    d::batch_ref a{data};
    auto b = a;
    CHECK(data->references == 2);
    auto const c = std::move(a);
    CHECK(data->references == 2);
    CHECK_FALSE(static_cast<bool>(a));
    b = c;
    CHECK(data->references == 2);
  }
  auto* const again = pool->take();
  CHECK(again == data);
  d::batch_ref const all{again};
}

TEST_CASE("a copy has the bytes, the counts, and no more room than it needs") {
  auto const pool = std::make_shared<d::batch_pool>(4096, 2);
  auto* const data = pool->take();
  d::batch_ref const original{data};
  std::memcpy(data->data, "abcdefgh", 8);
  data->size = 8;
  data->counts[2] = 5;
  auto* const copy = pool->take_copy(*data);
  REQUIRE(copy != nullptr);
  d::batch_ref const held{copy};
  CHECK(copy->room == 8);
  CHECK(copy->size == 8);
  CHECK(copy->counts[2] == 5);
  CHECK(std::memcmp(copy->data, "abcdefgh", 8) == 0);
}

TEST_CASE("a batch outlives the hands that made it") {
  auto pool = std::make_shared<d::batch_pool>(4096, 2);
  std::weak_ptr<d::batch_pool> const watch = pool;
  d::batch_ref kept{pool->take()};
  pool.reset();
  CHECK_FALSE(watch.expired());
  kept = d::batch_ref{};
  CHECK(watch.expired());
}

TEST_CASE("a closed pool keeps nothing") {
  auto const pool = std::make_shared<d::batch_pool>(4096, 2);
  auto* const one = pool->take();
  { d::batch_ref const all{pool->take()}; }
  pool->close();
  { d::batch_ref const all{one}; }
  CHECK(pool.use_count() == 1);
  d::batch_ref const still{pool->take()};
  CHECK(static_cast<bool>(still));
}

TEST_CASE("batches are given back by many threads at once") {
  auto const pool = std::make_shared<d::batch_pool>(4096, 4);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&] {
      for (int i = 0; i < 2000; ++i) {
        d::batch_ref const one{pool->take()};
        auto const two = one;
      }
    });
  for (auto& each : threads) each.join();
  CHECK(pool.use_count() == 1);
}

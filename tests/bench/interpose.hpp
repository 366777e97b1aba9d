// Counts every request to the heap in this program: malloc and its kin are replaced for all of it, operator new and the C library
// included, and pass the request on to glibc. Included by one file of a program. Counters of a thread are its own.
#pragma once

#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdint>

namespace bench {
inline constinit thread_local std::uint64_t requests_here = 0;
inline constinit std::atomic<std::uint64_t> requests_everywhere{0};
inline void count_request() noexcept {
  ++requests_here;
  requests_everywhere.fetch_add(1, std::memory_order_relaxed);
}
}  // namespace bench

extern "C" {
void* __libc_malloc(std::size_t) noexcept;
void* __libc_calloc(std::size_t, std::size_t) noexcept;
void* __libc_realloc(void*, std::size_t) noexcept;
void* __libc_memalign(std::size_t, std::size_t) noexcept;

void* malloc(std::size_t size) noexcept {
  bench::count_request();
  return __libc_malloc(size);
}
void* calloc(std::size_t count, std::size_t size) noexcept {
  bench::count_request();
  return __libc_calloc(count, size);
}
void* realloc(void* block, std::size_t size) noexcept {
  bench::count_request();
  return __libc_realloc(block, size);
}
void* memalign(std::size_t alignment, std::size_t size) noexcept {
  bench::count_request();
  return __libc_memalign(alignment, size);
}
void* aligned_alloc(std::size_t alignment, std::size_t size) noexcept {
  bench::count_request();
  return __libc_memalign(alignment, size);
}
int posix_memalign(void** to, std::size_t alignment, std::size_t size) noexcept {
  bench::count_request();
  *to = __libc_memalign(alignment, size);
  return *to == nullptr ? ENOMEM : 0;
}
}

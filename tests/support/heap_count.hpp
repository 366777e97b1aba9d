// Counts this thread's heap requests, in the one file of a test program that includes it: that one's malloc stands in front of the C library's.
// Where the allocator is another (sanitizers), OTHER_ALLOCATOR is defined and there is nothing to count.
#pragma once

#include <cstddef>
#include <cstdlib>

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define OTHER_ALLOCATOR
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || !defined(__GLIBC__)
#define OTHER_ALLOCATOR
#endif

#ifndef OTHER_ALLOCATOR
namespace {
thread_local unsigned requests = 0;
}
extern "C" void* __libc_malloc(std::size_t);
extern "C" void* malloc(std::size_t size) noexcept {  // operator new comes by here too
  ++requests;
  return __libc_malloc(size);
}
#endif

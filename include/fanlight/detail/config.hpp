// The macros of fanlight, all of them: version, the two build modes, and a few compiler hints. Everything else is C++.
#pragma once

#define FANLIGHT_VERSION_MAJOR 0
#define FANLIGHT_VERSION_MINOR 1
#define FANLIGHT_VERSION_PATCH 0
#define FANLIGHT_VERSION_STRING "0.1.0"

// Header-only (the default) or compiled (the CMake target fanlight::compiled defines FANLIGHT_COMPILED for you). The mode is part of
// the inline namespace, so a program that mixes the two fails when it is linked, and not when it runs.
#ifdef FANLIGHT_COMPILED
#define FANLIGHT_INLINE
#define FANLIGHT_ABI v0_1_compiled
#else
#define FANLIGHT_INLINE inline
#define FANLIGHT_ABI v0_1
#endif

#define FANLIGHT_BEGIN    \
  namespace fanlight {    \
  inline namespace FANLIGHT_ABI {
#define FANLIGHT_END \
  }                  \
  }

// What must be the same object in every shared library of a process, whatever visibility they are built with.
#define FANLIGHT_VISIBLE __attribute__((visibility("default")))

// The straight path is inlined into the caller; what leaves it is not.
#define FANLIGHT_HOT inline __attribute__((always_inline))
// Cold also means: compiled for size. Spans with options take such paths too; it halves what a file that instruments costs to compile.
#define FANLIGHT_COLD __attribute__((cold))
#define FANLIGHT_NOINLINE __attribute__((noinline))

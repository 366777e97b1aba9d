// What the fuzz targets have in common: one condition that must hold, told with its text before the process ends.
#pragma once

#include <cstdio>
#include <cstdlib>

#define MUST(condition)                                                            \
  do {                                                                             \
    if (!(condition)) {                                                            \
      std::fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition); \
      std::abort();                                                                \
    }                                                                              \
  } while (false)

// A program that opens a plugin with dlopen and lets it trace: plugin_host PATH-OF-PLUGIN
#include "plugin.hpp"

#include <fanlight/fanlight.hpp>

#include <cstdio>
#include <dlfcn.h>

namespace fl = fanlight;

int main(int argc, char** argv) {
  if (argc != 2) return std::fputs("usage: plugin_host PLUGIN\n", stderr), 2;
  auto session = fl::init({.service = "plugin_host"});

  void* const library = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) return std::fprintf(stderr, "plugin_host: %s\n", dlerror()), 1;
  auto* const thumbnail = reinterpret_cast<thumbnail_function*>(dlsym(library, thumbnail_name));
  if (thumbnail == nullptr) return std::fprintf(stderr, "plugin_host: %s\n", dlerror()), 1;

  fl::scoped_span upload{"upload"};
  int const width = thumbnail(fl::door(), 1024);
  upload.set("thumbnail.width", width);
  return width == 128 ? 0 : 1;
}  // the plugin stays open: what it recorded may still be on its way, and names places in its code

# Shared by scripts/test, scripts/demo and scripts/bench: finds what a machine has, installs what it lacks, says so.
# Sourced, never run. Sets ROOT, JOBS and LOGS; needs bash, and apt only when something is missing.

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
JOBS=${FANLIGHT_JOBS:-$(nproc 2>/dev/null || echo 2)}
LOGS=$ROOT/build/logs

say() { printf '%s\n' "fanlight: $*"; }
die() {
  printf '%s\n' "fanlight: $*" >&2
  exit 1
}

# ---- packages ----

as_root() {
  if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi
}

installed() { [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }

# Of the alternatives `a|b|c`: is one installed, and which is the first that apt knows?
any_installed() {
  local name
  for name in ${1//|/ }; do installed "$name" && return 0; done
  return 1
}
first_known() {
  local name
  for name in ${1//|/ }; do
    [ -n "$(apt-cache madison "$name" 2>/dev/null)" ] && { printf '%s\n' "$name"; return 0; }
  done
  return 1
}

# need_packages REQUIRED... [-- OPTIONAL...]: installs what is missing in one go. Names may be alternatives, `a|b`. What is
# optional and cannot be had is told and left out; the stage that wants it is then skipped by name.
need_packages() {
  local wanted package optional=no missing=() extras=() names=()
  command -v apt-get >/dev/null || { say "no apt here: taking what is installed"; return 0; }
  for wanted in "$@"; do
    if [ "$wanted" = -- ]; then optional=yes; continue; fi
    any_installed "$wanted" && continue
    if [ $optional = no ]; then missing+=("$wanted"); elif first_known "$wanted" >/dev/null; then extras+=("$wanted"); fi
  done
  # Once apt has said that it lacks an optional one, the next run does not ask again.
  [ ${#missing[@]} -eq 0 ] && [ ${#extras[@]} -eq 0 ] && return 0
  [ "$(id -u)" -eq 0 ] || command -v sudo >/dev/null ||
    die "packages are missing and neither root nor sudo is at hand: ${missing[*]} ${extras[*]}"
  say "missing: ${missing[*]} ${extras[*]}; asking apt"
  mkdir -p "$LOGS"
  as_root apt-get update -qq >"$LOGS/apt.log" 2>&1 || say "apt-get update had trouble (build/logs/apt.log); going on with the lists there are"
  optional=no
  for wanted in "$@"; do
    if [ "$wanted" = -- ]; then optional=yes; continue; fi
    any_installed "$wanted" && continue
    if package=$(first_known "$wanted"); then
      names+=("$package")
    elif [ $optional = yes ]; then
      say "apt has no $wanted here; going on without"
    else
      die "apt has no $wanted; this needs Debian 12, Ubuntu 24.04 or newer"
    fi
  done
  [ ${#names[@]} -eq 0 ] && return 0
  say "installing$([ "$(id -u)" -eq 0 ] || echo ' with sudo'): ${names[*]}"
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${names[@]}" >>"$LOGS/apt.log" 2>&1 || {
    tail -n 20 "$LOGS/apt.log" >&2
    die "apt-get install failed"
  }
}

BUILD_PACKAGES=(g++ cmake ninja-build pkg-config ccache libcurl4-openssl-dev rapidjson-dev zlib1g-dev)
EXAMPLE_PACKAGES=(libcpp-httplib-dev libssl-dev libbrotli-dev curl)
TEST_PACKAGES=(catch2 libspdlog-dev libfmt-dev libprotozero-dev libssl-dev openssl make python3 python3-jsonschema)

# ---- tools ----

# The first of the named commands that is installed; nothing when there is none.
first_of() {
  local name
  for name in "$@"; do command -v "$name" >/dev/null && { printf '%s\n' "$name"; return; }; done
}

check_cmake() {
  local version major minor
  version=$(cmake --version | sed -n 's/^cmake version //p')
  IFS=. read -r major minor _ <<<"$version"
  [ "$major" -gt 3 ] || [ "$minor" -ge 25 ] ||
    die "the presets need CMake 3.25 (Debian 12, Ubuntu 24.04); this is $version. The library itself builds with 3.22"
}

use_ccache() {
  command -v ccache >/dev/null || return 0
  export CMAKE_CXX_COMPILER_LAUNCHER=${CMAKE_CXX_COMPILER_LAUNCHER:-ccache}
  # A precompiled header makes ccache step aside unless it is told that the times it holds do not matter.
  export CCACHE_SLOPPINESS=${CCACHE_SLOPPINESS:-pch_defines,time_macros,include_file_mtime,include_file_ctime}
  export CCACHE_BASEDIR=${CCACHE_BASEDIR:-$ROOT}
  export CCACHE_DEPEND=${CCACHE_DEPEND:-true} # what the compiler itself says it read, in place of a preprocessor's run for each file
}

# configure_and_build PRESET [-D...] [-- TARGET...]: quiet when it goes well.
configure_and_build() {
  local preset=$1 options=() targets=()
  shift
  while [ $# -gt 0 ] && [ "$1" != -- ]; do options+=("$1"); shift; done
  [ $# -gt 0 ] && { shift; targets=(--target "$@"); }
  (cd "$ROOT" && cmake --preset "$preset" "${options[@]}" && cmake --build --preset "$preset" -j "$JOBS" "${targets[@]}")
}

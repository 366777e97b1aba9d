"""The cases of tests/build, by name. Each is a function of a Kit; it returns when the way in works and raises when it does not."""
import re
import sys

import object_cases
import probe_cases
from kit import CONSUMER, HERE, OFF, SOURCE, STRICT, Failed, Skipped, clangxx, command, gxx, must, must_fail, old_clangxx

ALL = {**object_cases.ALL, **probe_cases.ALL}
DUMMIES = {"AWS_EC2_METADATA_DISABLED": "true", "AWS_ACCESS_KEY_ID": "dummy", "AWS_SECRET_ACCESS_KEY": "dummy"}


def case(function):
    ALL[function.__name__] = function
    return function


# ---- CMake: the source tree ------------------------------------------------------------------------------------------

@case
def add_subdirectory(kit):
    kit.build_and_run(HERE / "add_subdirectory", f"-DFANLIGHT_SOURCE={SOURCE}", "-DFANLIGHT_TARGET=fanlight::fanlight")


@case
def add_subdirectory_compiled(kit):
    kit.build_and_run(HERE / "add_subdirectory", f"-DFANLIGHT_SOURCE={SOURCE}", "-DFANLIGHT_TARGET=fanlight::compiled",
                      "-DFANLIGHT_BUILD_COMPILED=ON", "-DBUILD_SHARED_LIBS=ON", "-DEXPECTED_BUILD_SHARED_LIBS=ON",
                      "-DCMAKE_CXX_VISIBILITY_PRESET=hidden")


@case
def fetch_content(kit):
    kit.build_and_run(HERE / "fetch_content", f"-DFANLIGHT_SOURCE={SOURCE}")


# ---- CMake: an install prefix ----------------------------------------------------------------------------------------

def find_installed(kit, kind, target, components=""):
    kit.build_and_run(HERE / "find_package", f"-DCMAKE_PREFIX_PATH={kit.prefix(kind)}", f"-DCONSUMER_SOURCE={CONSUMER}",
                      f"-DFANLIGHT_TARGET={target}", f"-DFANLIGHT_COMPONENTS={components}")


@case
def find_package(kit):
    find_installed(kit, "header_only", "fanlight::fanlight", "console;memory")


@case
def find_package_static(kit):
    find_installed(kit, "static", "fanlight::compiled", "compiled")


@case
def find_package_shared(kit):
    find_installed(kit, "shared", "fanlight::compiled", "compiled")


def find_package_line(kit, *options, components=""):
    return ["cmake", "-G", "Ninja", "-S", HERE / "find_package", "-B", kit.folder / "build", f"-DCMAKE_PREFIX_PATH={kit.prefix()}",
            f"-DCONSUMER_SOURCE={CONSUMER}", "-DFANLIGHT_TARGET=fanlight::fanlight", f"-DFANLIGHT_COMPONENTS={components}", *options]


@case
def find_package_unknown_component(kit):
    must_fail(find_package_line(kit, components="nonsense"), "this fanlight has no component `nonsense`")


@case
def find_package_compiled_was_not_built(kit):
    must_fail(find_package_line(kit, components="compiled"), "this fanlight has no component `compiled`")


@case
def find_package_without_curl(kit):
    must_fail(find_package_line(kit, "-DCMAKE_DISABLE_FIND_PACKAGE_CURL=ON"),
              "fanlight needs libcurl, which was not found. On Debian and Ubuntu: apt install libcurl4-openssl-dev")


@case
def find_package_without_rapidjson(kit):
    must_fail(find_package_line(kit, "-DCMAKE_DISABLE_FIND_PACKAGE_RapidJSON=ON", "-DCMAKE_IGNORE_PATH=/usr/include;/usr/local/include"),
              "fanlight needs RapidJSON, which was not found. On Debian and Ubuntu: apt install rapidjson-dev")


def installed_tree(kit, kind):
    """Nothing installed names the source, the build or the place it was first installed to, nor any other absolute path."""
    prefix = kit.prefix(kind)
    places = [str(SOURCE).encode(), str(prefix.parent).encode()]
    files = [path for path in prefix.rglob("*") if path.is_file() and not path.is_symlink()]
    if len(files) < 10:
        raise Failed(f"only {len(files)} files were installed")
    for path in files:
        content = path.read_bytes()
        for place in places:
            if place in content:
                raise Failed(f"{path.relative_to(prefix)} names {place.decode()}")
        if path.suffix in (".cmake", ".pc") and re.search(rb'(?<![\w}.\]])/(usr|home|opt|tmp|root|var)/', content):
            raise Failed(f"{path.relative_to(prefix)} holds an absolute path")


@case
def installed_tree_header_only(kit):
    installed_tree(kit, "header_only")


@case
def installed_tree_shared(kit):
    installed_tree(kit, "shared")


# ---- CMake: building fanlight where something is missing ---------------------------------------------------------------

def build_line(kit, *options):
    return ["cmake", "-G", "Ninja", "-S", SOURCE, "-B", kit.folder / "build", *OFF, *options]


@case
def build_without_curl(kit):
    must_fail(build_line(kit, "-DCMAKE_DISABLE_FIND_PACKAGE_CURL=ON"), "apt install libcurl4-openssl-dev")


@case
def build_without_rapidjson(kit):
    must_fail(build_line(kit, "-DCMAKE_DISABLE_FIND_PACKAGE_RapidJSON=ON", "-DCMAKE_IGNORE_PATH=/usr/include;/usr/local/include"),
              "apt install rapidjson-dev")


@case
def build_without_zlib(kit):
    must_fail(build_line(kit, "-DCMAKE_DISABLE_FIND_PACKAGE_ZLIB=ON", "-DFANLIGHT_WITH_ZLIB=ON"), "apt install zlib1g-dev")
    must(build_line(kit, "-DCMAKE_DISABLE_FIND_PACKAGE_ZLIB=ON", "-DFANLIGHT_WITH_ZLIB=AUTO"))


@case
def build_without_catch2(kit):
    must_fail(build_line(kit, "-DCMAKE_DISABLE_FIND_PACKAGE_Catch2=ON", "-DFANLIGHT_BUILD_TESTS=ON"), "apt install catch2")


# ---- without CMake ---------------------------------------------------------------------------------------------------

@case
def pkg_config_and_make(kit):
    env = {"PKG_CONFIG_PATH": str(kit.prefix() / "share/pkgconfig")}
    must(["make", "-f", HERE / "pkg_config/Makefile", f"SOURCE={CONSUMER}", f"CXX={gxx()}"], cwd=kit.folder, env=env)
    must([kit.folder / "consumer"])


@case
def one_command_line(kit):
    must([gxx(), "-std=c++20", *STRICT, f"-I{SOURCE / 'include'}", CONSUMER, "-o", kit.folder / "consumer", "-pthread", "-lcurl", "-lz", "-ldl"])
    must([kit.folder / "consumer"])


@case
def single_header(kit):
    """One file for all: made twice alike, and the consumer and the contract are built against it alone."""
    header = kit.folder / "include/fanlight/fanlight.hpp"
    must([sys.executable, SOURCE / "scripts/amalgamate", "-o", header])
    must([sys.executable, SOURCE / "scripts/amalgamate", "-o", kit.folder / "again.hpp"])
    text = header.read_text()
    if text != (kit.folder / "again.hpp").read_text():
        raise Failed("two runs of scripts/amalgamate differ")
    if "Permission is hereby granted" not in text[:3000]:
        raise Failed("the single header does not open with the licence")
    if re.search(r"^#\s*include\s*[<\"]fanlight/", text, re.M):
        raise Failed("the single header still includes files of fanlight")
    for source in (CONSUMER, SOURCE / "tests/contract/facade.cpp"):
        must([gxx(), "-std=c++20", *STRICT, f"-I{kit.folder / 'include'}", source, "-o", kit.folder / "program", "-pthread", "-lcurl", "-lz", "-ldl"])
        must([kit.folder / "program"], cwd=kit.folder, env=DUMMIES)
    must_fail([gxx(), "-std=c++20", "-fsyntax-only", "-DFANLIGHT_COMPILED", f"-I{kit.folder / 'include'}", CONSUMER],
              "the single header is the header-only build")


# ---- adapters for libraries that users hold ----------------------------------------------------------------------------

def adapter(kit, name, package=None):
    """A program with one adapter, against an install prefix; skipped where the library it adapts is not installed."""
    extra = []
    if package is not None:
        if command(["pkg-config", "--exists", package])[0]:
            raise Skipped(f"{package} not installed")
        extra = must(["pkg-config", "--cflags", "--libs", package]).split()
    compiled, linked = kit.flags(kit.prefix())
    program = kit.folder / name
    must([gxx(), "-std=c++20", *STRICT, *compiled, HERE / f"adapters/{name}.cpp", "-o", program, *linked, *extra])
    must([program], cwd=kit.folder, env=DUMMIES)


@case
def adapter_spdlog(kit):
    adapter(kit, "spdlog", "spdlog")


@case
def adapter_fmt(kit):
    adapter(kit, "fmt", "fmt")


@case
def adapter_format(kit):
    adapter(kit, "format")


@case
def adapter_httplib(kit):
    adapter(kit, "httplib", "cpp-httplib")


@case
def adapter_curl(kit):
    adapter(kit, "curl", "libcurl")


# ---- compilers, standards, options -------------------------------------------------------------------------------------

def consumer_with(kit, *flags, compiler):
    must([compiler, *STRICT, *flags, f"-I{SOURCE / 'include'}", CONSUMER, "-o", kit.folder / "consumer", "-pthread", "-lcurl", "-lz", "-ldl"])
    must([kit.folder / "consumer"])


def contract_with(kit, compiler, standard="c++20"):
    """The contract in both builds by one compiler: the compiled one with the bodies in a file of their own."""
    common = [compiler, f"-std={standard}", "-Wall", "-Wextra", "-Wpedantic", "-Werror", f"-I{SOURCE / 'include'}"]
    libraries = ["-pthread", "-lcurl", "-lz", "-ldl"]
    contract = SOURCE / "tests/contract/facade.cpp"
    must([*common, contract, "-o", kit.folder / "header_only", *libraries])
    must([*common, "-DFANLIGHT_COMPILED", contract, SOURCE / "cmake/fanlight.cpp", "-o", kit.folder / "compiled", *libraries])
    for mode in ("header_only", "compiled"):
        must([kit.folder / mode], cwd=kit.folder, env=DUMMIES)


@case
def no_rtti_gcc(kit):
    consumer_with(kit, "-std=c++20", "-fno-rtti", compiler=gxx())


@case
def no_rtti_clang(kit):
    consumer_with(kit, "-std=c++20", "-fno-rtti", compiler=clangxx())


@case
def contract_clang_14(kit):
    contract_with(kit, old_clangxx())


@case
def contract_cxx23_gcc(kit):
    contract_with(kit, gxx(), "c++23")


@case
def contract_cxx23_clang(kit):
    contract_with(kit, clangxx(), "c++2b")


@case
def consumer_optimised(kit):
    """Some warnings come only when the optimiser looks."""
    consumer_with(kit, "-std=c++20", "-O2", compiler=gxx())

"""Cases about several objects in one program: files, shared objects with hidden visibility, plugins, and a mix that must not link."""
from kit import HERE, SOURCE, STRICT, gxx, must, must_fail

HIDDEN = ["-fvisibility=hidden", "-fvisibility-inlines-hidden"]
LIBRARIES = ["-lcurl", "-lz", "-ldl", "-pthread"]


def common():
    return [gxx(), "-std=c++20", *STRICT, f"-I{SOURCE / 'include'}"]


def parts(kit, *flags, link=()):
    """The two shared objects, each with a copy of whatever fanlight is to them."""
    for number in (1, 2):
        must([*common(), *HIDDEN, "-fPIC", "-shared", f"-DPART={number}", *flags, HERE / "objects/part.cpp",
              "-o", kit.folder / f"libpart_{number}.so", *link, *LIBRARIES])


def program(kit, *flags, link=()):
    must([*common(), *HIDDEN, *flags, HERE / "objects/main.cpp", HERE / "objects/second.cpp", "-o", kit.folder / "program",
          *link, *LIBRARIES])
    must([kit.folder / "program"], cwd=kit.folder)


def linked(kit):
    return [f"-L{kit.folder}", "-lpart_1", "-lpart_2", f"-Wl,-rpath,{kit.folder}"]


def shared_library(kit):
    where = kit.library("shared")
    return [f"-L{where}", "-lfanlight", f"-Wl,-rpath,{where}"]


def objects_header_only(kit):
    parts(kit)
    program(kit, link=linked(kit))


def objects_compiled_shared(kit):
    flags = ["-DFANLIGHT_COMPILED", "-DFANLIGHT_SHARED"]
    parts(kit, *flags, link=shared_library(kit))
    program(kit, *flags, link=[*linked(kit), *shared_library(kit)])


def objects_compiled_static(kit):
    """The static library in the program and in each shared object: three copies of the code, one pipeline."""
    archive = kit.library("static") / "libfanlight.a"
    parts(kit, "-DFANLIGHT_COMPILED", link=[archive])
    program(kit, "-DFANLIGHT_COMPILED", link=[*linked(kit), archive])


def plugins_header_only_rdynamic(kit):
    parts(kit)
    program(kit, "-DPLUGINS", "-rdynamic")


def plugins_compiled_shared(kit):
    flags = ["-DFANLIGHT_COMPILED", "-DFANLIGHT_SHARED"]
    parts(kit, *flags, link=shared_library(kit))
    program(kit, "-DPLUGINS", *flags, link=shared_library(kit))


def mixed_builds_do_not_link(kit):
    archive = kit.library("static") / "libfanlight.a"
    one, two = HERE / "mixed/one.cpp", HERE / "mixed/two.cpp"
    for name, source, flags in (("one_compiled", one, ["-DFANLIGHT_COMPILED"]), ("two_compiled", two, ["-DFANLIGHT_COMPILED"]),
                                ("two_header_only", two, [])):
        must([*common(), *flags, "-c", source, "-o", kit.folder / f"{name}.o"])
    must([gxx(), kit.folder / "one_compiled.o", kit.folder / "two_compiled.o", archive, "-o", kit.folder / "same", *LIBRARIES])
    must([kit.folder / "same"])
    must_fail([gxx(), kit.folder / "one_compiled.o", kit.folder / "two_header_only.o", archive, "-o", kit.folder / "mixed", *LIBRARIES],
              "undefined reference to `other_half(")


ALL = {function.__name__: function for function in (
    objects_header_only, objects_compiled_shared, objects_compiled_static, plugins_header_only_rdynamic, plugins_compiled_shared,
    mixed_builds_do_not_link)}

"""The behaviour table of the probe behind guarded(): one small program, built every way that changes how exceptions run."""

from kit import HERE, SOURCE, STRICT, Failed, Skipped, clangxx, command, gxx, must, old_clangxx

ALL = {}


def table(name, compiler, *flags, terminates=True):
    def case(kit):
        program = kit.folder / "probe"
        line = [compiler(), "-std=c++20", *STRICT, f"-I{SOURCE / 'include'}", *flags, HERE / "probe/main.cpp", "-o", program, "-pthread"]
        code, output = command(line)
        if code and any(word in output for word in ("cannot find -l", "cannot find /", "LTO support", "unable to find library")):
            raise Skipped(f"{' '.join(flags)}: this machine lacks what it links")
        if code:
            raise Failed(f"$ {' '.join(map(str, line))}\n{output[:6000]}")
        must([program])
        if terminates:
            code, output = command([program, "terminate"])
            if code not in (-6, 134) or "terminate called after throwing" not in output:
                raise Failed(f"an uncaught exception does not end the program as it did: status {code}\n{output}")
    ALL[f"probe_{name}"] = case


table("gcc_O0", gxx, "-O0")
table("gcc_O1", gxx, "-O1")
table("gcc_O2", gxx, "-O2")
table("gcc_O3", gxx, "-O3")
table("gcc_lto", gxx, "-O2", "-flto")
table("gcc_static", gxx, "-O2", "-static")
table("gcc_static_libstdcxx", gxx, "-O2", "-static-libstdc++", "-static-libgcc")
table("gcc_no_pie", gxx, "-O2", "-no-pie", "-fno-pie")
table("gcc_hidden", gxx, "-O2", "-fvisibility=hidden", "-fvisibility-inlines-hidden")
table("gcc_asan", gxx, "-O1", "-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all", terminates=False)
table("gcc_tsan", gxx, "-O1", "-g", "-fsanitize=thread", terminates=False)
table("clang_O0", clangxx, "-O0")
table("clang_O2", clangxx, "-O2")
table("clang_lto", clangxx, "-O2", "-flto=thin", "-fuse-ld=lld")
table("clang_static", clangxx, "-O2", "-static")
table("clang_asan", clangxx, "-O1", "-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all", terminates=False)
table("clang_tsan", clangxx, "-O1", "-g", "-fsanitize=thread", terminates=False)
table("clang_14", old_clangxx, "-O2")

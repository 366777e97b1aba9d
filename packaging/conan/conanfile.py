"""Conan 2 recipe. It lies in the source tree and packages the checkout around it: conan create packaging/conan"""
import os

from conan import ConanFile
from conan.tools.build import check_min_cppstd
from conan.tools.cmake import CMake, CMakeToolchain, CMakeDeps, cmake_layout
from conan.tools.files import copy, rmdir

required_conan_version = ">=2.0"


class FanlightConan(ConanFile):
    name = "fanlight"
    version = "0.1.0"
    description = "Tracing, logs and error reports for C++20 programs: one include, many back ends"
    license = "MIT"
    topics = ("tracing", "opentelemetry", "logging", "error-reporting", "header-only")
    package_type = "header-library"
    settings = "os", "arch", "compiler", "build_type"
    options = {"with_zlib": [True, False]}
    default_options = {"with_zlib": True}
    no_copy_source = True

    def export_sources(self):
        top = os.path.join(self.recipe_folder, "..", "..")
        for pattern in ("include/*", "cmake/*", "CMakeLists.txt", "LICENSE"):
            copy(self, pattern, src=top, dst=self.export_sources_folder)

    def layout(self):
        cmake_layout(self)

    def requirements(self):
        self.requires("libcurl/[>=7.78 <9]", transitive_headers=True, transitive_libs=True)
        self.requires("rapidjson/[>=1.1.0]", transitive_headers=True)
        if self.options.with_zlib:
            self.requires("zlib/[>=1.2.11 <2]", transitive_headers=True, transitive_libs=True)

    def package_id(self):
        self.info.clear()

    def validate(self):
        check_min_cppstd(self, 20)

    def generate(self):
        toolchain = CMakeToolchain(self)
        for part in ("TESTS", "EXAMPLES", "BENCH"):
            toolchain.cache_variables[f"FANLIGHT_BUILD_{part}"] = False
        toolchain.cache_variables["FANLIGHT_WITH_ZLIB"] = "ON" if self.options.with_zlib else "OFF"
        toolchain.generate()
        CMakeDeps(self).generate()

    def build(self):
        CMake(self).configure()

    def package(self):
        copy(self, "LICENSE", src=self.source_folder, dst=os.path.join(self.package_folder, "licenses"))
        CMake(self).install()
        rmdir(self, os.path.join(self.package_folder, "share"))  # Conan writes its own

    def package_info(self):
        self.cpp_info.bindirs = []
        self.cpp_info.libdirs = []
        self.cpp_info.set_property("cmake_file_name", "fanlight")
        self.cpp_info.set_property("cmake_target_name", "fanlight::fanlight")
        self.cpp_info.set_property("pkg_config_name", "fanlight")
        if self.options.with_zlib:
            self.cpp_info.defines = ["FANLIGHT_WITH_ZLIB=1"]
        if self.settings.os in ("Linux", "FreeBSD"):
            self.cpp_info.system_libs = ["pthread", "dl"]

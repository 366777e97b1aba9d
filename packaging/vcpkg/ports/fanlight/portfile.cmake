# An overlay port: it builds the checkout that it lies in (vcpkg install fanlight --overlay-ports=packaging/vcpkg/ports).
# For a registry, put vcpkg_from_github(OUT_SOURCE_PATH SOURCE_PATH ... REF "v${VERSION}" SHA512 ...) in place of the next lines.
get_filename_component(SOURCE_PATH "${CMAKE_CURRENT_LIST_DIR}/../../../.." ABSOLUTE)

set(VCPKG_BUILD_TYPE release) # header-only: there is nothing to build twice

set(zlib OFF)
if("zlib" IN_LIST FEATURES)
  set(zlib ON)
endif()

vcpkg_cmake_configure(
  SOURCE_PATH "${SOURCE_PATH}"
  OPTIONS -DFANLIGHT_BUILD_TESTS=OFF
          -DFANLIGHT_BUILD_EXAMPLES=OFF
          -DFANLIGHT_BUILD_BENCH=OFF
          -DFANLIGHT_INSTALL=ON
          -DFANLIGHT_WITH_ZLIB=${zlib})
vcpkg_cmake_install()
vcpkg_cmake_config_fixup(CONFIG_PATH share/cmake/fanlight)
vcpkg_fixup_pkgconfig()

file(REMOVE_RECURSE "${CURRENT_PACKAGES_DIR}/debug" "${CURRENT_PACKAGES_DIR}/lib")
file(INSTALL "${CMAKE_CURRENT_LIST_DIR}/usage" DESTINATION "${CURRENT_PACKAGES_DIR}/share/${PORT}")
vcpkg_install_copyright(FILE_LIST "${SOURCE_PATH}/LICENSE")

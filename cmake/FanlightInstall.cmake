# Install rules: headers, the package configuration for find_package, and fanlight.pc for pkg-config.
# Nothing that is installed may hold an absolute path: the tree can be moved (tests/build proves it).
include(CMakePackageConfigHelpers)

# Headers alone are the same for every machine; with the compiled library in it the package is not.
set(fanlight_package_dir ${CMAKE_INSTALL_DATADIR}/cmake/fanlight)
set(fanlight_pc_dir ${CMAKE_INSTALL_DATADIR}/pkgconfig)
set(fanlight_arch ARCH_INDEPENDENT)
if(FANLIGHT_BUILD_COMPILED)
  set(fanlight_package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/fanlight)
  set(fanlight_arch)
endif()

install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/fanlight DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(FILES ${PROJECT_SOURCE_DIR}/LICENSE DESTINATION ${CMAKE_INSTALL_DATADIR}/licenses/fanlight)

install(TARGETS fanlight EXPORT fanlightTargets)
install(
  EXPORT fanlightTargets
  NAMESPACE fanlight::
  DESTINATION ${fanlight_package_dir})
if(FANLIGHT_BUILD_COMPILED)
  install(
    TARGETS fanlight_compiled
    EXPORT fanlightCompiledTargets
    ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}
    LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}
    RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
  install(
    EXPORT fanlightCompiledTargets
    NAMESPACE fanlight::
    DESTINATION ${fanlight_package_dir})
endif()

set(fanlight_include_dir ${CMAKE_INSTALL_INCLUDEDIR})
configure_package_config_file(
  ${PROJECT_SOURCE_DIR}/cmake/fanlightConfig.cmake.in ${PROJECT_BINARY_DIR}/fanlightConfig.cmake
  INSTALL_DESTINATION ${fanlight_package_dir}
  PATH_VARS fanlight_include_dir
  NO_CHECK_REQUIRED_COMPONENTS_MACRO)
write_basic_package_version_file(
  ${PROJECT_BINARY_DIR}/fanlightConfigVersion.cmake COMPATIBILITY SameMinorVersion ${fanlight_arch})
install(
  FILES ${PROJECT_BINARY_DIR}/fanlightConfig.cmake ${PROJECT_BINARY_DIR}/fanlightConfigVersion.cmake
        ${PROJECT_SOURCE_DIR}/cmake/FanlightRapidJSON.cmake
  DESTINATION ${fanlight_package_dir})

# pkg-config: the header-only library. The prefix is found from where the file lies.
string(REGEX REPLACE "[^/]+" ".." fanlight_pc_up ${fanlight_pc_dir})
set(fanlight_pc_requires "libcurl >= 7.68")
set(fanlight_pc_definitions "")
if(fanlight_has_zlib)
  string(APPEND fanlight_pc_requires ", zlib")
  set(fanlight_pc_definitions " -DFANLIGHT_WITH_ZLIB=1")
endif()
find_package(PkgConfig QUIET)
if(PKG_CONFIG_FOUND)
  pkg_check_modules(FANLIGHT_PC_RAPIDJSON QUIET RapidJSON)
  if(FANLIGHT_PC_RAPIDJSON_FOUND)
    string(APPEND fanlight_pc_requires ", RapidJSON")
  endif()
endif()
configure_file(${PROJECT_SOURCE_DIR}/cmake/fanlight.pc.in ${PROJECT_BINARY_DIR}/fanlight.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/fanlight.pc DESTINATION ${fanlight_pc_dir})

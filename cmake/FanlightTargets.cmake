# The two libraries. fanlight::fanlight is the product: headers only. fanlight::compiled is the same code built once, from the
# one file cmake/fanlight.cpp. The definitions travel with the targets; users never set them by hand.
set(fanlight_includes "$<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>" "$<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>")
set(fanlight_needs CURL::libcurl fanlight::rapidjson Threads::Threads ${CMAKE_DL_LIBS})
set(fanlight_definitions)
if(fanlight_has_zlib)
  list(APPEND fanlight_needs ZLIB::ZLIB)
  list(APPEND fanlight_definitions FANLIGHT_WITH_ZLIB=1)
endif()

if(FANLIGHT_USE_LIBBACKTRACE)
  fanlight_find_libbacktrace(fanlight_libbacktrace)
  if(NOT fanlight_libbacktrace)
    message(FATAL_ERROR "FANLIGHT_USE_LIBBACKTRACE is ON, but nothing links with -lbacktrace. On Debian and Ubuntu: apt install g++")
  endif()
  list(APPEND fanlight_needs ${fanlight_libbacktrace})
endif()

add_library(fanlight INTERFACE)
add_library(fanlight::fanlight ALIAS fanlight)
target_compile_features(fanlight INTERFACE cxx_std_20)
target_include_directories(fanlight INTERFACE ${fanlight_includes})
target_link_libraries(fanlight INTERFACE ${fanlight_needs})
target_compile_definitions(fanlight INTERFACE ${fanlight_definitions})

# The tests link the compiled library to save build time; unless it was asked for, it is made for them alone.
if(FANLIGHT_BUILD_COMPILED)
  add_library(fanlight_compiled)
elseif(FANLIGHT_BUILD_TESTS OR FANLIGHT_BUILD_BENCH)
  add_library(fanlight_compiled STATIC EXCLUDE_FROM_ALL)
endif()

if(TARGET fanlight_compiled)
  add_library(fanlight::compiled ALIAS fanlight_compiled)
  get_target_property(fanlight_library_type fanlight_compiled TYPE)
  target_sources(fanlight_compiled PRIVATE ${PROJECT_SOURCE_DIR}/cmake/fanlight.cpp)
  target_compile_features(fanlight_compiled PUBLIC cxx_std_20)
  target_include_directories(fanlight_compiled PUBLIC ${fanlight_includes})
  target_link_libraries(fanlight_compiled PUBLIC ${fanlight_needs})
  target_compile_definitions(
    fanlight_compiled
    PUBLIC FANLIGHT_COMPILED ${fanlight_definitions}
    PRIVATE FANLIGHT_BUILDING)
  if(fanlight_library_type STREQUAL "SHARED_LIBRARY")
    target_compile_definitions(fanlight_compiled PUBLIC FANLIGHT_SHARED)
  endif()
  set_target_properties(
    fanlight_compiled
    PROPERTIES EXPORT_NAME compiled
               OUTPUT_NAME fanlight
               VERSION ${PROJECT_VERSION}
               SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR}
               POSITION_INDEPENDENT_CODE ON
               CXX_VISIBILITY_PRESET default # whatever the project around us presets: its users need these symbols
               VISIBILITY_INLINES_HIDDEN OFF
               CXX_EXTENSIONS OFF)
  fanlight_warnings(fanlight_compiled)
endif()

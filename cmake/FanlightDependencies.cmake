# What the installed library needs, found once for the build tree and once more by the installed package configuration.
# Every missing one is told in a sentence that names the Debian and Ubuntu package.
include(${CMAKE_CURRENT_LIST_DIR}/FanlightRapidJSON.cmake)

fanlight_find_rapidjson(fanlight_problem)
if(fanlight_problem)
  message(FATAL_ERROR "${fanlight_problem}")
endif()

find_package(CURL 7.68 QUIET) # the module, never CONFIG: Debian ships no CURLConfig.cmake
if(NOT CURL_FOUND AND CURL_VERSION_STRING)
  message(FATAL_ERROR "fanlight needs libcurl 7.68 or later; found was ${CURL_VERSION_STRING}")
elseif(NOT CURL_FOUND)
  message(FATAL_ERROR "fanlight needs libcurl, which was not found. On Debian and Ubuntu: apt install libcurl4-openssl-dev")
endif()

find_package(Threads REQUIRED)

# What to link for libbacktrace, or nothing. impl/stack.ipp asks for it weakly; the linker is told to bring it all the same.
function(fanlight_find_libbacktrace out)
  include(CheckCXXSourceCompiles)
  set(needs -Wl,-u,backtrace_create_state -Wl,-u,backtrace_pcinfo backtrace)
  set(CMAKE_REQUIRED_LIBRARIES ${needs})
  check_cxx_source_compiles("int main() {}" FANLIGHT_LIBBACKTRACE_LINKS)
  if(FANLIGHT_LIBBACKTRACE_LINKS)
    set(${out} ${needs} PARENT_SCOPE)
  else()
    set(${out} "" PARENT_SCOPE)
  endif()
endfunction()

set(fanlight_has_zlib OFF)
if(NOT FANLIGHT_WITH_ZLIB STREQUAL "OFF")
  find_package(ZLIB QUIET)
  if(ZLIB_FOUND)
    set(fanlight_has_zlib ON)
  elseif(NOT FANLIGHT_WITH_ZLIB STREQUAL "AUTO")
    message(FATAL_ERROR "FANLIGHT_WITH_ZLIB is ON, but zlib was not found. On Debian and Ubuntu: apt install zlib1g-dev")
  endif()
endif()

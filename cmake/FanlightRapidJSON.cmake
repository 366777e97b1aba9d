# RapidJSON comes in three shapes: Debian's package configuration gives an include directory and no target, upstream's and the
# package managers' give the target RapidJSON, and a plain copy gives nothing at all. This makes one target of them all,
# fanlight::rapidjson. Used by the build and by the installed fanlightConfig.cmake.
#
# fanlight_find_rapidjson(<problem>) sets <problem> to the empty string or to a sentence for the user.
function(fanlight_find_rapidjson problem)
  set(${problem} "" PARENT_SCOPE)
  if(TARGET fanlight::rapidjson)
    return()
  endif()
  set(sentence "fanlight needs RapidJSON, which was not found. On Debian and Ubuntu: apt install rapidjson-dev")
  if(NOT TARGET RapidJSON)
    set(CMAKE_MESSAGE_LOG_LEVEL NOTICE) # Debian's configuration prints a line whatever it is told; here alone it does not
    find_package(RapidJSON QUIET CONFIG)
  endif()
  if(TARGET RapidJSON)
    add_library(fanlight::rapidjson INTERFACE IMPORTED)
    set_property(TARGET fanlight::rapidjson PROPERTY INTERFACE_LINK_LIBRARIES RapidJSON)
    return()
  endif()
  find_path(
    FANLIGHT_RAPIDJSON_INCLUDE_DIR rapidjson/rapidjson.h
    HINTS ${RAPIDJSON_INCLUDE_DIRS} ${RapidJSON_INCLUDE_DIRS}
    DOC "The folder that holds rapidjson/rapidjson.h")
  mark_as_advanced(FANLIGHT_RAPIDJSON_INCLUDE_DIR)
  if(NOT FANLIGHT_RAPIDJSON_INCLUDE_DIR)
    set(${problem} "${sentence}" PARENT_SCOPE)
    return()
  endif()
  add_library(fanlight::rapidjson INTERFACE IMPORTED)
  set_property(TARGET fanlight::rapidjson PROPERTY INTERFACE_INCLUDE_DIRECTORIES "${FANLIGHT_RAPIDJSON_INCLUDE_DIR}")
endfunction()

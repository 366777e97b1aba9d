# Warnings for fanlight's own programs. They never enter the interface of a target that users link.
function(fanlight_warnings target)
  if(MSVC)
    target_compile_options(${target} PRIVATE /W4 $<$<BOOL:${FANLIGHT_WERROR}>:/WX>)
    return()
  endif()
  target_compile_options(
    ${target} PRIVATE -Wall -Wextra -Wpedantic -Wconversion -Wshadow $<$<BOOL:${FANLIGHT_WERROR}>:-Werror>)
endfunction()

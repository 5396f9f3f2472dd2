# SPDX-License-Identifier: Apache-2.0
include_guard()
include(GNUInstallDirs)

# levada_add_plugin(NAME SOURCES file... [LIBRARIES target...] [OPTIONS file] [WITH command...] [EXCEPT case...]):
# NAME.so, which exports its entry and nothing else, is installed among levada's plugins, and has a test,
# conformance.NAME, that runs `levada plugin test` on it. OPTIONS is a pipeline file that tells with which
# options; by default NAME.conf where the function is called, if it is there. WITH is what runs the suite, such as a
# program that starts a service for it; EXCEPT are the cases that are left out.
function(levada_add_plugin name)
  cmake_parse_arguments(P "" "OPTIONS" "SOURCES;LIBRARIES;WITH;EXCEPT" ${ARGN})
  if(P_UNPARSED_ARGUMENTS OR NOT P_SOURCES)
    message(FATAL_ERROR "levada_add_plugin(${name}) wants SOURCES, LIBRARIES, OPTIONS, WITH and EXCEPT, and knows no: "
                        "${P_UNPARSED_ARGUMENTS}")
  endif()
  add_library(${name} MODULE ${P_SOURCES})
  target_link_libraries(${name} PRIVATE levada::plugin ${P_LIBRARIES})
  # No symbol may be left for the program that loads it to supply.
  target_link_options(${name} PRIVATE -Wl,-z,defs,-z,relro,-z,now,-z,noexecstack,--as-needed
    "-Wl,--version-script=${levada_EXPORTS}")
  set_target_properties(${name} PROPERTIES PREFIX "" SUFFIX ".so"
    C_VISIBILITY_PRESET hidden CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON
    POSITION_INDEPENDENT_CODE ON)
  install(TARGETS ${name} LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}/levada/plugins)

  if(NOT P_OPTIONS AND EXISTS ${CMAKE_CURRENT_SOURCE_DIR}/${name}.conf)
    set(P_OPTIONS ${name}.conf)
  endif()
  set(arguments)
  if(P_OPTIONS)
    get_filename_component(options ${P_OPTIONS} ABSOLUTE)
    set(arguments --options ${options})
  endif()
  if(P_EXCEPT)
    list(JOIN P_EXCEPT "," except)
    list(APPEND arguments --except ${except})
  endif()
  if(LEVADA_EXECUTABLE)
    add_test(NAME conformance.${name}
      COMMAND ${P_WITH} ${LEVADA_EXECUTABLE} plugin test $<TARGET_FILE:${name}> ${arguments})
  endif()
endfunction()

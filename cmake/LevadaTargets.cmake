# SPDX-License-Identifier: Apache-2.0
# The three kinds of target that the tree has.

# Before the names of a sanitized build's tests: scripts/test runs those of all builds together.
if(LEVADA_FUZZERS)
  set(LEVADA_TEST_PREFIX "clang.")
elseif(LEVADA_SANITIZE MATCHES "address")
  set(LEVADA_TEST_PREFIX "asan.")
elseif(LEVADA_SANITIZE MATCHES "thread")
  set(LEVADA_TEST_PREFIX "tsan.")
endif()

add_library(levada_sdk INTERFACE)
target_include_directories(levada_sdk INTERFACE ${CMAKE_SOURCE_DIR}/include)

# add_host_module(NAME [SMALL] SOURCES ... USES module ... LIBRARIES ...): one folder of host/, one target,
# levada_NAME, which links only the modules that docs/architecture.md allows it. SMALL: nobody waits for it,
# everybody carries it.
function(add_host_module name)
  cmake_parse_arguments(M "SMALL" "" "SOURCES;USES;LIBRARIES" ${ARGN})
  add_library(levada_${name} STATIC ${M_SOURCES})
  if(M_SMALL)
    target_compile_options(levada_${name} PRIVATE $<$<NOT:$<CONFIG:Debug>>:-Os>)
  endif()
  list(TRANSFORM M_USES PREPEND levada_)
  target_include_directories(levada_${name} PUBLIC ${CMAKE_SOURCE_DIR}/host)
  target_link_libraries(levada_${name} PUBLIC levada_sdk ${M_USES} PRIVATE ${M_LIBRARIES})
endfunction()

# add_levada_plugin(NAME SOURCES ... LIBRARIES ...): one folder of plugins/. The sources compile once,
# into levada_plugin_NAME, which the .so and the unit tests link. A plugin sees the SDK and no other
# header of ours.
function(add_levada_plugin name)
  cmake_parse_arguments(P "" "" "SOURCES;LIBRARIES" ${ARGN})
  add_library(levada_plugin_${name} OBJECT ${P_SOURCES})
  target_include_directories(levada_plugin_${name} PUBLIC ${CMAKE_CURRENT_SOURCE_DIR})
  target_link_libraries(levada_plugin_${name} PUBLIC levada_sdk ${P_LIBRARIES})
  add_library(${name} MODULE)
  target_link_libraries(${name} PRIVATE levada_plugin_${name} ${P_LIBRARIES})
  set_property(GLOBAL APPEND PROPERTY LEVADA_PLUGINS ${name})
  set_target_properties(${name} PROPERTIES PREFIX ""
    LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/plugins)
  install(TARGETS ${name} LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}/levada/plugins)
endfunction()

# add_unit_test(NAME [ONE_THREAD] SOURCES ... LIBRARIES ...): a cmocka program, test unit.NAME. ONE_THREAD: it tries
# very much, and in one thread: not for the thread sanitizer, which is thirty times slower.
function(add_unit_test name)
  cmake_parse_arguments(T "ONE_THREAD" "" "SOURCES;LIBRARIES" ${ARGN})
  if(T_ONE_THREAD AND LEVADA_SANITIZE MATCHES "thread")
    return()
  endif()
  add_executable(test_${name} ${T_SOURCES})
  target_link_libraries(test_${name} PRIVATE ${T_LIBRARIES} PkgConfig::CMOCKA)
  # cmocka's macros and test functions are not our style to judge.
  target_compile_options(test_${name} PRIVATE -Wno-missing-prototypes -Wno-pedantic -Wno-shadow)
  add_test(NAME ${LEVADA_TEST_PREFIX}unit.${name} COMMAND test_${name})
  set_tests_properties(${LEVADA_TEST_PREFIX}unit.${name} PROPERTIES TIMEOUT 120)
endfunction()

# add_fuzzer(NAME SOURCES ... LIBRARIES ... [CORPUS folder]): a libFuzzer target with its corpus in
# tests/fuzz/corpus/NAME, or elsewhere. With LEVADA_FUZZERS (clang) test fuzz.NAME fuzzes for a minute; otherwise a
# small main of our own runs it over the corpus, so that every build tries every input once found.
function(add_fuzzer name)
  cmake_parse_arguments(F "" "CORPUS" "SOURCES;LIBRARIES" ${ARGN})
  if(NOT F_CORPUS)
    set(F_CORPUS ${CMAKE_SOURCE_DIR}/tests/fuzz/corpus/${name})
  endif()
  add_executable(fuzz_${name} ${F_SOURCES})
  target_link_libraries(fuzz_${name} PRIVATE ${F_LIBRARIES})
  target_compile_options(fuzz_${name} PRIVATE -Wno-missing-prototypes)
  if(LEVADA_FUZZERS)
    target_compile_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
    target_link_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
    set(found ${CMAKE_BINARY_DIR}/found/${name})
    file(MAKE_DIRECTORY ${found})
    add_test(NAME ${LEVADA_TEST_PREFIX}fuzz.${name}
      COMMAND fuzz_${name} -max_total_time=60 -timeout=10 -artifact_prefix=${found}/
        ${found} ${F_CORPUS})
    set_tests_properties(${LEVADA_TEST_PREFIX}fuzz.${name} PROPERTIES LABELS long TIMEOUT 300)
  else()
    target_sources(fuzz_${name} PRIVATE ${CMAKE_SOURCE_DIR}/tests/fuzz/replay_main.c)
    add_test(NAME ${LEVADA_TEST_PREFIX}fuzz.${name}
      COMMAND fuzz_${name} ${F_CORPUS})
  endif()
endfunction()

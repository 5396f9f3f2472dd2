# SPDX-License-Identifier: Apache-2.0
add_fuzzer(json_decode
  SOURCES ${CMAKE_SOURCE_DIR}/tests/fuzz/json_decode.c
          ${CMAKE_SOURCE_DIR}/tests/support/json_check.c
          ${CMAKE_SOURCE_DIR}/tests/support/json_reference.c
  LIBRARIES levada_record PkgConfig::JANSSON)
target_include_directories(fuzz_json_decode PRIVATE ${CMAKE_SOURCE_DIR}/tests/support)

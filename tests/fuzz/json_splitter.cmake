# SPDX-License-Identifier: Apache-2.0
add_fuzzer(json_splitter
  SOURCES ${CMAKE_SOURCE_DIR}/tests/fuzz/json_splitter.c
          ${CMAKE_SOURCE_DIR}/tests/support/chunked_split.c
  LIBRARIES levada_plugin_json_file_source levada_pace)
target_include_directories(fuzz_json_splitter PRIVATE ${CMAKE_SOURCE_DIR}/tests/support)

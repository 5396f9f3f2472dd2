# SPDX-License-Identifier: Apache-2.0
# Most bytes of these inputs are no text: they are kept in hexadecimal.
set(corpus ${CMAKE_BINARY_DIR}/corpus/state_row_chunk)
file(MAKE_DIRECTORY ${corpus})
foreach(name rows cut long_size huge_size unknown_kind)
  execute_process(COMMAND perl -ne "s/#.*//; print pack 'H*', join '', split"
      ${CMAKE_CURRENT_LIST_DIR}/corpus/state_row_chunk/${name}.hex
    OUTPUT_FILE ${corpus}/${name} COMMAND_ERROR_IS_FATAL ANY)
endforeach()
add_fuzzer(state_row_chunk SOURCES ${CMAKE_CURRENT_LIST_DIR}/state_row_chunk.c LIBRARIES levada_state CORPUS ${corpus})

# SPDX-License-Identifier: Apache-2.0
# The inputs are no programs of anybody, but tools that look for these in a source would think so: they are kept
# in hexadecimal.
set(corpus ${CMAKE_BINARY_DIR}/corpus/elf_note)
file(MAKE_DIRECTORY ${corpus})
foreach(name behind_properties cut escape future_major huge_desc needs_99 no_version text two_names unended)
  execute_process(COMMAND perl -ne "s/#.*//; print pack 'H*', join '', split"
      ${CMAKE_CURRENT_LIST_DIR}/corpus/elf_note/${name}.hex
    OUTPUT_FILE ${corpus}/${name} COMMAND_ERROR_IS_FATAL ANY)
endforeach()
add_fuzzer(elf_note SOURCES ${CMAKE_CURRENT_LIST_DIR}/elf_note.c LIBRARIES levada_loader CORPUS ${corpus})

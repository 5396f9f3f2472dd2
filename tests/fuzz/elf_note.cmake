# SPDX-License-Identifier: Apache-2.0
add_fuzzer(elf_note SOURCES ${CMAKE_CURRENT_LIST_DIR}/elf_note.c LIBRARIES levada_loader)

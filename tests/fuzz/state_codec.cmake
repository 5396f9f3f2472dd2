# SPDX-License-Identifier: Apache-2.0
add_fuzzer(state_codec SOURCES ${CMAKE_CURRENT_LIST_DIR}/state_codec.c LIBRARIES levada_state)

# SPDX-License-Identifier: Apache-2.0
add_fuzzer(config SOURCES config.c LIBRARIES levada_config)

# SPDX-License-Identifier: Apache-2.0
add_fuzzer(filter_expression SOURCES filter_expression.c LIBRARIES levada_plugin_filter)

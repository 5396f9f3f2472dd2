#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# test.sh: the conformance suite, and the example, on what `cargo build --release` made.
set -eu
cd "$(dirname "$0")"
levada plugin test target/release/lib@IDENT@_plugin.so --options example.conf
sh example_test.sh levada target/release
echo "all tests passed"

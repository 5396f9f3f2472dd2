#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
#   size.sh PACKAGE
#
# The host with its stages, less what is there to be read, takes less than 1 MiB; counted as dpkg does.
set -eu

tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
dpkg-deb --extract "$1" "$tree"
rm -rf "$tree/usr/share/doc" "$tree/usr/share/man"
size=$(find "$tree" \( -type d -printf '1\n' \) -o -printf '%s\n' | awk '{ kib += int(($1 + 1023) / 1024) } END { print kib }')
echo "${1##*/}: $(stat --format %s "$1") bytes, installed $(dpkg-deb --field "$1" Installed-Size) KiB, without documentation $size KiB"
[ "$size" -lt 1024 ]

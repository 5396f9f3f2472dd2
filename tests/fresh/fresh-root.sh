#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
#   fresh-root.sh [SUITE]
#
# Makes a new Debian with git and nothing else that a minimal system lacks, clones this repository's
# last commit into it, and runs the README's two commands there.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
. "$here/root.sh"

make_root "${1:-bookworm}" "$work/root" git,ca-certificates
git -c safe.directory='*' clone -q --no-local "$here/../.." "$work/root/srv/levada"

echo "== scripts/demo"
in_root "$work/root" /srv/levada scripts/demo
echo "== scripts/test"
in_root "$work/root" /srv/levada scripts/test

#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
#   fresh-root.sh [SUITE]
#
# Makes a new Debian with git and nothing else that a minimal system lacks, clones this repository's
# last commit into it, and runs the README's two commands there. Needs root, and Debian's packages from
# where this machine has its own.
set -eu

source=$(cd "$(dirname "$0")/../.." && pwd)
suite=${1:-bookworm}
[ "$(id -u)" -eq 0 ] || { echo "fresh-root.sh: needs root, to enter another root" >&2; exit 1; }

work=$(mktemp -d)
trap 'rm -rf --one-file-system "$work"' EXIT
trap 'exit 1' HUP INT TERM
root=$work/root

# The suite and its updates, from the mirror that this machine uses for Debian's own packages.
apt-get indextargets --format '$(REPO_URI) $(CODENAME)' "Identifier: Packages" "Origin: Debian" |
    sed -nE "s/^(.*) [a-z]+(-updates|-security)?\$/deb \1 $suite\2 main/p" | sort -u >"$work/sources.list"
[ -s "$work/sources.list" ] || { echo "fresh-root.sh: no Debian mirror among apt's sources" >&2; exit 1; }
apt-config dump | grep -iE '^Acquire::(Check-|Retries|.*Proxy)' >"$work/apt.conf" || true

echo "== A new Debian ($suite)"
mmdebstrap --quiet --mode=root --variant=minbase --include=git,ca-certificates \
    --aptopt="$work/apt.conf" "$suite" "$root" - <"$work/sources.list"
cp /etc/resolv.conf "$root/etc/resolv.conf"
git -c safe.directory='*' clone -q --no-local "$source" "$root/srv/levada"

# Enters the root by pivot_root: in a chroot the kernel would refuse user namespaces to the tests.
in_root() {
    unshare --mount --pid --fork --kill-child sh -c '
        set -e
        root=$1
        shift
        mount --make-rprivate /
        mount --bind "$root" "$root"
        cd "$root"
        mount -t proc proc proc
        mount --rbind /sys sys
        mount --rbind /dev dev
        mount -t tmpfs tmpfs run
        mkdir -p .old
        pivot_root . .old
        cd /srv/levada
        umount -l /.old
        exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root "$@"' sh "$root" "$@"
}

echo "== scripts/demo"
in_root scripts/demo
echo "== scripts/test"
in_root scripts/test

# SPDX-License-Identifier: Apache-2.0
# Sourced by the tests here: what an author of plugins has, and no more. LEVADA_BUILD is the build tree;
# its installed form lies in $prefix, the repository is far away.
set -eu

workdir=$(mktemp -d)
trap 'rm -rf "$workdir"' EXIT
trap 'exit 1' HUP INT TERM
prefix=$workdir/prefix
export LC_ALL=C DEBFULLNAME="A. N. Author" DEBEMAIL=author@example.org
unset MAKEFLAGS CMAKE_PREFIX_PATH

fail() {
    echo "FAILED: $*" >&2
    exit 1
}

cmake --install "$LEVADA_BUILD" --prefix "$prefix" >"$workdir/install.log" 2>&1 ||
    { cat "$workdir/install.log"; fail "cmake --install"; }
PATH=$prefix/bin:$PATH
mkdir "$workdir/author"
cd "$workdir/author"

# quietly COMMAND...: shows what it printed only if it fails, and fails then.
quietly() {
    "$@" >"$workdir/quiet.log" 2>&1 || { cat "$workdir/quiet.log"; fail "$*, in $PWD"; }
}

# package NAME: the project's Debian package, in the folder above, with the interface it needs and the plugin.
package() {
    PERL5LIB=$prefix/share/perl5 CMAKE_PREFIX_PATH=$prefix quietly dpkg-buildpackage -us -uc -b -d
    built=$(ls ../"levada-plugin-$1"_*.deb)
    dpkg-deb --field "$built" Depends | grep -q 'levada-plugin-abi-1 (>= 1.0)' ||
        fail "$built does not say which interface it needs"
    dpkg-deb --contents "$built" | grep -q 'usr/lib/.*/levada/plugins/.*\.so$' || fail "$built has no plugin"
}

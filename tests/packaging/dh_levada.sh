# SPDX-License-Identifier: Apache-2.0
# dh_levada writes dependencies from what plugins say of themselves, and refuses what is none.
. "$LEVADA_SOURCE/tests/integration/lib.sh"

ran=dh_levada
exit_code=0
unset DH_INTERNAL_OPTIONS DH_INTERNAL_BUILDFLAGS DH_OPTIONS DEB_BUILD_OPTIONS DEB_BUILD_PROFILES
plugins=$(dirname "$LEVADA")/plugins
fixtures=$(dirname "$LEVADA")/tests/fixtures/plugins

mkdir -p debian/source
cat >debian/control <<'EOT'
Source: strangers
Section: net
Priority: optional
Maintainer: A Stranger <stranger@example.org>
Build-Depends: debhelper-compat (= 13)
Standards-Version: 4.6.2

Package: levada-plugin-strange
Architecture: any
Description: a plugin
 A plugin.

Package: strange-data
Architecture: any
Description: no plugin
 No plugin.
EOT
cat >debian/changelog <<'EOT'
strangers (1.0) unstable; urgency=medium

  * First.

 -- A Stranger <stranger@example.org>  Tue, 24 Nov 2026 12:00:00 +0000
EOT

# packaged FILE...: the first package has these plugins.
packaged() {
    rm -rf debian/levada-plugin-strange debian/*.substvars
    folder=debian/levada-plugin-strange/usr/lib/x86_64-linux-gnu/levada/plugins
    mkdir -p "$folder"
    [ $# -eq 0 ] || cp "$@" "$folder"
    exit_code=0
    perl "$LEVADA_SOURCE/debhelper/dh_levada" --levada="$LEVADA" $options >out 2>err || exit_code=$?
}

options=--no-test
packaged "$plugins/filter.so" "$plugins/fields.so"
expect_exit 0
grep -qx 'misc:Depends=levada-plugin-abi-1 (>= 1.0)' debian/levada-plugin-strange.substvars || fail "no dependency"
[ ! -e debian/strange-data.substvars ] || fail "a package without plugins depends on levada"

packaged "$fixtures/needs_minor_99.so"
expect_exit 0
grep -qx 'misc:Depends=levada-plugin-abi-1 (>= 1.99)' debian/levada-plugin-strange.substvars || fail "no minor"

for refusal in "no_note:no plugin for levada" "unresolved_symbol:lacks a library"; do
    packaged "$fixtures/${refusal%%:*}.so"
    [ "$exit_code" -ne 0 ] || fail "${refusal%%:*} is taken"
    expect_err "${refusal#*:}"
done
packaged
[ "$exit_code" -ne 0 ] || fail "no plugin is none"
expect_err 'no package has a plugin'

# The conformance suite, with options where a stage needs some.
options=
packaged "$fixtures/emits_too_little.so"
[ "$exit_code" -ne 0 ] || fail "a plugin with faults is taken"
expect_err 'plugin test debian/levada-plugin-strange'
DEB_BUILD_OPTIONS=nocheck
export DEB_BUILD_OPTIONS
packaged "$fixtures/emits_too_little.so"
expect_exit 0
unset DEB_BUILD_OPTIONS
echo 'filter nowhere.conf' >debian/levada-options
packaged "$plugins/filter.so"
[ "$exit_code" -ne 0 ] || fail "options from nowhere"
expect_err 'there is no nowhere.conf'

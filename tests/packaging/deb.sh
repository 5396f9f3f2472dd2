# SPDX-License-Identifier: Apache-2.0
# The Debian packages build from the working tree, and lintian and blhc find nothing.
. "$LEVADA_SOURCE/tests/integration/lib.sh"

ran=dpkg-buildpackage
exit_code=0
"$LEVADA_SOURCE/scripts/deb" --output "$PWD/packages" --no-tests >out 2>err || fail "the packages do not build"

# initial-upload-closes-no-bugs: there is no bug that asks for the package.
lintian --info --display-info --pedantic --fail-on=error,warning --suppress-tags=initial-upload-closes-no-bugs \
    --tag-display-limit=0 --allow-root packages/*.changes >lintian 2>err || fail "lintian: $(grep '^[EW]:' lintian)"
cat out err >log
blhc --bindnow log >blhc 2>&1 || fail "blhc: $(cat blhc)"

"$LEVADA_SOURCE/tests/packaging/size.sh" packages/levada_*.deb >size || fail "more than 1 MiB: $(cat size)"

# What a plugin's package asks for is what levada's offers.
offered=$(dpkg-deb --field packages/levada_*.deb Provides)
for package in packages/levada-plugin-*_*.deb; do
    case $package in *-dbgsym_*) continue ;; esac
    dpkg-deb --field "$package" Depends | grep -q "${offered%% *} (>= " || fail "$package does not depend on ${offered%% *}"
done

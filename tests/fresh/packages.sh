#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
#   packages.sh [SUITE]
#
# In a new Debian: the packages build, twice the same. In another, that has nothing of this: they install, run the
# crime job, are upgraded while a pipeline's state is kept, and leave nothing when they are purged. In a booted one:
# the service.
set -eu

export LC_ALL=C
here=$(cd "$(dirname "$0")" && pwd)
. "$here/root.sh"
suite=${1:-bookworm}
build=$work/build root=$work/root

# step COMMAND...: shows what it prints only if it fails.
step() {
    "$@" >"$work/log" 2>&1 || { tail -n 60 "$work/log"; fail "$*"; }
}

make_root "$suite" "$build" git,ca-certificates
git -c safe.directory='*' clone -q --no-local "$here/../.." "$build/srv/levada"
in_root "$build" /srv mkdir other
cp -a "$build/srv/levada" "$build/srv/other/levada"

echo "== Building, twice"
step in_root "$build" /srv/levada sh -c '
    apt-get -q update && apt-get -q -y install --no-install-recommends dpkg-dev devscripts lintian blhc man-db &&
    apt-get -q -y -P nocheck build-dep ./'
step in_root "$build" /srv/levada scripts/deb --output /srv/packages --no-tests
cp "$work/log" "$build/srv/build.log"
step in_root "$build" /srv/other/levada scripts/deb --output /srv/others --no-tests
for package in "$build"/srv/packages/*.deb; do
    cmp "$package" "$build/srv/others/${package##*/}" || fail "two builds of ${package##*/} differ"
done

echo "== lintian, blhc"
step in_root "$build" /srv/packages sh -c '
    lintian -EviIL +pedantic --fail-on=error,warning --suppress-tags=initial-upload-closes-no-bugs --allow-root *.changes'
step in_root "$build" /srv blhc --bindnow build.log

echo "== The size"
in_root "$build" /srv/levada sh -c 'tests/packaging/size.sh /srv/packages/levada_*.deb' || fail "levada takes more than 1 MiB"

echo "== debian/tests"
step in_root "$build" /srv/packages sh -c 'rm *-dbgsym_*; apt-get -q -y install --no-install-recommends ./*.deb'
for test in smoke abi kafka plugin-build; do
    step in_root "$build" /srv/levada sh -c "mkdir /tmp/$test && AUTOPKGTEST_TMP=/tmp/$test debian/tests/$test"
done

# The next version: the same files under a higher number.
step in_root "$build" /srv/packages sh -c '
    mkdir /srv/next
    for package in *.deb; do
        rm -rf tree
        dpkg-deb --raw-extract $package tree
        sed -i "s/0.1.0-1/0.1.0-2/" tree/DEBIAN/control
        dpkg-deb --root-owner-group --build tree /srv/next
    done'

make_root "$suite" "$root" apt-utils,ca-certificates
mkdir "$root/srv/packages" "$root/srv/next"
cp "$build"/srv/packages/*.deb "$root/srv/packages"
cp "$build"/srv/next/*.deb "$root/srv/next"

# What is there and belongs to no package, but for what apt, dpkg and systemd keep for themselves.
files() {
    sed 's|^|.|; s|^\./\(bin\|sbin\|lib\|lib64\)/|./usr/\1/|' "$root"/var/lib/dpkg/info/*.list | sort -u >"$work/owned"
    (cd "$root" && find . -xdev \( -path ./proc -o -path ./sys -o -path ./dev -o -path ./run -o -path ./srv -o -path ./tmp \
        -o -path ./var/cache -o -path ./var/lib/apt -o -path ./var/lib/dpkg -o -path ./var/log \
        -o -path ./var/lib/systemd \) -prune -o -print | sort) | comm -23 - "$work/owned"
}

echo "== Installing"
step in_root "$root" /srv sh -c 'apt-get -q update && apt-get -q -y install --no-install-recommends systemd'
files >"$work/before"
step in_root "$root" /srv/packages sh -c 'apt-get -q -y install --no-install-recommends ./*.deb'
step in_root "$root" /srv sh -c '
    set -e
    getent passwd levada
    examples=/usr/share/levada/pipelines
    levada run $examples/make_calls.conf --set calls.count=20000 --set out.path=calls.json
    levada run $examples/crime_file.conf --set calls.path=calls.json --set out.format=csv >rows.csv
    [ $(wc -l <rows.csv) -gt 1000 ]
    man -w levada levada-pipeline levada.conf levada-kafka_sink levada-plugin dh_levada 2>/dev/null || [ ! -x /usr/bin/man ]'

echo "== Upgrading, with a pipeline that has seen half of its calls"
cat >"$root/srv/half.conf" <<'END'
pipeline: { name = "half"; trigger = "available_now"; checkpoint = "/var/lib/levada/half"; stages = (
  { name = "calls"; plugin = "json_file_source"; path = "input.json"; },
  { name = "types"; plugin = "aggregate"; group_by = "original_crime_type_name"; output_mode = "complete"; on_end = "hold"; },
  { name = "out"; plugin = "file_sink"; path = "types.json"; } ); };
END
step in_root "$root" /srv sh -c '
    set -e
    head -n 10000 calls.json >input.json
    levada run half.conf --set calls.follow=false
    echo "# of the administrator" >>/etc/levada/levada.conf
    cp half.conf /etc/levada/pipelines.d/'
step in_root "$root" /srv/next sh -c 'apt-get -q -y install --no-install-recommends ./*.deb'
step in_root "$root" /srv sh -c '
    set -e
    dpkg-query --show --showformat "\${Version}\n" levada | grep -qx 0.1.0-2
    grep -qx "# of the administrator" /etc/levada/levada.conf
    levada state check /var/lib/levada/half
    tail -n +10001 calls.json >>input.json
    levada run half.conf --set calls.follow=false
    levada run half.conf --set calls.path=calls.json --set out.path=whole.json --set pipeline.checkpoint=/srv/whole
    cmp types.json whole.json'

echo "== Removing and purging"
step in_root "$root" /srv apt-get -q -y remove 'levada*'
for kept in /etc/levada/levada.conf /etc/levada/pipelines.d/half.conf /var/lib/levada/half; do
    [ -e "$root$kept" ] || fail "remove takes $kept away"
done
[ ! -e "$root/usr/bin/levada" ] || fail "remove leaves levada"
rm "$root/etc/levada/pipelines.d/half.conf"
step in_root "$root" /srv apt-get -q -y purge 'levada*'
files >"$work/after"
comm -13 "$work/before" "$work/after" >"$work/left"
[ ! -s "$work/left" ] || { cat "$work/left"; fail "purge leaves files"; }

"$here/booted.sh" "$suite" "$build/srv/packages"

# SPDX-License-Identifier: Apache-2.0
# cmake --install works under any prefix, and what is installed finds what belongs to it there, also after it was
# moved; and each file that is installed belongs to a package.
. "$LEVADA_SOURCE/tests/integration/lib.sh"

ran="cmake --install"
exit_code=0
cmake --install "$LEVADA_BUILD" --prefix "$PWD/first" >out 2>err || fail "cmake --install failed"
mv first second
LEVADA=$PWD/second/bin/levada

levada plugin list --json
expect_exit 0
expect_no_err
jq -r .file out | grep -v "^$PWD/second/" >foreign && fail "plugins from elsewhere"
expect_out '"stage":"json_file_source"'

levada plugin info nowhere
expect_exit 78
expect_err "searched in $PWD/second/lib"

levada run second/share/levada/pipelines/make_calls.conf --set calls.count=2000 --set out.path=calls.json
expect_exit 0
levada run second/share/levada/pipelines/crime_file.conf --set calls.path=calls.json --set out.format=csv
expect_exit 0
expect_out 'window_start,window_end,original_crime_type_name,disposition,description,count'
[ "$(wc -l <out)" -gt 100 ] || fail "expected many rows"

# The settings that lie there.
echo 'plugin_dirs = "x";' >second/etc/levada/levada.conf
levada plugin list
expect_exit 78
expect_err "/etc/levada/levada.conf:1:15: error: \"plugin_dirs\" must be a list"

# The pages have their pictures.
pages=second/share/doc/levada
grep -oh '!\[[^]]*\]([^)]*)' "$pages"/*.md | sed 's/.*(\(.*\))/\1/' >pictures
[ -s pictures ] || fail "expected pages with pictures"
while read -r picture; do
    [ -e "$pages/$picture" ] || fail "$picture is not installed"
done <pictures

# DESTDIR comes before whatever the prefix is.
ran="DESTDIR=staging cmake --install"
DESTDIR=$PWD/staging cmake --install "$LEVADA_BUILD" --prefix /usr >out 2>err || fail "cmake --install failed"
[ -x staging/usr/bin/levada ] || fail "no levada below DESTDIR"

# debian/*.install, whose paths are those of a Debian build, against what is there.
(cd staging && find . -type f -o -type l -o -type d -empty) | sed 's|^\./||' | sort >installed
cat "$LEVADA_SOURCE"/debian/*.install | sed 's|usr/lib/\*/|usr/lib/|; s|^etc/|usr/etc/|' >listed
# What debian/rules hands to debhelper.
printf 'usr/lib/%s\n' systemd/system sysusers.d >>listed
while read -r path; do
    while read -r pattern; do
        case $path in "$pattern" | "$pattern"/*) continue 2 ;; esac
    done <listed
    echo "$path"
done <installed >homeless
[ ! -s homeless ] || fail "no debian/*.install lists: $(cat homeless)"
while read -r pattern; do
    [ -e "staging/$pattern" ] || fail "debian/*.install lists $pattern, which is not installed"
done <listed

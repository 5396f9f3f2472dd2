# SPDX-License-Identifier: Apache-2.0
#
#   links.sh REPOSITORY
#
# Every file that a page names is there: what its links lead to, and paths that stand in `code` from the
# repository's root.
set -eu
cd "$1"

complaints=$(find . -name build\* -prune -o -name '*.md' -print | sed 's|^\./||' | while read -r page; do
    grep -oE '\]\([^)#]+' "$page" | sed 's/^](//' | grep -v '^https\?:' | while read -r link; do
        [ -e "$(dirname "$page")/$link" ] || echo "$page: leads to $link, which is not there"
    done
    grep -oE '`(bench|cmake|docs|host|include|pipelines|plugins|scripts|tests)/[A-Za-z0-9_./*-]+`' "$page" |
        tr -d '`' | while read -r path; do
        # shellcheck disable=SC2086 # may be a pattern
        ls -d $path >/dev/null 2>&1 || echo "$page: names $path, which is not there"
    done
done)
[ -z "$complaints" ] || { echo "$complaints"; exit 1; }

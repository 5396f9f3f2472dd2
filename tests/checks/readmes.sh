# SPDX-License-Identifier: Apache-2.0
#
#   readmes.sh REPOSITORY LEVADA
#
# The README of a stage shows the options that the stage has: what `levada plugin info NAME --markdown` prints,
# as it stands.
set -eu

failed=0
for readme in "$1"/plugins/*/README.md; do
    folder=${readme%/README.md}
    stage=${folder##*/}
    options=$("$2" plugin info "$stage" --markdown)
    if [ "$(sed -n '/^| option | type |/,/^[^|]*$/p' "$readme" | grep '^|')" != "$options" ]; then
        echo "plugins/$stage/README.md: its options are not those of: levada plugin info $stage --markdown"
        failed=1
    fi
done
exit $failed

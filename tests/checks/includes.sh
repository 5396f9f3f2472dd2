# SPDX-License-Identifier: Apache-2.0
#
#   includes.sh REPOSITORY
#
# The arrows of docs/architecture.md hold in the sources: who may include whom, and which library is known
# to one folder only.
set -eu
cd "$1"

# Each folder of host/ and the folders below it.
layers='
base:
log: base
metrics: base
record: base
state: base
table: record metrics log base
config: record metrics log base
loader: record metrics log base
runtime: state table record metrics log base
isolation: config loader runtime table record metrics log base
pipeline: isolation config loader runtime state table record metrics log base
conformance: pipeline isolation config loader runtime state table record metrics log base
cli: conformance pipeline isolation config loader runtime state table record metrics log base
main.c: cli
'

# Headers of libraries and of the system, and the one folder that knows them.
homes='
libconfig.h host/config
dlfcn.h host/loader
elf.h host/loader
link.h host/loader
simdjson.h host/record
lmdb.h host/state
'

# includes FOLDER: "file:included" for each #include there, quotes and brackets kept.
includes() {
    grep -rHoE '^ *# *include *["<][^">]*[">]' "$1" --include='*.c' --include='*.h' --include='*.cc' |
        sed -E 's/^([^:]*):.*include *(.*)$/\1:\2/'
}

complaints=$({
    includes host | awk -F: -v layers="$layers" '
        BEGIN {
            n = split(layers, line, "\n")
            for (i = 1; i <= n; i++) {
                split(line[i], part, ": *")
                m = split(part[2], below, " ")
                known[part[1]] = 1
                for (j = 1; j <= m; j++)
                    may[part[1], below[j]] = 1
            }
        }
        {
            split($1, path, "/")
            from = path[2]
            if (!(from in known))
                print $1 ": " from " has no place in the layers"
            if ($2 !~ /^"/)
                next
            to = substr($2, 2)
            sub(/\/.*/, "", to)
            if (to != from && !((from, to) in may))
                print $1 " includes " $2 ", but " from " stands not above " to
        }'

    # A plugin has the SDK, its own folder, and what its folder shares with other plugins of ours.
    includes plugins | awk -F: '
        $2 ~ /^<levada\// || $2 ~ /^<[^\/]*>$/ || $2 ~ /^<(sys|arpa|net|netinet|librdkafka)\// { next }
        {
            split($1, path, "/")
            to = substr($2, 2, length($2) - 2)
            if (to !~ /\// || to ~ "^" path[2] "/" || to ~ /^(exec_common|kafka_common|row_text|pace)\//)
                next
            print $1 " includes " $2 ", which is neither the SDK nor its own"
        }'

    # The SDK is standard C and nothing else.
    includes include | awk -F: '
        $2 !~ /^<levada\// && $2 !~ /^<(float|limits|stdalign|stdarg|stdbool|stddef|stdint|stdio|stdlib|string)\.h>$/ {
            print $1 " includes " $2 ", which is no header of C11" }'

    echo "$homes" | while read -r header home; do
        [ -z "$header" ] || grep -rlE "^ *# *include *<$header>" host plugins | grep -v "^$home/" |
            sed "s|\$| includes <$header>, which belongs to $home|"
    done
})
[ -z "$complaints" ] || { echo "$complaints"; exit 1; }

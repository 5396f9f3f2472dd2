# SPDX-License-Identifier: Apache-2.0
#
#   exports.sh PLUGIN_DIR
#
# A plugin exports its entry and nothing else, and asks nothing of the program that loads it.
set -eu

complaints=$(for plugin in "$1"/*.so; do
    nm --dynamic --defined-only --format=posix "$plugin" |
        awk -v plugin="${plugin##*/}" '
            $1 != "levada_module_v1" { print plugin " exports " $1 }
            $1 == "levada_module_v1" { found = 1 }
            END { if (!found) print plugin " does not export levada_module_v1" }'
    # ldd -r resolves every symbol from the libraries that the plugin itself names.
    ldd -r "$plugin" 2>&1 | grep 'undefined symbol' | sed "s|^|${plugin##*/}: |" || true
done)
[ -z "$complaints" ] || { echo "$complaints"; exit 1; }

# SPDX-License-Identifier: Apache-2.0
#
#   pkg_config.sh ROOT
#
# A stage without CMake: a compiler, and what pkg-config says of levada, wherever it lies.
. "$(dirname "$0")/lib.sh"

PKG_CONFIG_PATH=$(dirname "$(find "$prefix" -name levada.pc)")
export PKG_CONFIG_PATH
of_levada() {
    pkg-config "$@" levada
}
[ "$(of_levada --variable=abi_major).$(of_levada --variable=abi_minor)" = \
    "$(levada --version | sed 's/.*ABI \(.*\))/\1/')" ] || fail "levada.pc has another ABI than levada"

cp "$1/tests/examples/upper.c" "$1/tests/museum/1.0/guarded.cc" .
# shellcheck disable=SC2046 # the flags are words
quietly cc -std=c11 -O2 -shared -fPIC -fvisibility=hidden $(of_levada --cflags) upper.c -o upper.so
# shellcheck disable=SC2046
quietly c++ -std=c++17 -O2 -shared -fPIC -fvisibility=hidden $(of_levada --cflags) \
    -Wl,--version-script="$(of_levada --variable=exports)" guarded.cc -o guarded.so
quietly levada plugin test upper.so --set upper.field=word --only load,life
quietly levada plugin test guarded.so --only load,life

install -m 644 upper.so "$(of_levada --variable=plugindir)"
quietly levada plugin info upper

# The tree may be moved: nothing in it knows where it was.
mv "$prefix" "$workdir/moved"
PATH=$workdir/moved/bin:$PATH
PKG_CONFIG_PATH=$(dirname "$(find "$workdir/moved" -name levada.pc)")
# shellcheck disable=SC2046
quietly cc -std=c11 -O2 -shared -fPIC -fvisibility=hidden $(of_levada --cflags) upper.c -o again.so
quietly levada plugin info upper
quietly levada plugin new other --kind sink

# SPDX-License-Identifier: Apache-2.0
#
#   projects.sh c|c++
#
# From `levada plugin new` to a stage that runs, of every kind, with nothing but what is installed.
. "$(dirname "$0")/lib.sh"

# The suite run by something that starts what it needs, and without what that cannot do.
beside_a_service() {
    echo 'echo "a service for $*"; exec "$@"' >with_service.sh
    sed -i "s/ OPTIONS example.conf)/ OPTIONS example.conf WITH sh \${CMAKE_CURRENT_SOURCE_DIR}\/with_service.sh EXCEPT life.leaks fuzz)/" CMakeLists.txt
    quietly cmake -B build
    quietly ctest --test-dir build -V -R "conformance.$1"
    grep -q 'a service for .* plugin test ' "$workdir/quiet.log" || fail "it is not run WITH what it wants"
    [ "$(grep -c 'left out by --except' "$workdir/quiet.log")" -eq 2 ] || fail "EXCEPT leaves out other cases"
}

for kind in source transform join aggregate sink; do
    quietly levada plugin new "org.example.my_$kind" --kind "$kind" --language "$1"
    cd "my_$kind"
    quietly cmake -B build -G Ninja -DCMAKE_PREFIX_PATH="$prefix"
    quietly cmake --build build
    ! grep -i 'warning' "$workdir/quiet.log" || fail "warnings, in $PWD"
    quietly ctest --test-dir build --output-on-failure
    grep -q 'tests passed, 0 tests failed out of 2' "$workdir/quiet.log" || fail "its two tests did not run"
    [ "$kind" != transform ] || package my-transform
    [ "$kind" != sink ] || beside_a_service my_sink
    quietly cmake --install build --prefix "$prefix"
    quietly levada plugin info "org.example.my_$kind"
    cd ..
done

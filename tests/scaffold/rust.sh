# SPDX-License-Identifier: Apache-2.0
#
#   rust.sh
#
# As projects.sh, with cargo and no other crate than the bindings that are installed.
. "$(dirname "$0")/lib.sh"
unset CARGO_TARGET_DIR RUSTFLAGS
for kind in source transform join aggregate sink; do
    quietly levada plugin new "org.example.my_$kind" --kind "$kind" --language rust
    cd "my_$kind"
    quietly cargo build --release --offline
    ! grep -i 'warning' "$workdir/quiet.log" || fail "warnings, in $PWD"
    quietly sh test.sh
    cd ..
done

# A panic fails the callback, with its text; the process goes on.
cd my_transform
package my-transform
sed -i 's/let old = call.column.*/&\n        assert!(old.len() > 1000000, "on purpose");/' src/lib.rs
quietly cargo build --release --offline
code=0
levada plugin test target/release/libmy_transform_plugin.so --options example.conf --only run,life >found || code=$?
[ "$code" -eq 1 ] || fail "a stage that panics passes"
grep -q 'works: .*panic: on purpose' found || { cat found; fail "the panic is not named"; }
! grep -q 'crash' found || fail "the panic left the callback"

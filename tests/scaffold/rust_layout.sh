# SPDX-License-Identifier: Apache-2.0
#
#   rust_layout.sh ROOT
#
# Structs and constants of the Rust bindings have the sizes, offsets and values of the header's.
set -eu
[ "$(uname -m)" = x86_64 ] || { echo "compared on amd64"; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
golden=$1/tests/checks/abi_layout.txt
bindings=$(cd "$1/rust/levada/src" && pwd)
{
    echo "#[path = \"$bindings/sys.rs\"] #[allow(dead_code)] mod sys;"
    echo 'use std::mem::{size_of, MaybeUninit};'
    echo 'macro_rules! at { ($s:ident, $m:ident) => {{ let p = MaybeUninit::<sys::$s>::uninit();'
    echo '    unsafe { std::ptr::addr_of!((*p.as_ptr()).$m) as usize - p.as_ptr() as usize } }} }'
    echo 'fn main() {'
    sed 's/#.*//' "$golden" | awk '
        NF == 0 { next }
        $1 ~ /^LEVADA_/ { printf "    println!(\"%s {}\", sys::%s);\n", $1, $1; next }
        $1 ~ /\./ {
            split($1, part, ".")
            member = part[2] == "type" ? "type_" : part[2]
            printf "    println!(\"%s {}\", at!(%s, %s));\n", $1, part[1], member
            next
        }
        { printf "    println!(\"%s {}\", size_of::<sys::%s>());\n", $1, $1 }'
    echo '}'
} >"$work/main.rs"
rustc --edition 2021 -A warnings -o "$work/main" "$work/main.rs"
"$work/main" >"$work/rust"
sed 's/#.*//' "$golden" | awk 'NF > 0 { print $1, $2 }' >"$work/header"
diff "$work/header" "$work/rust" || { echo "the bindings are not the header"; exit 1; }

# SPDX-License-Identifier: Apache-2.0
# `levada plugin new`: what it makes of names, and what it leaves alone. tests/scaffold builds what it makes.
. "$LEVADA_SOURCE/tests/integration/lib.sh"

export DEBFULLNAME="A. N. Author" DEBEMAIL=author@example.org SOURCE_DATE_EPOCH=1700000000
levada plugin new org.example.my_mask --kind transform
expect_exit 0
expect_out 'made my_mask/: a transform "org.example.my_mask"'
grep -q 'LEVADA_MODULE("org.example.my_mask", "1.0"' my_mask/plugin.c || fail "expected its id in the source"
grep -q '^my_mask_process(' my_mask/plugin.c || fail "expected functions with its name"
grep -q '^Package: levada-plugin-my-mask$' my_mask/debian/control || fail "expected a package with its name"
grep -q '^ -- A. N. Author <author@example.org>  Tue, 14 Nov 2023 22:13:20 +0000$' my_mask/debian/changelog ||
    fail "expected the author and the date of the environment"
[ -x my_mask/debian/rules ] || fail "expected rules that can be run"
! grep -rn '@[A-Z]*@' my_mask || fail "expected every word to be replaced"

# Nothing is overwritten.
echo mine >my_mask/plugin.c
levada plugin new com.other.my_mask --kind sink
expect_exit 73
expect_err 'cannot create my_mask: File exists'
[ "$(cat my_mask/plugin.c)" = mine ] || fail "expected the file to be left alone"

for name in Mask 9mask my-mask org..mask .mask mask. '../mask' 'a b' ''; do
    levada plugin new "$name" --kind sink
    expect_exit 64
    expect_err 'cannot be the id of a stage'
done

levada plugin new other
expect_exit 64
expect_err 'plugin new wants --kind'
levada plugin new other --kind snk
expect_exit 64
expect_err '--kind is source, transform, join, aggregate or sink, not: snk; did you mean "sink"?'
levada plugin new other --kind sink --language pascal
expect_exit 64
expect_err '--language is c, c++ or rust, not: pascal'
[ ! -e other ] || fail "expected no folder after a mistake"

# A levada without its templates says where they come from.
mkdir bin
cp "$LEVADA" bin/levada
code=0
bin/levada plugin new other --kind sink 2>err || code=$?
[ "$code" -eq 66 ] || fail "expected exit code 66, found $code"
expect_err 'the package levada-dev has them'

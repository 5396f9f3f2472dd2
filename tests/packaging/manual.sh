# SPDX-License-Identifier: Apache-2.0
# The manual pages are sound, and levada(1) leaves nothing out.
. "$LEVADA_SOURCE/tests/integration/lib.sh"

pages=$LEVADA_BUILD/man
ran=man
exit_code=0

for page in "$pages"/*.[157]; do
    # Without a width of its own a page is warned of for lines that would fit elsewhere.
    MANROFFSEQ='' MANWIDTH=100 man --warnings -E UTF-8 -l -Tutf8 -Z "$page" >/dev/null 2>err || fail "$page: man fails"
    [ ! -s err ] || fail "$page: man warns"
    lexgrog "$page" >out 2>&1 || fail "$page: apropos cannot read its name"
done

# There is a page for every stage.
"$LEVADA" plugin list --json | jq -r .stage >stages
[ -s stages ] || fail "no stages"
while read -r stage; do
    [ -s "$pages/levada-$stage.5" ] || fail "no page for the stage $stage"
done <stages

man -E ascii -l "$pages/levada.1" 2>/dev/null | col -bx >levada.txt
"$LEVADA" --help | sed -n 's/^  \([a-z].*[^ ]\)  .*/\1/p' | sed 's/  .*//' >verbs
[ -s verbs ] || fail "no verbs"
while read -r usage; do
    grep -qF "levada $usage" levada.txt || fail "levada(1) lacks: levada $usage"
done <verbs

# And every exit code that --help knows, and every option of every verb.
codes=$("$LEVADA" --help | sed -n '/^Exit codes/,$p' | grep -oE '[0-9]+')
[ -n "$codes" ] || fail "no exit codes"
for code in $codes; do
    sed -n "/^EXIT STATUS/,/^SIGNALS/p" levada.txt | grep -qwF "$code" || fail "levada(1) lacks exit code $code"
done
"$LEVADA" --help | sed -n 's/^  \(--[a-z-]*\).*/\1/p' | while read -r option; do
    grep -qF -e "$option" levada.txt || fail "levada(1) lacks $option"
done

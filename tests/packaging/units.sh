# SPDX-License-Identifier: Apache-2.0
# The units are sound and leave a service next to nothing that it could do beside its work.
. "$LEVADA_SOURCE/tests/integration/lib.sh"

units=$LEVADA_BUILD/systemd
ran=systemd-analyze
exit_code=0


# As they stand, but for where levada is until it is installed.
for unit in levada.service levada@.service; do
    sed "s|^ExecStart=.*/levada run|ExecStart=$LEVADA run|" "$units/$unit" >"$unit"
    cmp -s "$unit" "$units/$unit" && [ $unit = levada@.service ] && fail "$unit starts no levada"
done
systemd-analyze verify --man=no ./levada.service ./levada@.service >out 2>err || fail "the units are wrong"
grep -E 'levada' err >complaints || true
[ ! -s complaints ] || fail "systemd complains of the units"

# 0 to 100: 20 is an exposure of 2.0.
systemd-analyze security --offline=true --threshold=20 ./levada@.service >out 2>err ||
    fail "the service may do too much"

systemd-sysusers --dry-run "$LEVADA_SOURCE/systemd/levada.sysusers" >out 2>err || fail "the user is wrong"

#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
#   booted.sh SUITE PACKAGES
#
# Installs the packages of the folder PACKAGES in a new Debian, boots it, and lets its systemd run the crime job: it
# is killed, comes back where it was, and its rows are those of a run that nobody killed.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
. "$here/root.sh"
root=$work/root

make_root "$1" "$root" apt-utils,ca-certificates,systemd,systemd-sysv,dbus
mkdir "$root/srv/packages"
cp "$2"/levada_*.deb "$2"/levada-plugin-crime_*.deb "$2"/levada-examples_*.deb "$root/srv/packages"
in_root "$root" /srv/packages sh -c 'apt-get -q update && apt-get -q -y install --no-install-recommends ./*.deb' >"$work/install.log" 2>&1 ||
    { cat "$work/install.log"; fail "the packages do not install"; }

# Calls in the order of their time, slowly; and the same without a break, as fast as it goes.
in_root "$root" /srv sh -c '
    levada run /usr/share/levada/pipelines/make_calls.conf --set calls.count=120000 --set calls.order=oldest_first \
        --set out.path=calls.json
    cat >/etc/levada/pipelines.d/crime.conf <<END
pipeline: {
  name = "crime";
  trigger = "200 ms";
  checkpoint = "checkpoint";
  stages = (
    { name = "calls"; plugin = "json_file_source"; path = "/srv/calls.json"; records_per_second = 5000; },
    { name = "windows"; plugin = "crime_aggregate";
      event_time = "call_date_time"; window = "60 min"; watermark = "60 min"; output_mode = "append";
      group_by = [ "original_crime_type_name", "disposition" ]; },
    { name = "radio"; plugin = "table_join"; table = "/usr/share/levada/pipelines/radio_code.json";
      on = { stream = "disposition"; table = "disposition_code"; }; add = [ "description" ]; },
    { name = "out"; plugin = "file_sink"; path = "\${env:STATE_DIRECTORY}/\${cred:secret}.csv"; format = "csv"; }
  );
};
END
    mkdir expected credentials
    echo rows >credentials/secret
    chmod 700 credentials
    STATE_DIRECTORY=$PWD/expected CREDENTIALS_DIRECTORY=$PWD/credentials levada run /etc/levada/pipelines.d/crime.conf --set calls.records_per_second=0
    sed "s/crime_aggregate/crime_agregate/" /etc/levada/pipelines.d/crime.conf >/etc/levada/pipelines.d/wrong.conf
    sed "s/plugin = .crime_aggregate.;/& isolation = \"process\";/; s/_second = 5000/_second = 0/" \
        /etc/levada/pipelines.d/crime.conf >/etc/levada/pipelines.d/apart.conf

    # A device that a folder cannot have where it is no machine of its own.
    mkdir -p /etc/systemd/system/levada@.service.d
    printf "[Service]\nPrivateDevices=no\nLoadCredential=secret:/srv/credentials/secret\n" >/etc/systemd/system/levada@.service.d/lab.conf' >"$work/prepare.log" 2>&1 ||
    { cat "$work/prepare.log"; fail "the job does not run by hand"; }

boot_root "$root"

state() {
    in_booted systemctl show --value --property="$1" levada@crime
}
# becomes PROPERTY PATTERN
becomes() {
    tries=0
    until state "$1" | grep -qE "$2"; do
        tries=$((tries + 1))
        [ $tries -lt 600 ] || { in_booted systemctl status --no-pager levada@crime; fail "$1 is not $2"; }
        sleep 0.1
    done
}

echo "== The service"
[ "$(in_booted systemctl is-enabled levada)" = enabled ] || fail "levada.service is not enabled"
in_booted systemctl enable --now levada@crime 2>&1
becomes ActiveState '^active$'
becomes StatusText '1 of 1 pipelines running, [1-9][0-9]* records/s'
[ "$(in_booted stat -c '%U %a' /var/lib/levada/crime)" = "levada 700" ] || fail "the state is not levada's alone"
in_booted levada status --json | grep -q '"crime"' || fail "levada status does not find it"

echo "== Killed"
becomes StatusText '[1-9][0-9]{4} in all'
in_booted systemctl kill --signal=KILL levada@crime
becomes NRestarts '^1$'
becomes ActiveState '^active$'
# PartOf=: with all pipelines.
before=$(state MainPID)
in_booted systemctl restart levada
[ "$(state MainPID)" != "$before" ] || fail "not restarted with levada.service"
# So does an upgrade.
before=$(state MainPID)
in_booted sh -c 'dpkg --install /srv/packages/levada_*.deb' >"$work/upgrade.log" 2>&1 ||
    { cat "$work/upgrade.log"; fail "it cannot be installed again"; }
[ "$(state MainPID)" != "$before" ] || fail "not restarted by an upgrade"
in_booted systemctl reload levada
becomes ActiveState "^active$"
becomes StatusText '1 of 1 pipelines running'

becomes ActiveState '^inactive$'
[ "$(state Result)" = success ] || fail "it did not end well"
cmp "$root/srv/expected/rows.csv" "$root/var/lib/levada/crime/rows.csv" || fail "other rows than of a run without a break"
[ "$(wc -l <"$root/srv/expected/rows.csv")" -gt 1000 ] || fail "too few rows"

echo "== A plugin in a process of its own, in the same sandbox"
in_booted systemctl start levada@apart
tries=0
until [ "$(in_booted systemctl show --value --property=ActiveState levada@apart)" = inactive ]; do
    tries=$((tries + 1))
    [ $tries -lt 600 ] || { in_booted journalctl --no-pager -u levada@apart; fail "it does not end"; }
    sleep 0.1
done
cmp "$root/srv/expected/rows.csv" "$root/var/lib/levada/apart/rows.csv" ||
    { in_booted journalctl --no-pager -u levada@apart; fail "other rows from a plugin in its own process"; }

echo "== The journal"
in_booted journalctl --no-pager -o json LEVADA_PIPELINE=crime LEVADA_EVENT=finished >"$work/journal"
grep -q '"LEVADA_PIPELINE":"crime"' "$work/journal" || fail "no fields in the journal"
grep -q '"PRIORITY":"6"' "$work/journal" || fail "no priority in the journal"

echo "== A file with a mistake"
if in_booted systemctl start levada@wrong 2>/dev/null; then fail "it starts"; fi
[ "$(in_booted systemctl show --value --property=ExecMainStatus levada@wrong)" = 78 ] || fail "not with 78"
[ "$(in_booted systemctl show --value --property=NRestarts levada@wrong)" = 0 ] || fail "it was tried again"
in_booted journalctl --no-pager -u levada@wrong | grep -q 'wrong.conf:7:.*did you mean "crime_aggregate"' ||
    fail "the mistake is not in the journal"

echo "== debian/tests/systemd"
cp "$here/../../debian/tests/systemd" "$root/srv"
in_booted sh /srv/systemd >"$work/systemd.log" 2>&1 || { cat "$work/systemd.log"; fail "debian/tests/systemd"; }

echo "== Removed and purged"
in_booted apt-get -q -y purge levada levada-plugin-crime levada-examples >"$work/purge.log" 2>&1 ||
    { cat "$work/purge.log"; fail "cannot be purged"; }
for left in /var/lib/levada /etc/levada/levada.conf /etc/systemd/system/multi-user.target.wants/levada@crime.service \
    /etc/systemd/system/multi-user.target.wants/levada.service; do
    [ ! -e "$root$left" ] && [ ! -L "$root$left" ] || fail "purge leaves $left"
done

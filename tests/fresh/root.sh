# SPDX-License-Identifier: Apache-2.0
# Sourced by the tests here: new Debian systems in folders, which are entered, or booted. Needs root, and Debian's
# packages from where this machine has its own. Sets work, a folder that goes with the test.

fail() {
    echo "FAILED: $*" >&2
    exit 1
}

[ "$(id -u)" -eq 0 ] || fail "this needs root, to enter another root"

work=$(mktemp -d)
booted=
leave() {
    [ -z "$booted" ] || kill -KILL "$booted" 2>/dev/null || true
    rm -rf --one-file-system "$work"
}
trap leave EXIT
trap 'exit 1' HUP INT TERM

# make_root SUITE FOLDER PACKAGE,...: a minimal Debian with these packages.
make_root() {
    echo "== A new Debian ($1, $3)"
    # The suite and its updates, from the mirror that this machine uses for Debian's own packages.
    apt-get indextargets --format '$(REPO_URI) $(CODENAME)' "Identifier: Packages" "Origin: Debian" |
        sed -nE "s/^(.*) [a-z]+(-updates|-security)?\$/deb \1 $1\2 main/p" | sort -u >"$work/sources.list"
    [ -s "$work/sources.list" ] || fail "no Debian mirror among apt's sources"
    apt-config dump | grep -iE '^Acquire::(Check-|Retries|.*Proxy)' >"$work/apt.conf" || true
    mmdebstrap --quiet --mode=root --variant=minbase --include="$3" \
        --aptopt="$work/apt.conf" "$1" "$2" - <"$work/sources.list"
    cp /etc/resolv.conf "$2/etc/resolv.conf"
    # A network with certificate authorities of its own: Maven would trust no server.
    for authority in /usr/local/share/ca-certificates/*.crt; do
        [ ! -e "$authority" ] || cp "$authority" "$2/usr/local/share/ca-certificates"
    done
    in_root "$2" / update-ca-certificates >"$work/authorities.log" 2>&1 ||
        { cat "$work/authorities.log"; fail "no certificate authorities"; }
}

# in_root ROOT FOLDER COMMAND...: by pivot_root, since in a chroot the kernel would refuse user namespaces.
in_root() {
    unshare --mount --pid --fork --kill-child sh -c '
        set -e
        root=$1 folder=$2
        shift 2
        mount --make-rprivate /
        mount --bind "$root" "$root"
        cd "$root"
        mount -t proc proc proc
        mount --rbind /sys sys
        mount --rbind /dev dev
        mount -t tmpfs tmpfs run
        mkdir -p .old
        pivot_root . .old
        cd "$folder"
        umount -l /.old
        rmdir /.old
        exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 \
            DEBIAN_FRONTEND=noninteractive "$@"' sh "$@"
}

# boot_root ROOT: its systemd runs from here on; in_booted COMMAND... enters.
boot_root() {
    echo "== Booting"
    unshare --mount --pid --uts --ipc --cgroup --net --fork --kill-child sh -c '
        set -e
        root=$1
        mount --make-rprivate /
        mount --bind "$root" "$root"
        cd "$root"
        mount -t proc proc proc
        mount -t sysfs sysfs sys
        mount -t cgroup2 cgroup2 sys/fs/cgroup
        mount -t tmpfs -o mode=755 tmpfs run
        mount -t tmpfs -o mode=755 tmpfs dev
        for node in null zero full random urandom tty; do
            touch dev/$node
            mount --bind /dev/$node dev/$node
        done
        mkdir dev/pts dev/shm
        mount -t devpts -o newinstance,ptmxmode=0666 devpts dev/pts
        ln -s pts/ptmx dev/ptmx
        mount -t tmpfs tmpfs dev/shm
        mkdir -p .old
        pivot_root . .old
        cd /
        umount -l /.old
        mount --make-rshared / # or LoadCredential= would fail
        exec env -i container=lab PATH=/usr/sbin:/usr/bin:/sbin:/bin /sbin/init' sh "$1" \
        >"$work/boot.log" 2>&1 &
    unshare=$!
    tries=0
    until booted=$(cat "/proc/$unshare/task/$unshare/children" 2>/dev/null) && [ -n "$booted" ] &&
        booted=${booted%% *} && in_booted systemctl is-system-running 2>/dev/null | grep -qE 'running|degraded'; do
        tries=$((tries + 1))
        [ $tries -lt 240 ] || { cat "$work/boot.log"; fail "does not boot"; }
        sleep 0.5
    done
}

in_booted() {
    nsenter -t "$booted" -a env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 \
        DEBIAN_FRONTEND=noninteractive "$@"
}

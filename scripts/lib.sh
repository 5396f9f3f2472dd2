# SPDX-License-Identifier: Apache-2.0
# Sourced by scripts/demo, scripts/test and bench/run, from the repository's root: gets the packages
# and builds.

say() {
    printf '== %s\n' "$*"
}

die() {
    printf '%s: %s\n' "$0" "$*" >&2
    exit 1
}

# need_packages [nocheck]: installs what debian/control lists and this machine lacks; with nocheck not
# what only tests need. Asks nothing of the network where all is there.
need_packages() {
    export DEB_BUILD_PROFILES="${1-}"
    if command -v dpkg-checkbuilddeps >/dev/null && dpkg-checkbuilddeps debian/control 2>/dev/null; then
        return
    fi
    command -v apt-get >/dev/null ||
        die "packages listed in debian/control are missing, and there is no apt-get to install them"

    as_root=
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null || die "packages are missing; as root, in $PWD, run:
    apt-get update && DEB_BUILD_PROFILES=$DEB_BUILD_PROFILES apt-get build-dep --no-install-recommends ./"
        as_root=sudo
    fi
    say "Installing the missing packages of debian/control"
    quietly $as_root apt-get -q update || say "Going on with the package lists that are there"
    quietly $as_root env DEBIAN_FRONTEND=noninteractive DEB_BUILD_PROFILES="$DEB_BUILD_PROFILES" \
        apt-get -q -y build-dep --no-install-recommends ./ || die "apt-get could not install them"
}

# build PRESET [CMAKE_OPTION]...: one of CMakePresets.json.
build() {
    preset=$1
    shift
    say "Building ($preset)"
    quietly cmake --preset "$preset" "$@" || die "cmake failed"
    cmake --build --preset "$preset" -- --quiet || die "the build failed"
}

# quietly COMMAND...: shows what it prints only if it fails.
quietly() {
    quiet_log=$(mktemp)
    quiet_status=0
    "$@" >"$quiet_log" 2>&1 || quiet_status=$?
    [ "$quiet_status" -eq 0 ] || cat "$quiet_log" >&2
    rm -f "$quiet_log"
    return "$quiet_status"
}

#!/bin/sh
# Installs what tailrace is built and tested with: deps.sh [build] [lint] [fuzz] [e2e] [image]
#
# With TARGET=arm64 or amd64 the libraries, and a compiler, are for that machine: only apt, and
# without what tests need.
#
# Knows apt (Debian 12, Ubuntu 24.04), dnf and apk. Goes through sudo when not root. Where it can
# do nothing it says in one line what to do instead. "a|b" is the first that this release has; a
# name that begins with "?" may lack.
set -eu

apt= dnf= apk=
for set in "${@:-build}"; do
    case $set in
    build)
        apt="$apt gcc libc6-dev make pkg-config libuv1-dev libmsgpack-c-dev|libmsgpack-dev
            libcurl4-openssl-dev zlib1g-dev libpcre2-dev libyaml-dev libsqlite3-dev
            libmicrohttpd-dev libssl-dev check ?libisal-dev"
        dnf="$dnf gcc make pkgconf-pkg-config libuv-devel msgpack-c-devel|msgpack-devel
            libcurl-devel zlib-devel pcre2-devel libyaml-devel sqlite-devel libmicrohttpd-devel
            openssl-devel check-devel ?isa-l-devel"
        apk="$apk build-base pkgconf libuv-dev msgpack-c-dev curl-dev zlib-dev pcre2-dev yaml-dev
            sqlite-dev libmicrohttpd-dev openssl-dev check-dev ?isa-l-dev"
        ;;
    lint)
        apt="$apt clang-format python3"
        dnf="$dnf clang-tools-extra python3"
        apk="$apk clang-extra-tools python3"
        ;;
    fuzz)
        apt="$apt clang ?libclang-rt-dev"
        dnf="$dnf clang compiler-rt"
        apk="$apk clang compiler-rt"
        ;;
    e2e)
        apt="$apt python3 openssl iproute2 e2fsprogs ?systemd-journal-remote ?libfaketime"
        dnf="$dnf python3 openssl iproute e2fsprogs ?systemd-journal-remote ?libfaketime"
        apk="$apk python3 openssl iproute2 e2fsprogs ?libfaketime"
        ;;
    image) apt="$apt binutils ca-certificates tzdata libsystemd0" ;;
    *)
        echo "deps: unknown set '$set'; one of build, lint, fuzz, e2e, image" >&2
        exit 2
        ;;
    esac
done

# The package manager, what it installs with, and how it is asked for a package.
if command -v apt-get >/dev/null; then
    wanted=$apt update="apt-get update -q" install="env DEBIAN_FRONTEND=noninteractive apt-get install -qy -o Dpkg::Use-Pty=0 --no-install-recommends"
    knows() { apt-cache policy "$1" 2>/dev/null | grep -q 'Candidate: [0-9]'; }
elif command -v dnf >/dev/null; then
    wanted=$dnf update="true" install="dnf install -qy"
    knows() { dnf -q info "$1" >/dev/null 2>&1; }
elif command -v apk >/dev/null; then
    wanted=$apk update="apk update -q" install="apk add -q"
    knows() { [ -n "$(apk search -e "$1" 2>/dev/null)" ]; }
else
    echo "deps: no apt-get, dnf or apk here; install by hand (Debian names): " $apt >&2
    exit 1
fi

# The names this release has, of those wanted.
choose()
{
    for want in $wanted; do
        chosen=
        for name in $(echo "${want#\?}" | tr '|' ' '); do
            if knows "$name"; then chosen=$name; break; fi
        done
        case $chosen$want in
        \?*) ;;
        *) echo "${chosen:-${want%%|*}}" ;;
        esac
    done
}

as_root=
if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null; then
        echo "deps: not root and no sudo; as root, run: $install" $(choose) >&2
        exit 1
    fi
    as_root=sudo
fi

# The same for another machine, where that is another one.
if [ -n "${TARGET:-}" ]; then
    case $TARGET in
    amd64) compiler=gcc-x86-64-linux-gnu ;;
    arm64) compiler=gcc-aarch64-linux-gnu ;;
    *)
        echo "deps: TARGET is amd64 or arm64, not $TARGET" >&2
        exit 2
        ;;
    esac
    [ "$TARGET" != "$(dpkg --print-architecture)" ] || compiler=gcc
    $as_root dpkg --add-architecture "$TARGET"
    wanted=$(echo " "$wanted" " |
        sed -E "s/ gcc / $compiler /; s/ check / /; s/([a-z0-9.-]+-dev|libsystemd0)/\\1:$TARGET/g")
fi

# The lists may be old or absent. Where they cannot be fetched, what is here may do.
$as_root $update || echo "deps: could not refresh the package lists; going on with what is here" >&2
exec $as_root $install $(choose)

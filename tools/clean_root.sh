#!/bin/bash
# clean_root.sh [SUITE [ARCH [COMMAND...]]]: makes a fresh Debian (bookworm, trixie) with python3 and nothing else in it,
# copies this checkout into it and runs the README's two commands there, or COMMAND instead, timed.
#
# Needs root and mmdebstrap; for another ARCH than this machine's (arm64) qemu-user-static too: the root then runs under
# emulation, which shows that everything works there and says nothing about a board's speed, with a sample of the tests.
# CLEAN_ROOT_FILES names files that COMMAND finds in /files.
# The bare root is kept under .cache/ and reused; what ran in it is thrown away.
set -euo pipefail
self=$(readlink -f "$0"); here=$(dirname "$(dirname "$self")")
suite=${1:-bookworm}; native=$(dpkg --print-architecture); arch=${2:-$native}
shift $(( $# < 2 ? $# : 2 ))
cache=$here/.cache/clean-root; base=$cache/$suite-$arch.tar

if [ -z "${CLEAN_ROOT_WORK:-}" ]; then
    # Everything happens in namespaces of its own: whatever becomes of it, no mount and no process stays behind.
    [ "$(id -u)" = 0 ] || { echo 'clean_root: needs root' >&2; exit 2; }
    command -v mmdebstrap >/dev/null || { echo 'clean_root: mmdebstrap is needed: apt-get install mmdebstrap' >&2; exit 2; }
    CLEAN_ROOT_WORK=$(mktemp -d); export CLEAN_ROOT_WORK
    trap 'rm -rf "$CLEAN_ROOT_WORK"' EXIT
    namespace=(unshare --mount --pid --fork --kill-child)
    [ "$arch" = "$native" ] || namespace=(python3 "$here/tools/emulated/namespace.py")
    "${namespace[@]}" "$self" "$suite" "$arch" "$@"
    exit
fi

root=$CLEAN_ROOT_WORK/root; mkdir -p "$root" "$cache"
if [ ! -f "$base" ]; then
    new=$(mktemp "$cache/XXXXXX.tar")
    mmdebstrap --quiet --mode=root --skip=check/qemu --variant=minbase --architectures="$arch" --include=python3,ca-certificates \
        --format=tar "$suite" "$new"
    mv "$new" "$base"
fi
tar -xf "$base" -C "$root" --exclude './dev/*'  # device files are the machine's, below; a namespace may not make any

# How this machine reaches its package sources (resolver, certificates, proxies), for there is no other way in there.
for file in /etc/resolv.conf /etc/hosts /etc/pip.conf /etc/ssl/certs/ca-certificates.crt; do
    [ ! -e "$file" ] || install -D -m 644 "$file" "$root$file"
done
apt-config dump | grep -E '^Acquire::(https?|Check-|Retries)' >"$root/etc/apt/apt.conf.d/90machine" || true
mapfile -t network < <(env | grep -E '^(PIP_|PYTEST_ADDOPTS|https?_proxy|HTTPS?_PROXY|no_proxy|NO_PROXY|SSL_CERT_FILE|REQUESTS_CA_BUNDLE)' || true)
# Installing a package starts no service: it would be one of the machine outside.
printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"; chmod 755 "$root/usr/sbin/policy-rc.d"

mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
if [ "$arch" = arm64 ] && [ "$native" != arm64 ]; then
    # The emulator shows this machine's /proc/cpuinfo; libraries that choose code by it want that of a board (Pi 5: Cortex-A76).
    for core in 0 1 2 3; do
        printf 'processor\t: %d\nBogoMIPS\t: 108.00\nFeatures\t: %s\nCPU implementer\t: 0x41\nCPU architecture: 8\nCPU variant\t: 0x4\nCPU part\t: 0xd0b\nCPU revision\t: 1\n\n' \
            "$core" 'fp asimd evtstrm aes pmull sha1 sha2 crc32 atomics fphp asimdhp cpuid asimdrdm lrcpc dcpop asimddp'
    done >"$CLEAN_ROOT_WORK/cpuinfo"
    mount --bind "$CLEAN_ROOT_WORK/cpuinfo" "$root/proc/cpuinfo"
    network+=(QEMU_CPU=cortex-a76)
fi

mkdir "$root/paige"
git -C "$here" ls-files -z --cached --others --exclude-standard \
    | tar -C "$here" --null --ignore-failed-read -T - -cf - 2>/dev/null | tar -xf - -C "$root/paige"
# shellcheck disable=SC2086  # a list of files, which the command finds in /files
[ -z "${CLEAN_ROOT_FILES:-}" ] || install -D -m 644 -t "$root/files" $CLEAN_ROOT_FILES

inside() {
    echo "== $suite $arch: $*"
    time chroot "$root" /usr/bin/env -i HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin TERM=dumb "${network[@]}" \
        /bin/sh -c "cd /paige && $*" </dev/null
}
if [ $# -gt 0 ]; then inside "$*"; exit; fi
inside ./paige demo
inside ./paige demo
if [ "$arch" = "$native" ]; then inside ./paige test -q; exit; fi
# Under emulation the whole of the tests takes hours; these touch the compiled libraries, threads, brokers and processes.
inside ./paige test -q tests/audio tests/models/recognizer tests/models/grammar tests/iot/test_link.py tests/device/privacy

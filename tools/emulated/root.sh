#!/bin/bash
# root.sh: makes the arm64 Debian that emulated boards run, once, under .cache/emulated, and prints its folder, in which are
#   root/       the system, with the packages that Paige and its tests want of a board
#   kernel/     Debian's kernel for arm64 and busybox, unpacked
# Packages' scripts run under user-mode emulation. Needs root, mmdebstrap and qemu-user-static.
set -euo pipefail
here=$(dirname "$(dirname "$(dirname "$(readlink -f "$0")")")")
suite=${1:-bookworm}
packages=systemd-sysv,dbus,udev,kmod,libnss-systemd,init-system-helpers,iproute2,ca-certificates,procps,python3,libportaudio2,libatomic1,mosquitto,mosquitto-clients,alsa-utils
made=$here/.cache/emulated/$suite-$( { echo "$packages"; cat "$0"; } | sha256sum | cut -c1-12)

if [ ! -e "$made/done" ]; then
    for program in mmdebstrap qemu-aarch64-static; do
        command -v "$program" >/dev/null || { echo "emulated: $program is missing: apt-get install mmdebstrap qemu-user-static" >&2; exit 2; }
    done
    echo "emulated: making an arm64 Debian $suite, once" >&2
    rm -rf "$made"; mkdir -p "$made/kernel"
    # The kernel is fetched by this machine's apt and only unpacked: installing it would make an initrd, under emulation.
    # shellcheck disable=SC2016  # mmdebstrap's shell is to see these
    fetch='cd "$KERNEL"; export APT_CONFIG="$MMDEBSTRAP_APT_CONFIG"
        kernel=$(apt-cache depends linux-image-arm64 | awk "/Depends:/ {print \$2; exit}")
        apt-get -q download "$kernel:arm64" busybox-static:arm64'
    KERNEL=$made/kernel python3 "$here/tools/emulated/namespace.py" mmdebstrap --quiet --mode=root --skip=check/qemu \
        --variant=minbase --architectures=arm64 --include="$packages" --customize-hook="$fetch" "$suite" "$made/root" >&2
    for package in "$made"/kernel/*.deb; do dpkg-deb -x "$package" "$made/kernel"; rm "$package"; done
    touch "$made/done"
fi
echo "$made"

#!/bin/bash
# disk.sh ROOT BOOT DISK: makes the disk of an emulated board: the Debian of root.sh, modules of BOOT, the Debian package of
# this checkout, and the self-test of guest/, which runs at boot.
set -euo pipefail
here=$(dirname "$(dirname "$(dirname "$(readlink -f "$0")")")")
root=$1 boot=$2 disk=$3
PATH=$PATH:/usr/sbin:/sbin
python=${PAIGE_VENV:-$here/.venv}/bin/python
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT

# The Debian package of this checkout. Its scripts, which `make deb-proof` runs, would compile and enable it under emulation.
install_paige() {
    local program=$1/usr/lib/paige/program version
    dpkg-deb -x "$("$python" -m paige.tools.deb --suite bookworm --arch arm64 --packing none --out "$work")" "$1"
    version=$(cat "$program/PYTHON")
    if [ "$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')" = "$version" ]; then
        # Bytecode is the same for every processor.
        "$python" -m compileall -q -s "$1" "$program" >/dev/null || true
    else
        echo "emulated: not compiled, for that takes Python $version: Paige starts later than it would" >&2
    fi
    ln -s /usr/lib/systemd/system/paige.service "$1/etc/systemd/system/multi-user.target.wants/"
}

install_self_test() {
    cp -r --no-preserve=ownership "$here/tools/emulated/guest/files/." "$1/"
    mkdir -p "$1/usr/lib/self-test"
    cp "$here/tools/demo/recordings/01-kitchen-lamp.wav" "$here/tests/audio/wake/recordings/okay-nabu.wav" "$1/usr/lib/self-test/"
    ln -s /etc/systemd/system/self-test.service "$1/etc/systemd/system/multi-user.target.wants/"
}

# Nothing of this is there: a screen, other processors' programs, a network to fetch package lists from.
settle() {
    echo paige-board >"$1/etc/hostname"
    printf '127.0.0.1\tlocalhost paige-board\n::1\tlocalhost\n' >"$1/etc/hosts"
    echo uninitialized >"$1/etc/machine-id"
    local unit
    for unit in getty@tty1.service systemd-binfmt.service proc-sys-fs-binfmt_misc.automount apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer e2scrub_reap.service; do
        ln -sf /dev/null "$1/etc/systemd/system/$unit"
    done
}

cp -a "$root" "$work/root"
cp -r "$boot/modules/lib/modules" "$work/root/usr/lib/"
install_paige "$work/root"
install_self_test "$work/root"
settle "$work/root"
rm -f "$disk"
mke2fs -q -t ext4 -d "$work/root" "$disk" 2G

#!/bin/bash
# boot.sh [--board zero2|pi4|pi5|orin] [--memory MB] [--cores N] [--minutes N]: boots a whole emulated board, from the kernel on,
# with Paige as a service, a broker and a loopback sound card; its self-test (guest/) says what works and what is survived.
#
# Needs root, and mmdebstrap, qemu-user-static, qemu-system-arm, cpio, kmod and e2fsprogs of Debian. What takes long to make is
# kept under .cache/emulated. Emulated times say nothing about a board's speed.
set -euo pipefail
here=$(dirname "$(dirname "$(dirname "$(readlink -f "$0")")")")
began=$(date +%s)
export PATH=$PATH:/usr/sbin:/sbin
for program in qemu-system-aarch64:qemu-system-arm cpio:cpio depmod:kmod mke2fs:e2fsprogs; do
    command -v "${program%:*}" >/dev/null || { echo "emulated: ${program%:*} is missing: apt-get install ${program#*:}" >&2; exit 2; }
done
"$here/paige" setup test
python=${PAIGE_VENV:-$here/.venv}/bin/python
root=$("$here/tools/emulated/root.sh")
if [ ! -e "$root/boot/initrd.gz" ]; then "$python" -m paige.tools.emulated.kernel "$root/kernel" "$root/boot"; fi
"$here/tools/emulated/disk.sh" "$root/root" "$root/boot" "$here/.cache/emulated/disk.img"
# However it ends, nothing that it mounts is left.
exec unshare --mount --pid --fork --kill-child --mount-proc "$python" -m paige.tools.emulated.machine --boot "$root/boot" --disk "$here/.cache/emulated/disk.img" --began "$began" "$@"

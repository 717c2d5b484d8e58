#!/bin/bash
# image.sh [HAT] [SUITE]: builds an arm64 system from the layer of firmware-configs/rpi/image as rpi-image-gen does (bdebstrap,
# with the layer's variables in its environment), and looks at what came out, with the system's own programs under emulation:
# units, users, configuration, swap, journal, governor, boot files, a card's first boot.
#
# Needs root, bdebstrap and qemu-user-static of Debian. What was built is kept under .cache/emulated by what it was made of.
set -euo pipefail
self=$(readlink -f "$0"); here=$(dirname "$(dirname "$(dirname "$self")")")
hat=${1:-respeaker-2mic-v2}; suite=${2:-trixie}
rpi=$here/firmware-configs/rpi; layer=$rpi/image/layer/paige.yaml

if [ -z "${IMAGE_WORK:-}" ]; then
    for program in bdebstrap qemu-aarch64-static; do
        command -v "$program" >/dev/null || { echo "image: $program is missing: apt-get install bdebstrap qemu-user-static" >&2; exit 2; }
    done
    [ "$(id -u)" = 0 ] || { echo 'image: needs root' >&2; exit 2; }
    IMAGE_WORK=$(mktemp -d); trap 'rm -rf "$IMAGE_WORK"' EXIT
    "$here/paige" setup dev
    cd "$here"; python=${PAIGE_VENV:-.venv}/bin/python
    IMAGE_DEB=$("$python" -m paige.tools.deb --suite "$suite" --arch arm64 --out "$IMAGE_WORK" --packing none)
    QEMU_CPU=$("$python" -m paige.tools.emulated.boards zero2 "$IMAGE_WORK")
    export IMAGE_WORK IMAGE_DEB QEMU_CPU
    python3 "$here/tools/emulated/namespace.py" "$self" "$hat" "$suite"
    exit
fi

# --- Built -----------------------------------------------------------------------------------------------------------

cat >"$IMAGE_WORK/base.yaml" <<EOF
# What layers of rpi-image-gen itself make: a Debian, systemd, and the files that a Raspberry Pi boots with.
mmdebstrap:
  architectures: [arm64]
  mode: root
  variant: minbase
  suite: $suite
  packages: [systemd, systemd-sysv, systemd-timesyncd, udev, kmod, dbus, ca-certificates]
  customize-hooks:
  - mkdir -p "\$1/boot/firmware"
  - printf '%s\n' 'dtparam=audio=on' '[cm4]' 'otg_mode=1' >"\$1/boot/firmware/config.txt"
  - echo 'console=serial0,115200 console=tty1 root=ROOTDEV rootwait' >"\$1/boot/firmware/cmdline.txt"
EOF
# mmdebstrap's own test of the emulator wants arch-test, which not every machine has.
mkdir "$IMAGE_WORK/bin"
printf '#!/bin/sh\nexec %s --skip=check/qemu "$@"\n' "$(command -v mmdebstrap)" >"$IMAGE_WORK/bin/mmdebstrap"
chmod 755 "$IMAGE_WORK/bin/mmdebstrap"
options=()
while read -r option; do options+=("--aptopt=$option"); done < <(apt-config dump | grep -E '^Acquire::(https?|Check-|Retries)' || true)

made_of=$( { cat "$IMAGE_WORK/base.yaml" "$layer" "$rpi"/*.* "$rpi"/boot/*; echo "$hat"
    dpkg-deb --ctrl-tarfile "$IMAGE_DEB" | tar -xO ./control ./md5sums ./postinst; } | sha256sum | cut -c1-12)
cache=$here/.cache/emulated; mkdir -p "$cache"
tar=$cache/image-$made_of.tar
if [ ! -e "$tar" ]; then
    echo "image: building an arm64 Debian $suite from the layer, with $hat"
    PATH=$IMAGE_WORK/bin:$PATH bdebstrap --force --quiet --name paige --hostname paige --output "$IMAGE_WORK/out" \
        --target "$IMAGE_WORK/image.tar" "${options[@]}" --config "$IMAGE_WORK/base.yaml" --config "$layer" \
        --env IGconf_paige_deb="$IMAGE_DEB" --env IGconf_paige_hat="$hat" --env IGconf_paige_files="$rpi" \
        >"$IMAGE_WORK/log" 2>&1 || { tail -n 40 "$IMAGE_WORK/log" >&2; exit 1; }
    rm -f "$cache"/image-*.tar
    mv "$IMAGE_WORK/image.tar" "$tar"
fi

# --- Looked at -------------------------------------------------------------------------------------------------------

root=$IMAGE_WORK/root; mkdir "$root"
tar -xf "$tar" -C "$root" --exclude './dev/*'
mount -t proc proc "$root/proc"; mount --rbind /dev "$root/dev"
# The emulator shows this machine's processor; libraries that choose code by it want the board's.
mount --bind "$IMAGE_WORK/proc/cpuinfo" "$root/proc/cpuinfo"
inside() { chroot "$root" /usr/bin/env -i HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 QEMU_CPU="$QEMU_CPU" "$@"; }
said() { echo "image: $*"; }
fail() { echo "image: FAILED: $*" >&2; exit 1; }
units=$root/usr/lib/systemd/system

for unit in paige.service paige-log-trim.timer avahi-daemon.service; do
    [ "$(inside systemctl --root=/ is-enabled "$unit")" = enabled ] || fail "$unit is not enabled"
done
for unit in paige-satellite.service paige-update.timer; do
    [ "$(inside systemctl --root=/ is-enabled "$unit" || true)" = disabled ] || fail "$unit is enabled"
done
said "paige.service and paige-log-trim.timer are enabled, the satellite and updates are not"
verified=("$units"/paige*.service "$units"/paige*.timer)
faults=$(inside systemd-analyze verify --man=no "${verified[@]##*/}" 2>&1) || fail "$faults"
[ -z "$faults" ] || fail "$faults"
said "systemd-analyze verify has no fault to find in ${#verified[@]} units"
read -ra groups < <(sed -n 's/^SupplementaryGroups=//p' "$units/paige.service")
for group in "${groups[@]}"; do inside getent group "$group" >/dev/null || fail "there is no group $group"; done
inside paige config check /etc/paige/paige.yaml >"$IMAGE_WORK/config" || fail "$(cat "$IMAGE_WORK/config")"
said "its groups are there, and paige config check takes /etc/paige/paige.yaml"

# In a folder of its own it does not see that this is no board.
zram=$root/tmp/zram; mkdir -p "$zram/etc/systemd" "$zram/proc" "$root/tmp/generated"
cp "$root/etc/systemd/zram-generator.conf" "$zram/etc/systemd/"
echo 'MemTotal: 512000 kB' >"$zram/proc/meminfo"; : >"$zram/proc/cmdline"
inside ZRAM_GENERATOR_ROOT=/tmp/zram /usr/lib/systemd/system-generators/zram-generator /tmp/generated 2>"$IMAGE_WORK/told" \
    || fail "$(cat "$IMAGE_WORK/told")"
[ -e "$root/tmp/generated/dev-zram0.swap" ] || fail "there is no swap in memory"
inside systemd-analyze cat-config systemd/journald.conf | grep -E '^(Storage|RuntimeMaxUse)=' | tail -n 2 | tr '\n' ' ' >"$IMAGE_WORK/journal"
grep -q 'Storage=volatile' "$IMAGE_WORK/journal" || fail "the journal is kept: $(cat "$IMAGE_WORK/journal")"
inside systemd-tmpfiles --cat-config >"$IMAGE_WORK/tmpfiles"
grep -q '^w- /sys/devices/system/cpu/.*ondemand$' "$IMAGE_WORK/tmpfiles" || fail "nobody sets the governor"
said "swap in compressed memory, a journal in memory, and the governor are set"

boot=$root/boot/firmware
[ "$hat" = none ] || grep -qx "$(grep '^dtoverlay=' "$rpi/boot/$hat.txt")" "$boot/config.txt" || fail "config.txt has no $hat"
grep -q 'rootwait cgroup_enable=memory psi=1$' "$boot/cmdline.txt" || fail "the kernel counts no memory: $(cat "$boot/cmdline.txt")"
if [ -e "$rpi/$hat.dts" ]; then
    # The first bytes of any: devicetree-specification, 5.2.
    [ "$(head -c 4 "$boot/overlays/$hat.dtbo" | od -An -tx1 | tr -d ' ')" = d00dfeed ] || fail "the overlay was not compiled"
fi
said "config.txt has $hat, and cmdline.txt has the kernel count memory"

inside paige --help >/dev/null || fail "paige does not start"
inside paige doctor --json >"$IMAGE_WORK/doctor" || true
python3 - "$IMAGE_WORK/doctor" <<'EOF'
import json, sys
found = {one["check"]: one for one in json.load(open(sys.argv[1]))["findings"]}
checks = ("home", "models", "wake words", "voice")
# Under emulation some do not answer within the seconds that a board has.
late = [check for check in checks if "no answer within" in found[check]["text"]]
assert all(check in late or found[check]["verdict"] == "ok" for check in checks), [found[check] for check in checks]
told = ", ".join(f"{check}: too slow here" if check in late else f"{check}: ok" for check in checks)
print("image: doctor says", len(found), "things;", told)
EOF

# A card with a file of its owner: as paige-provision.service does, before the service.
grep -q 'Wants=.*paige-provision.service' "$units/paige.service" || fail "nothing reads what is on the card"
printf 'house: {area: Kitchen}\nmqtt: {host: broker.lan, username: paige, password: secret-of-the-card}\n' >"$boot/paige.yaml"
# shellcheck disable=SC2046  # the words of a command
inside $(sed -n 's/^ExecStart=//p' "$units/paige-provision.service") >"$IMAGE_WORK/told" 2>&1 || fail "$(cat "$IMAGE_WORK/told")"
[ ! -e "$boot/paige.yaml" ] || fail "the file is still on the card, with its password"
inside paige config check /etc/paige/paige.yaml >"$IMAGE_WORK/config"
grep -q broker.lan "$IMAGE_WORK/config" || fail "the configuration does not name the broker: $(cat "$IMAGE_WORK/config")"
! grep -rq secret-of-the-card "$boot" "$root/etc/paige/paige.yaml" || fail "the password is where anybody may read it"
[ "$(stat -c %a "$root/etc/paige/mqtt_password")" = 600 ] || fail "anybody may read the password"
said "a file on the card is taken over at the first boot, and is gone from it"

for left in tmp/paige.deb usr/sbin/policy-rc.d; do [ ! -e "$root/$left" ] || fail "left behind: $left"; done
said "$(tar -tf "$tar" | wc -l) files, $(( $(stat -c %s "$tar") / 1000000 )) MB"
said "left out: Raspberry Pi's own kernel, firmware and archive, partitions, and rpi-image-gen's program itself"

"""Makes of Debian's unpacked kernel what QEMU starts: the kernel, a small initrd, and the modules of a board.

    python -m paige.tools.emulated.kernel FROM TO

FROM holds the kernel's package and busybox, as `root.sh` unpacks them. TO gets `vmlinuz`, `initrd.gz` and
`modules/`. Debian's own initrd would hold every disk there is; this one knows the disk of QEMU's machine.
"""

import gzip
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory

# What mounts the disk; then what a board has: sound without a card, a network card, swap in memory.
_TO_BOOT = ("virtio_pci", "virtio_mmio", "virtio_blk", "virtio_rng", "crc32c_generic", "ext4")
_TO_RUN = ("snd_aloop", "virtio_net", "zram", "autofs4")

_INIT = """#!/bin/busybox sh
b=/bin/busybox
$b mount -t proc none /proc; $b mount -t sysfs none /sys; $b mount -t devtmpfs none /dev
for module in $($b cat /modules/order); do $b insmod /modules/$module; done
tries=0
while [ ! -b /dev/vda ] && [ $tries -lt 100 ]; do $b sleep 0.1; tries=$((tries+1)); done
$b mount -t ext4 -o rw,noatime /dev/vda /new || exec $b sh
$b umount /proc /sys
exec $b switch_root /new /lib/systemd/systemd
"""


class Modules:
    """The modules of one kernel, with what each needs.

    Args:
        folder: `lib/modules/VERSION`, after depmod.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._needs: dict[str, tuple[str, ...]] = {}
        for line in (folder / "modules.dep").read_text().splitlines():
            path, needed = line.split(":")
            # modules.dep names the ones needed first last.
            self._needs[Path(path).name.split(".")[0].replace("-", "_")] = (*reversed(needed.split()), path)

    def with_needed(self, names: Iterable[str]) -> tuple[str, ...]:
        """The files of these and all that they need, in the order to load them, without what is built in."""
        return tuple(dict.fromkeys(path for name in names for path in self._needs.get(name, ())))


def make(unpacked: Path, to: Path) -> None:
    """Make it all."""
    subprocess.run(["depmod", "-b", unpacked, *_versions(unpacked)], check=True)  # noqa: S603, S607 # Debian's
    [version] = _versions(unpacked)
    modules = Modules(unpacked / "lib/modules" / version)
    to.mkdir(parents=True, exist_ok=True)
    shutil.copy(unpacked / f"boot/vmlinuz-{version}", to / "vmlinuz")
    with TemporaryDirectory() as folder:
        _fill_initrd(Path(folder), unpacked / "bin/busybox", modules)
        (to / "initrd.gz").write_bytes(gzip.compress(_archive(Path(folder)), compresslevel=1))
    _copy_modules(modules, to / "modules", version)


def _versions(unpacked: Path) -> list[str]:
    return [path.name for path in (unpacked / "lib/modules").iterdir()]


def _fill_initrd(folder: Path, busybox: Path, modules: Modules) -> None:
    for name in ("bin", "modules", "proc", "sys", "dev", "new"):
        (folder / name).mkdir()
    shutil.copy(busybox, folder / "bin")
    (folder / "bin/sh").symlink_to("busybox")
    files = modules.with_needed(_TO_BOOT)
    for path in files:
        shutil.copy(modules.folder / path, folder / "modules")
    (folder / "modules/order").write_text("\n".join(Path(path).name for path in files) + "\n")
    init = folder / "init"
    init.write_text(_INIT)
    init.chmod(0o755)


def _archive(folder: Path) -> bytes:
    names = "\n".join(str(path.relative_to(folder)) for path in sorted(folder.rglob("*")))
    command = ["cpio", "--create", "--format=newc", "--quiet", "--owner=0:0"]
    return subprocess.run(  # noqa: S603 # as above
        command, cwd=folder, input=names.encode(), stdout=subprocess.PIPE, check=True
    ).stdout


def _copy_modules(modules: Modules, to: Path, version: str) -> None:
    folder = to / "lib/modules" / version
    for path in modules.with_needed(_TO_RUN):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(modules.folder / path, folder / path)
    for name in ("modules.order", "modules.builtin", "modules.builtin.modinfo"):
        shutil.copy(modules.folder / name, folder)
    subprocess.run(["depmod", "-b", to, version], check=True)  # noqa: S603, S607 # as above


def main(arguments: list[str]) -> int:
    """Make it."""
    if len(arguments) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    make(Path(arguments[0]), Path(arguments[1]))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Shows that the Jetson's power unit may write what it has to, and nothing else, where systemd runs.

    python -m paige.tools.unit_proof.power [--suite bookworm]

NVIDIA's program runs on a Jetson alone; one in its place opens files for writing, and changes none. Needs
root, mmdebstrap and systemd-nspawn (Debian's systemd-container).
"""

import argparse
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from paige.device.install.plan import FIRMWARE
from paige.tools.unit_proof.machine import Machine
from paige.tools.unit_proof.showing import Finding, show

_CPU: Final = "/sys/devices/system/cpu/cpu0/uevent"
_PLATFORM: Final = "/sys/devices/platform/uevent"
_MAY: Final = (_CPU, _PLATFORM, "/var/lib/nvpmodel/status")
_MAY_NOT: Final = (
    "/sys/kernel/rcu_expedited",
    "/sys/kernel/mm/transparent_hugepage/enabled",
    "/proc/sys/kernel/hostname",
    "/etc/passwd",
    "/var/lib/other",
)
_NVPMODEL: Final = """\
#!/bin/sh
status=/var/lib/nvpmodel/status
case $1 in
    -q) printf 'NV Power Mode: whatever\\n%s\\n' "$(cat $status)" ;;
    -m)
        { grep CapEff /proc/self/status
        for file in FILES; do (: >>"$file") 2>/dev/null && echo "$file"; done; } >/var/lib/nvpmodel/tried
        echo "$2" >$status ;;
esac
"""


def main() -> int:
    """Prove it, and give the exit status: 1 where anything is not as it must be."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--suite", default="bookworm", help="which Debian: bookworm or trixie")
    parser.add_argument("--cache", type=Path, default=Path(".cache/unit_proof"))
    options = parser.parse_args()
    os.environ["SYSTEMD_NSPAWN_API_VFS_WRITABLE"] = "yes"  # else a container cannot write to /sys at all
    return show(options.suite, options.cache, _prepare, _proof)


def _prepare(root: Path, _: Path) -> None:
    programs = root / "usr/local/sbin"
    programs.mkdir(parents=True, exist_ok=True)
    files = " ".join((*_MAY, *_MAY_NOT))
    for name, text in (
        ("paige-power", (FIRMWARE / "jetson/paige-power").read_text()),
        ("nvpmodel", _NVPMODEL.replace("FILES", files)),
    ):
        (programs / name).write_text(text)
        (programs / name).chmod(0o755)
    unit = root / "etc/systemd/system/paige-power.service"
    unit.write_text((FIRMWARE / "jetson/paige-power.service").read_text())
    (root / "etc/nvpmodel.conf").write_text("< POWER_MODEL ID=0 NAME=15W >\n< POWER_MODEL ID=1 NAME=25W >\n")
    (root / "var/lib/nvpmodel").mkdir()
    (root / "var/lib/nvpmodel/status").write_text("1\n")
    (root / "var/lib/other").write_text("")


def _proof(machine: Machine) -> Iterator[Finding]:
    every = (*_MAY, *_MAY_NOT)
    outside = machine.ask("sh", "-c", f"for file in {' '.join(every)}; do (: >>$file) && echo $file; done")
    able = [file for file in every if file in outside.splitlines()]
    yield Finding(
        {*_MAY, "/sys/kernel/rcu_expedited"} <= {*able}, f"root of the container may write: {', '.join(able)}"
    )
    said = machine.ask("systemctl", "start", "paige-power")
    state = machine.property("paige-power", "Result")
    mode = machine.ask("cat", "/var/lib/nvpmodel/status")
    yield Finding((said, state, mode) == ("", "success", "0"), f"its unit: {state}, mode {mode} {said}")
    capabilities, *written = machine.ask("cat", "/var/lib/nvpmodel/tried").splitlines()
    yield Finding(capabilities.split()[-1].strip("0") == "", f"and has no capability: {capabilities}")
    yield Finding(written == [*_MAY], f"and may write: {', '.join(written)}")


if __name__ == "__main__":
    sys.exit(main())

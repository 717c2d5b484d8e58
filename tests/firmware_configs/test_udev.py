"""The rules for sound cards, read by udev itself."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

RULES = Path(__file__).parents[2] / "firmware-configs" / "udev" / "85-paige.rules"
VERIFIES = 254
"""The first version of systemd whose udevadm verifies rules."""

pytestmark = pytest.mark.skipif(
    shutil.which("udevadm") is None, reason="needs udevadm (apt-get install udev)"
)


def complaints(rules: Path) -> str:
    """What udev finds wrong with a file."""
    version = subprocess.run(["udevadm", "--version"], capture_output=True, text=True, check=True).stdout
    if int(version.split()[0]) >= VERIFIES:
        result = subprocess.run(["udevadm", "verify", rules], capture_output=True, text=True, check=False)
        return "" if result.returncode == 0 else result.stdout + result.stderr
    if os.geteuid() != 0:
        pytest.skip(f"udevadm of systemd {version.split()[0]} reads rules in a namespace alone: needs root")
    script = f"""
        mount --bind {rules.parent} /etc/udev/rules.d && mount -t tmpfs none /usr/lib/udev/rules.d &&
        mount -t tmpfs none /run &&
        exec udevadm test --resolve-names=never --action=change /devices/virtual/mem/null"""
    result = subprocess.run(
        ["unshare", "--mount", "sh", "-c", script], capture_output=True, text=True, check=False
    )
    said = (result.stdout + result.stderr).splitlines()
    if not any("Reading rules file" in line for line in said):
        pytest.skip(f"udevadm reads no rules here: {said[-1:]}")
    return "\n".join(line for line in said if line.startswith(f"/etc/udev/rules.d/{rules.name}:"))


def test_udev_understands_every_rule(tmp_path: Path) -> None:
    rules = tmp_path / RULES.name
    text = RULES.read_text()
    everything = text.replace("\n#ACTION", "\nACTION")
    assert everything.count("\nACTION") == 2, "the example in a comment, too"
    rules.write_text(everything)
    assert complaints(rules) == ""
    rules.write_text(everything.replace('ATTR{id}="ReSpeaker"', 'ATTR{id}+="ReSpeaker'))
    assert complaints(rules) != ""

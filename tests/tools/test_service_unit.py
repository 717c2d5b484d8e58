"""The systemd unit, judged by systemd itself."""

import shutil
import subprocess
from pathlib import Path

import pytest

UNIT = Path(__file__).parents[2] / "firmware-configs" / "systemd" / "paige.service"

pytestmark = pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs systemd-analyze")


@pytest.fixture
def unit(tmp_path: Path) -> Path:
    """The unit with a program that exists here: systemd asks for that."""
    copy = tmp_path / "paige.service"
    copy.write_text(
        UNIT.read_text().replace("/opt/paige/.venv/bin/paige", shutil.which("true") or "/bin/true")
    )
    return copy


def analyze(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["systemd-analyze", *arguments], capture_output=True, text=True, timeout=60, check=False
    )


def test_systemd_understands_every_line(unit: Path) -> None:
    result = analyze("verify", str(unit))
    assert "paige.service" not in result.stderr + result.stdout
    unit.write_text(unit.read_text().replace("ProtectClock=", "ProtectClocks="))
    assert "ProtectClocks" in analyze("verify", str(unit)).stderr, "so the verdict above means something"


def test_systemd_finds_little_exposed(unit: Path) -> None:
    if "--offline" not in analyze("--help").stdout:
        pytest.skip("this systemd judges no unit that is not installed")
    # In tenths, of 100 for a unit without any protection.
    result = analyze("security", "--offline=true", "--threshold=20", str(unit))
    assert result.returncode == 0, result.stdout.splitlines()[-2:]

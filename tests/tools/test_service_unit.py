"""The systemd units, judged by systemd itself."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from paige.device.config.document import is_secret
from paige.device.config.key import leaves
from paige.device.config.schema import Config

UNITS = Path(__file__).parents[2] / "firmware-configs" / "systemd"
SERVICES = sorted(UNITS.glob("*.service"))
EVERY = sorted(path for path in UNITS.parent.rglob("*.service") if path.parent.name in ("systemd", "jetson"))
"""Those of the machine; a user's session has a manager that can do less, and avahi's are no units."""
SECRETS = [leaf.credential for leaf in leaves(Config) if is_secret(leaf)]
MOST_EXPOSED = 16
"""Tenths, of 100 for a unit without any protection."""

needs_systemd = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="needs systemd-analyze (Debian's package systemd)"
)


@pytest.fixture
def units(tmp_path: Path) -> Path:
    """All of them, with a program that exists here: systemd asks for that."""
    shutil.copytree(UNITS, tmp_path / "units")
    true = shutil.which("true") or "/bin/true"
    for unit in (tmp_path / "units").rglob("*.service"):
        unit.write_text(re.sub(r"/\S+/paige(?= )", true, unit.read_text()))
    return tmp_path / "units"


def analyze(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["systemd-analyze", *map(str, arguments)], capture_output=True, text=True, timeout=60, check=False
    )


@needs_systemd
def test_systemd_understands_every_line(units: Path) -> None:
    every = [*sorted(units.glob("*.service")), *sorted(units.glob("*.timer"))]
    assert len(every) >= len(SERVICES)
    result = analyze("verify", *every)
    assert "paige" not in result.stderr + result.stdout
    unit = units / "paige.service"
    unit.write_text(unit.read_text().replace("ProtectClock=", "ProtectClocks="))
    assert "ProtectClocks" in analyze("verify", unit).stderr, "so the verdict above means something"


@needs_systemd
def test_systemd_understands_the_unit_of_a_session(units: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(units))
    unit = units / "user" / "paige.service"
    result = analyze("verify", "--user", unit)
    assert "paige" not in result.stderr + result.stdout
    unit.write_text(unit.read_text().replace("UMask=", "UMasks="))
    assert "UMasks" in analyze("verify", "--user", unit).stderr


@needs_systemd
@pytest.mark.parametrize("service", EVERY, ids=lambda path: path.name)
def test_systemd_finds_little_exposed(tmp_path: Path, service: Path) -> None:
    if "--offline" not in analyze("--help").stdout:
        pytest.skip("this systemd judges no unit that is not installed")
    unit = tmp_path / service.name
    unit.write_text(re.sub(r"(?m)^(Exec\w+=)/\S+/paige\S*", r"\1/bin/true", service.read_text()))

    def judged() -> subprocess.CompletedProcess[str]:
        return analyze("security", "--offline=true", f"--threshold={MOST_EXPOSED}", unit)

    assert judged().returncode == 0, judged().stdout.splitlines()[-2:]
    unit.write_text(unit.read_text().replace("NoNewPrivileges=", "# ").replace("ProtectSystem=", "# "))
    unit.write_text(unit.read_text().replace("CapabilityBoundingSet=", "# ").replace("DynamicUser=", "# "))
    assert judged().returncode != 0, "so the verdict above means something"


def preset(root: Path) -> set[str]:
    """What a new machine with these units has switched on after its first boot."""
    command = ["systemctl", f"--root={root}", "preset-all"]
    subprocess.run(command, capture_output=True, timeout=60, check=True)
    return {link.name for link in (root / "etc/systemd/system").rglob("*.wants/*")}


@pytest.mark.skipif(shutil.which("systemctl") is None, reason="needs systemctl (Debian's package systemd)")
def test_a_new_machine_switches_the_service_on_and_no_satellite(tmp_path: Path) -> None:
    vendor = tmp_path / "usr/lib/systemd"
    shutil.copytree(UNITS, vendor / "system")
    assert {"paige.service", "paige-satellite.service"} <= preset(tmp_path), "without the preset"
    shutil.rmtree(tmp_path / "etc/systemd/system")
    (vendor / "system-preset").mkdir()
    shutil.move(vendor / "system/80-paige.preset", vendor / "system-preset")
    assert preset(tmp_path) == {"paige.service"}


@pytest.mark.parametrize("service", ["paige.service", "paige-satellite.service"])
def test_what_an_owner_wrote_on_the_card_is_taken_over_before_a_service_starts(service: str) -> None:
    text = (UNITS / service).read_text()
    assert "Wants=paige-provision.service\n" in text
    assert re.search(
        r"(?m)^Before=.*\b" + re.escape(service), (UNITS / "paige-provision.service").read_text()
    )
    # A file that LoadCredential= names and that is not there would keep the service from starting.
    loaded, instead = (re.findall(rf"(?m)^{kind}Credential=(\w+):(.+)$", text) for kind in ("Load", "Set"))
    assert loaded == [(name, f"/etc/paige/{name}") for name in SECRETS]
    assert instead == [(name, r"\n") for name, _ in loaded]


def test_a_satellite_is_protected_as_the_service_is() -> None:
    hardening = [
        (UNITS / name).read_text().partition("# A user of its own")[2].partition("[Install]")[0]
        for name in ("paige.service", "paige-satellite.service")
    ]
    assert hardening[0].count("\n") > 20
    assert hardening[0] == hardening[1]


def test_a_session_is_protected_by_what_its_manager_can_do() -> None:
    of_machine, of_session = (
        set((UNITS / name).read_text().splitlines()) for name in ("paige.service", "user/paige.service")
    )
    missing = {line.partition("=")[0] for line in of_machine - of_session if re.match(r"[A-Z]\w+=", line)}
    # A user's manager makes no users, filters no addresses, chooses no devices and no folders of the system.
    assert missing == {
        *("After", "CapabilityBoundingSet", "ConfigurationDirectory", "DeviceAllow", "DevicePolicy"),
        *("DynamicUser", "Environment", "IPAddressAllow", "IPAddressDeny", "OnFailure", "PrivateIPC"),
        *(
            "PrivateTmp",
            "PrivateUsers",
            "ProtectClock",
            "ProtectControlGroups",
            "ProtectHome",
            "ProtectHostname",
        ),
        *(
            "ProtectKernelLogs",
            "ProtectKernelModules",
            "ProtectKernelTunables",
            "ProtectProc",
            "ProtectSystem",
        ),
        *("StateDirectory", "SupplementaryGroups", "WantedBy"),
        *("LoadCredential", "SetCredential", "Wants"),  # secrets of root, and a card that root reads
    }

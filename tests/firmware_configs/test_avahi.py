"""What avahi tells the network, against avahi's own definition of these files."""

import shutil
import subprocess
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from paige.device.config.reference import reference
from paige.device.satellites.address import parse_address

SERVICES = sorted((Path(__file__).parents[2] / "firmware-configs" / "avahi").glob("*.service"))
DEFINITION = Path("/usr/share/avahi/avahi-service.dtd")


@pytest.mark.skipif(
    shutil.which("xmllint") is None or not DEFINITION.exists(),
    reason="needs xmllint and avahi's definition (apt-get install libxml2-utils avahi-daemon)",
)
@pytest.mark.parametrize("service", SERVICES, ids=lambda file: file.stem)
def test_avahi_takes_it(service: Path, tmp_path: Path) -> None:
    def valid(text: str) -> bool:
        (tmp_path / service.name).write_text(text)
        command = [
            "xmllint",
            "--noout",
            "--nonet",
            "--dtdvalid",
            str(DEFINITION),
            str(tmp_path / service.name),
        ]
        return subprocess.run(command, capture_output=True, check=False).returncode == 0

    text = service.read_text()
    assert valid(text)
    assert not valid(text.replace("port>", "ports>"))


def test_the_ports_are_those_of_the_configuration() -> None:
    ports = {file.stem: int(ET.parse(file).findtext("service/port", "")) for file in SERVICES}
    assert ports.pop("paige-satellite") == parse_address("pi.local").port
    said = reference()
    assert f"wyoming_port: null  # such as {ports.pop('paige-wyoming')}" in said
    assert f"0.0.0.0:{ports.pop('paige-page')}" in said
    assert ports == {}

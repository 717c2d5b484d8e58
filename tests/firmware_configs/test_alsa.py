"""The shared sound card, as ALSA's own programs read it: without a card they get as far as its name."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

CONF = Path(__file__).parents[2] / "firmware-configs" / "alsa" / "asound.conf"
SYSTEM = Path("/usr/share/alsa/alsa.conf")

pytestmark = pytest.mark.skipif(
    shutil.which("arecord") is None or not SYSTEM.exists(),
    reason="needs arecord (apt-get install alsa-utils)",
)


def run(folder: Path, text: str, *command: str) -> str:
    """What a program of ALSA says where this is /etc/asound.conf."""
    conf = folder / "alsa.conf"
    conf.write_text(f"<{SYSTEM}>\n{text}")
    environ = {**os.environ, "ALSA_CONFIG_PATH": str(conf), "HOME": str(folder), "LC_ALL": "C"}
    result = subprocess.run(
        command, env=environ, capture_output=True, text=True, cwd=folder, timeout=10, check=False
    )
    return result.stdout + result.stderr


def test_the_devices_are_listed(tmp_path: Path) -> None:
    text = CONF.read_text()
    for program, device in (("arecord", "microphone"), ("aplay", "loudspeaker")):
        assert f"\n{device}\n    The {device}, for several programs\n" in run(tmp_path, text, program, "-L")


@pytest.mark.parametrize("device", ["default", "microphone", "microphone_shared"])
def test_recording_leads_to_the_card(tmp_path: Path, device: str) -> None:
    assert "ReSpeaker2Mic" in run(tmp_path, CONF.read_text(), "arecord", "-D", device, "-d", "1", "x.wav")


@pytest.mark.parametrize("device", ["default", "loudspeaker", "loudspeaker_shared"])
def test_playing_leads_to_the_card(tmp_path: Path, device: str) -> None:
    text = CONF.read_text()
    command = ("aplay", "-D", device, "-d", "1", "-f", "cd", "/dev/zero")
    assert "ReSpeaker2Mic" in run(tmp_path, text, *command)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("type dsnoop", "type dsnoops", "dsnoops"),
        ('"microphone_shared"', '"microphone_alone"', "microphone_alone"),
        ("buffer_time 200000\n\t}\n}\npcm.loud", "buffer_time 200000\n\t}\npcm.loud", ""),
    ],
)
def test_a_mistake_is_noticed(tmp_path: Path, old: str, new: str, said: str) -> None:
    text = CONF.read_text()
    assert old in text
    complaint = run(tmp_path, text.replace(old, new), "arecord", "-D", "default", "-d", "1", "x.wav")
    assert said in complaint
    assert "card index for ReSpeaker2Mic" not in complaint

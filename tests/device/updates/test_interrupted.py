"""The power may go at any moment of an update: the machine boots something whole, and ends what was begun."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.device.updates.scene import LAUNCHER

ROOT = Path(__file__).parents[3]
if not LAUNCHER.is_file():
    pytest.skip("the launcher is not where a checkout has it", allow_module_level=True)


def attempts(how: str, every: int) -> list[dict[str, Any]]:
    paths = [str(ROOT), *(path for path in sys.path if path.endswith(".src"))]
    ended = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("interruption.py")), how, str(every)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    found = [json.loads(line) for line in ended.stdout.splitlines()]
    assert len(found) > 10
    assert not found[-1]["cut"]
    assert all(one["cut"] for one in found[:-1])
    return found


@pytest.mark.parametrize(
    ("how", "every", "may_boot", "at_last"),
    [
        ("passes", 5, {"0.3.0", "0.4.0"}, {"0.3.0", "0.4.0"}),
        ("fails", 3, {"0.3.0", "0.4.0", "0.1.0"}, {"0.3.0"}),
        ("recovers", 1, {"0.3.0", "0.4.0", "0.1.0"}, {"0.3.0"}),
    ],
)
def test_whenever_the_power_goes(how: str, every: int, may_boot: set[str], at_last: set[str]) -> None:
    found = attempts(how, every)
    # What is installed is started for a moment, where the new one has failed and the link still names it.
    for one in found:
        assert "error" not in one, one
        assert one["after_cut"]["boots"] in may_boot, one
        assert one["after_cut"]["faults"] == [], one
        booted = one["booted"]
        assert (booted["trial"], booted["faults"]) == (None, []), one
        assert booted["boots"] in at_last, one
        recovered = one["recovered"]
        assert recovered["boots"] in at_last, one
        assert (recovered["trial"], recovered["faults"], recovered["left"]) == (None, [], []), one
        if recovered["failed"]:
            assert recovered["boots"] == "0.3.0", one
    switched = [one["at"] for one in found if one["after_cut"]["boots"] == "0.4.0"]
    assert switched, "it was cut off after the switch, too"
    left_open = [one for one in found if one["after_cut"]["trial"] is not None]
    assert left_open, "and what starts with the machine had to end it"
    if how == "passes":
        assert found[-1]["recovered"]["boots"] == "0.4.0"
        assert all(one["recovered"]["boots"] == "0.4.0" for one in found if one["at"] >= switched[0]), (
            "what does what it should is kept, whenever it was cut off"
        )
        assert all(one["next"]["boots"] == "0.4.0" for one in found), "the next run takes it"
    else:
        assert found[-1]["recovered"]["failed"] == ["0.4.0"]
        assert all(one["next"]["boots"] == "0.3.0" for one in found)
        assert all(one["next"]["failed"] == ["0.4.0"] for one in found)

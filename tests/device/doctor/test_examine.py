"""A check that breaks, hangs or prints is a finding, never an accident."""

import os
import signal
import time
from pathlib import Path

import pytest

from paige.device.config.load import Loaded, load
from paige.device.config.secret import Secret
from paige.device.doctor.examine import examine
from paige.device.doctor.finding import Check, Finding, Verdict, ok

DEFAULTS = load(Path(os.devnull), {})


def check(run: object, seconds: float = 20) -> Finding:
    assert callable(run)
    return examine(Check("test", seconds, run), DEFAULTS)


def test_a_finding_comes_back_as_it_is() -> None:
    assert check(lambda _: ok("fine")) == Finding(Verdict.OK, "fine")


def test_a_check_that_raises_is_wrong_and_says_what_it_stumbled_over() -> None:
    def raises(_: Loaded) -> Finding:
        raise OSError("no such device")

    finding = check(raises)
    assert finding.verdict is Verdict.WRONG
    assert "no such device" in finding.text


def test_a_check_that_crashes_in_c_is_wrong_and_nothing_else_is_hurt() -> None:
    finding = check(lambda _: os.kill(os.getpid(), signal.SIGKILL))
    assert finding.verdict is Verdict.WRONG
    assert "crashed" in finding.text


def test_a_check_that_hangs_is_ended_in_time() -> None:
    before = time.monotonic()
    finding = check(lambda _: time.sleep(60), seconds=0.2)
    assert finding.verdict is Verdict.WRONG
    assert "0.2 seconds" in finding.text
    assert time.monotonic() - before < 10


def test_what_a_library_prints_reaches_nobody(capfd: pytest.CaptureFixture[str]) -> None:
    def prints(_: Loaded) -> Finding:
        os.write(1, b"ALSA lib")
        os.write(2, b"ALSA lib")
        return ok("fine")

    assert check(prints).verdict is Verdict.OK
    assert capfd.readouterr() == ("", "")


def test_a_secret_in_an_error_is_masked() -> None:
    def raises(_: Loaded) -> Finding:
        raise ValueError(f"refused {Secret('hunter2').reveal()}")

    assert check(raises).text.endswith("ValueError: refused ***")

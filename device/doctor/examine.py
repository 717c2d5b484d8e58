"""Runs a check where it can do no harm: in a process of its own, quiet, and for so long and no longer.

A sound library may print, hang or crash in C; none of that may reach the person who asked what is wrong.
"""

import contextlib
import multiprocessing
import os
from multiprocessing.connection import Connection

from paige.device.config.load import Loaded
from paige.device.config.secret import redact
from paige.device.doctor.finding import Check, Finding, wrong

_FORK = multiprocessing.get_context("fork")


def examine(check: Check, loaded: Loaded) -> Finding:
    """What a check finds; that it crashed or took too long is a finding as well."""
    receiving, sending = _FORK.Pipe(duplex=False)
    process = _FORK.Process(target=_examine, args=(check, loaded, sending), daemon=True)
    process.start()
    sending.close()
    try:
        if not receiving.poll(check.seconds):
            return wrong(
                f"no answer within {check.seconds:g} seconds", "see whether the device or server hangs"
            )
        finding: Finding = receiving.recv()
    except EOFError:
        process.join(1)
        return wrong(
            f"the check itself crashed (exit status {process.exitcode})",
            "a library or driver below is broken; reinstall or update it",
        )
    finally:
        process.kill()
        process.join(1)
        receiving.close()
    return finding


def _examine(check: Check, loaded: Loaded, sending: Connection) -> None:
    silence = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(silence, standard)
    try:
        finding = check.run(loaded)
    except Exception as error:  # noqa: BLE001  # whatever a check stumbles over is what the person has to know
        text = redact(" ".join(str(error).split())) or "no reason given"
        finding = wrong(f"the check itself failed: {type(error).__name__}: {text}", "see what it names")
    with contextlib.suppress(BrokenPipeError):
        sending.send(finding)

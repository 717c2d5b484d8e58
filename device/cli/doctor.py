"""`paige doctor`: is this machine ready, and if not, what is to be done?"""

import json
import os
import sys
from argparse import ArgumentParser, BooleanOptionalAction, Namespace
from collections.abc import Iterator, Sequence
from pathlib import Path

from paige.device.cli.command import Subcommand
from paige.device.config.load import Loaded, load
from paige.device.doctor.examine import examine
from paige.device.doctor.finding import Check, Finding, Verdict, ok, wrong
from paige.device.doctor.rounds import CHECKS, OF_SATELLITE
from paige.device.errors import ConfigInvalid
from paige.device.install.plan import is_satellite
from paige.device.service_state import state_of_service
from paige.device.show import Style

_DESCRIPTION = """\
Looks at what Paige needs: configuration, broker, devices, models, microphone, loudspeaker, memory,
clock and disk; or what a satellite needs, on a board where paige-satellite.service is switched on.
Each gets a line: ok, warning (Paige works with less) or wrong, and what to do about it.
The exit status is 1 where anything is wrong.

examples:
  paige doctor
  paige doctor --config paige.yaml --json"""

_COLOURS = {Verdict.OK: "green", Verdict.WARNING: "yellow", Verdict.WRONG: "red"}


def _configure(parser: ArgumentParser) -> None:
    parser.add_argument("--config", type=Path, metavar="FILE", help="instead of the file that is found")
    parser.add_argument(
        "--satellite",
        action=BooleanOptionalAction,
        help="look at what a satellite needs (default: where this board is one)",
    )
    parser.add_argument("--json", action="store_true", help="one JSON object, for programs")


def _run(arguments: Namespace) -> int:
    findings: list[tuple[str, Finding]] = []
    style = Style.of(sys.stdout)
    satellite = is_satellite() if arguments.satellite is None else arguments.satellite
    for name, finding in _findings(arguments.config, OF_SATELLITE if satellite else CHECKS):
        findings.append((name, finding))
        if not arguments.json:
            sys.stdout.write(line_of(name, finding, style))
            sys.stdout.flush()
    healthy = all(finding.verdict is not Verdict.WRONG for _, finding in findings)
    if arguments.json:
        sys.stdout.write(_json(findings, healthy))
    return 0 if healthy else 1


def _findings(path: Path | None, checks: Sequence[Check]) -> Iterator[tuple[str, Finding]]:
    """What is found, each as soon as it is; with defaults in place of a configuration that is broken."""
    try:
        with state_of_service(os.environ) as environ:
            loaded = load(path, environ)
    except ConfigInvalid as error:
        first, *more = str(error).splitlines()
        further = f" (and {len(more)} more; paige config check lists them)" if more else ""
        yield "config", wrong(first + further, "correct it; below, the defaults were taken")
        loaded = _load_defaults()
    else:
        yield "config", ok(str(loaded.path) if loaded.path else "no file; the defaults apply")
    for check in checks:
        yield check.name, examine(check, loaded)


def _load_defaults() -> Loaded:
    """What is in effect without any file and variable."""
    return load(Path(os.devnull), {})


def line_of(name: str, finding: Finding, style: Style) -> str:
    """A finding as a line for a person."""
    remedy = f". {finding.remedy[:1].upper()}{finding.remedy[1:]}." if finding.remedy else ""
    verdict = style.paint(f"{finding.verdict:<8}", _COLOURS[finding.verdict])
    return f"{verdict} {name:<11} {finding.text}{remedy}\n"


def _json(findings: list[tuple[str, Finding]], healthy: bool) -> str:
    rows = [
        {"check": name, "verdict": str(finding.verdict), "text": finding.text, "remedy": finding.remedy}
        for name, finding in findings
    ]
    return json.dumps({"healthy": healthy, "findings": rows}, ensure_ascii=False) + "\n"


COMMAND = Subcommand("doctor", "say what is wrong here and what to do", _DESCRIPTION, _configure, _run)

"""Gathers what the package is made of: Paige's wheel, and those of its libraries for another processor."""

import hashlib
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from paige.device.install.program import Program, gather
from paige.tools.check_wheels import PURE_SOURCES, requirements, wheel_options
from paige.tools.deb.contents import PROCESSORS, SUITES, Suite
from paige.tools.deb.running import alone_in, run

ROOT: Final = Path(__file__).resolve().parents[2]
"""The checkout."""
CACHE: Final = ROOT / ".cache" / "deb"


def program_for(suite_name: str, arch: str, work: Path) -> Program:
    """The program of this checkout, for the Python of a suite on a processor.

    Args:
        suite_name: One of `SUITES`.
        arch: One of `PROCESSORS`.
        work: A folder of which nothing is kept, in which nobody else may be at work.

    Raises:
        PackageNotMade: pip or hatchling did not succeed.
    """
    suite = SUITES[suite_name]
    shutil.rmtree(work, ignore_errors=True)
    libraries = fetched(CACHE, suite.python, PROCESSORS[arch], (), "--no-compile")
    return gather([str(_own(work)), str(libraries)], suite.python, _markers(suite, arch))


def _own(work: Path) -> Path:
    """Paige itself, as its wheel holds it."""
    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(work / "wheel"), folder=ROOT)
    [wheel] = (work / "wheel").glob("*.whl")
    _pip("install", "--no-deps", "--no-compile", "--target", str(work / "own"), str(wheel))
    return work / "own"


def fetched(cache: Path, python: str, processor: str, extras: Sequence[str], *how: str) -> Path:
    """What Paige needs, for a Python and a processor; fetched once for each list of requirements.

    Args:
        cache: Where its folder is made, which holds them as `pip install --target` leaves them.
        python: Such as `3.11`.
        processor: As wheels name it, such as `aarch64`.
        extras: Of Paige, whose requirements come with it.
        how: Further options for `pip install`.

    Raises:
        PackageNotMade: pip did not succeed.
    """
    wanted = requirements(list(extras))
    key = hashlib.sha256("\n".join(sorted(wanted)).encode()).hexdigest()[:12]
    made = cache / f"{python}-{processor}-{key}"
    with alone_in(made):
        if made.exists():
            return made
        print(f"fetching wheels for Python {python} on {processor}, once", file=sys.stderr)
        fresh, pure = made.with_suffix(f"{made.suffix}.new"), made.with_suffix(f"{made.suffix}.pure")
        for folder in (fresh, pure):
            shutil.rmtree(folder, ignore_errors=True)
        _pip("wheel", "--no-deps", "--wheel-dir", str(pure), *PURE_SOURCES)
        _pip("install", *how, "--target", str(fresh), *wheel_options(python, processor, pure), *wanted)
        shutil.rmtree(pure)
        return fresh.rename(made)


def _markers(suite: Suite, arch: str) -> dict[str, str]:
    """What requirements ask of the machine that the package is for."""
    return {
        "implementation_name": "cpython",
        "implementation_version": f"{suite.python}.0",
        "os_name": "posix",
        "platform_machine": PROCESSORS[arch],
        "platform_python_implementation": "CPython",
        "platform_release": "",
        "platform_system": "Linux",
        "platform_version": "",
        "python_full_version": f"{suite.python}.0",
        "python_version": suite.python,
        "sys_platform": "linux",
    }


def _pip(*arguments: str) -> None:
    run(sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet", *arguments)

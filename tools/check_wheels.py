"""Shows what Paige needs at run time to have wheels for every Python and processor that it names.

    python3 tools/check_wheels.py [EXTRA...]

Asks pip's resolver, which downloads no more than it must, what it would install from wheels alone, and prints
a table. Exit status 1 where something has no wheel that is known to have one.
"""

import json
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

PYTHONS = ("3.11", "3.12", "3.13")  # Debian 12 and Raspberry Pi OS 12; Ubuntu 24.04; Debian 13
PROCESSORS = ("x86_64", "aarch64")
_GLIBC_OF_DEBIAN_12 = 36  # the oldest C library among these systems: 2.36
# Libraries that publish no wheel. They hold no compiled code, so pip makes a wheel of them anywhere.
PURE_SOURCES = ("srt",)
# What has no wheel there; the launcher sees to a compiler for it.
_COMPILED = {("3.12", "aarch64"): ("pocketsphinx",)}


def main(extras: list[str]) -> int:
    """Print the table and give the exit status."""
    wanted = requirements(extras)
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder)
        for name in PURE_SOURCES:
            _pip("wheel", "--no-deps", "--wheel-dir", folder, name)
        if compiled := [wheel.name for wheel in made.iterdir() if not wheel.name.endswith("-none-any.whl")]:
            print(f"not pure Python any more: {', '.join(compiled)}")
            return 1
        found: dict[tuple[str, str], dict[str, str]] = {}
        for python in PYTHONS:
            for processor in PROCESSORS:
                try:
                    found[python, processor] = _resolve(wanted, python, processor, made)
                except _NoWheel as problem:
                    print(f"Python {python} on {processor}: {problem}")
                    found[python, processor] = {}
    _print_table(found)
    return 0 if all(found.values()) else 1


class _NoWheel(Exception):
    """Something has no wheel; the text is pip's."""


def requirements(extras: list[str]) -> list[str]:
    """What `pyproject.toml` asks for, with these extras."""
    project = tomllib.loads((Path(__file__).resolve().parents[1] / "pyproject.toml").read_text())["project"]
    wanted: list[str] = list(project["dependencies"])
    for extra in extras:
        wanted += project["optional-dependencies"][extra]
    return [line for line in wanted if not line.startswith("paige")]


def _pip(*arguments: str) -> str:
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet", *arguments]
    result = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 # our own words
    if result.returncode:
        errors = [line for line in result.stderr.splitlines() if line.startswith("ERROR")]
        raise _NoWheel((errors or [result.stderr])[-1])
    return result.stdout


def wheel_options(python: str, processor: str, made: Path) -> tuple[str, ...]:
    """What makes pip take wheels for another Python and processor, or those in the folder `made`."""
    # pip knows that a system with one C library runs wheels for older ones only where each is named.
    glibc = [f"manylinux_2_{minor}_{processor}" for minor in range(_GLIBC_OF_DEBIAN_12, 4, -1)]
    platforms = [*glibc, *(f"{old}_{processor}" for old in ("manylinux2014", "manylinux2010", "manylinux1"))]
    return (
        "--only-binary=:all:", "--find-links", str(made), "--implementation=cp", "--python-version", python,
        *(word for platform in platforms for word in ("--platform", platform)),
    )  # fmt: skip


def _resolve(wanted: list[str], python: str, processor: str, made: Path) -> dict[str, str]:
    """Each library that would be installed, with its version; a compiled one is marked."""
    compiled = _COMPILED.get((python, processor), ())
    report = _pip(
        "install", "--dry-run", "--ignore-installed", "--report", "-", "--target", str(made / "nowhere"),
        *wheel_options(python, processor, made),
        *(line for line in wanted if not line.startswith(compiled)),
    )  # fmt: skip
    versions = dict.fromkeys(compiled, "from source")
    for item in json.loads(report)["install"]:
        wheel = item["download_info"]["url"].rsplit("/", 1)[-1]
        mark = "" if wheel.endswith("-none-any.whl") else " *"
        versions[item["metadata"]["name"].lower()] = item["metadata"]["version"] + mark
    return versions


def _print_table(found: dict[tuple[str, str], dict[str, str]]) -> None:
    columns = list(found)
    print(" " * 22 + "".join(f"{f'{python} {processor}':<16}" for python, processor in columns))
    for name in sorted({name for libraries in found.values() for name in libraries}):
        print(f"{name:<22}" + "".join(f"{found[column].get(name, '—'):<16}" for column in columns))
    print("* compiled for that machine; the others run on any")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

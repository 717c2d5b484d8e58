"""Gathers wheels, lays the package out as a folder, and has dpkg-deb pack it."""

import gzip
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from paige.device.install.program import Program, gather
from paige.tools.check_wheels import PURE_SOURCES, requirements, wheel_options
from paige.tools.deb.contents import (
    DEBIAN,
    MAINTAINER,
    PROCESSORS,
    SUITES,
    Suite,
    changelog,
    control,
    copyright_file,
    maintainer_script,
)

ROOT: Final = Path(__file__).resolve().parents[2]
"""The checkout."""
_CACHE: Final = ROOT / ".cache" / "deb"
_PROGRAM: Final = "usr/lib/paige/program"
_UNITS: Final = "usr/lib/systemd/system"


class PackageNotMade(Exception):
    """The package could not be made; the text says why."""


def build(
    suite_name: str,
    arch: str,
    out: Path,
    *,
    revision: int = 1,
    maintainer: str = MAINTAINER,
    packing: str = "xz",
) -> Path:
    """Make the package and give its file.

    Args:
        suite_name: One of `SUITES`.
        arch: One of `PROCESSORS`.
        out: The folder where it is put.
        revision: Counts packages of one version of Paige.
        maintainer: Whose package it is, as `Name <address>`.
        packing: How dpkg-deb compresses it; `none` is quick.

    Raises:
        PackageNotMade: pip, hatchling or dpkg-deb did not succeed.
    """
    suite = SUITES[suite_name]
    epoch = int(
        os.environ.get("SOURCE_DATE_EPOCH") or _run("git", "-C", str(ROOT), "log", "-1", "--format=%ct")
    )
    work = _CACHE / "work" / f"{suite_name}-{arch}"
    shutil.rmtree(work, ignore_errors=True)
    program = gather([str(_own(work)), str(_libraries(suite, arch))], suite.python, _markers(suite, arch))
    version = f"{program.version}+deb{suite.number}u{revision}"
    tree = work / "tree"
    _lay_out(tree, program)
    units = sorted(path.name for path in (tree / _UNITS).iterdir())
    documents = tree / "usr/share/doc/paige"
    _write(documents / "copyright", copyright_file(program.libraries).encode())
    _write(
        documents / "changelog.gz",
        gzip.compress(changelog(version, suite_name, epoch, maintainer).encode(), mtime=0),
    )
    _write(tree / "usr/share/lintian/overrides/paige", (DEBIAN / "lintian-overrides").read_bytes())
    files = sorted(path for path in tree.rglob("*") if path.is_file())
    size = sum(path.stat().st_size for path in files)
    sums = [
        f"{hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()}  {path.relative_to(tree)}\n"
        for path in files
    ]
    _write(tree / "DEBIAN/md5sums", "".join(sums).encode())
    _write(tree / "DEBIAN/control", control(version, arch, suite, size, maintainer).encode())
    for name in ("preinst", "postinst", "prerm", "postrm"):
        _write(tree / "DEBIAN" / name, maintainer_script(name, suite, units).encode(), 0o755)
    return _pack(tree, out / f"paige_{version}_{arch}.deb", epoch, packing)


def _own(work: Path) -> Path:
    """Paige itself, as its wheel holds it."""
    _run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(work / "wheel"), folder=ROOT)
    [wheel] = (work / "wheel").glob("*.whl")
    _pip("install", "--no-deps", "--no-compile", "--target", str(work / "own"), str(wheel))
    return work / "own"


def _libraries(suite: Suite, arch: str) -> Path:
    """What Paige needs, for that Python and processor; fetched once for each list of requirements."""
    wanted = requirements([])
    key = hashlib.sha256("\n".join(sorted(wanted)).encode()).hexdigest()[:12]
    made = _CACHE / f"{suite.python}-{arch}-{key}"
    if made.exists():
        return made
    print(f"deb: fetching wheels for Python {suite.python} on {arch}, once", file=sys.stderr)
    fresh, pure = made.with_suffix(f"{made.suffix}.new"), made.with_suffix(f"{made.suffix}.pure")
    for folder in (fresh, pure):
        shutil.rmtree(folder, ignore_errors=True)
    _pip("wheel", "--no-deps", "--wheel-dir", str(pure), *PURE_SOURCES)
    options = wheel_options(suite.python, PROCESSORS[arch], pure)
    _pip("install", "--no-compile", "--target", str(fresh), *options, *wanted)
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


def _lay_out(tree: Path, program: Program) -> None:
    """The program, the command and the units where they belong."""
    for member in program.members:
        path = tree / _PROGRAM / member.path
        data = member.source if isinstance(member.source, bytes) else member.source.read_bytes()
        _write(path, data, member.mode)
    firmware = ROOT / "firmware-configs"
    _write(tree / "usr/bin/paige", (firmware / "launcher" / "paige").read_bytes(), 0o755)
    for unit in _units(firmware / "systemd"):
        _write(tree / _UNITS / unit.name, unit.read_bytes())
    for unit in _units(firmware / "systemd" / "user"):
        _write(tree / "usr/lib/systemd/user" / unit.name, unit.read_bytes())
    for preset in (firmware / "systemd").glob("*.preset"):
        _write(tree / "usr/lib/systemd/system-preset" / preset.name, preset.read_bytes())


def _units(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.iterdir()) if path.suffix in (".service", ".timer"))


def _pack(tree: Path, package: Path, epoch: int, packing: str) -> Path:
    """The same bytes for the same tree, whenever and wherever it is packed."""
    for path in (tree, *tree.rglob("*")):
        if path.is_dir():
            path.chmod(0o755)
        os.utime(path, (epoch, epoch))
    package.parent.mkdir(parents=True, exist_ok=True)
    environment = {**os.environ, "SOURCE_DATE_EPOCH": str(epoch)}
    words = ("dpkg-deb", "--root-owner-group", f"-Z{packing}", "--build", str(tree), str(package))
    _run(*words, environment=environment)
    return package


def _write(path: Path, data: bytes, mode: int = 0o644) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    path.chmod(mode)


def _pip(*arguments: str) -> None:
    _run(sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet", *arguments)


def _run(*words: str, folder: Path | None = None, environment: dict[str, str] | None = None) -> str:
    try:
        ended = subprocess.run(  # noqa: S603 # our own words
            words, cwd=folder, env=environment, capture_output=True, text=True, check=False
        )
    except FileNotFoundError as error:
        raise PackageNotMade(f"{words[0]} is missing; on Debian: apt-get install dpkg git") from error
    if ended.returncode:
        raise PackageNotMade(f"{' '.join(words[:6])} … did not succeed:\n{ended.stderr or ended.stdout}")
    return ended.stdout.strip()

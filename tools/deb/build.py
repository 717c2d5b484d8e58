"""Lays the package out as a folder, and has dpkg-deb pack it."""

import gzip
import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from paige.device.install.plan import FIRMWARE
from paige.device.install.program import Program
from paige.tools.deb.contents import (
    DEBIAN,
    MAINTAINER,
    SUITES,
    changelog,
    control,
    copyright_file,
    maintainer_script,
)
from paige.tools.deb.gathering import ROOT
from paige.tools.deb.running import run

_PROGRAM: Final = "usr/lib/paige/program"
_UNITS: Final = "usr/lib/systemd/system"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which package is to be made."""

    suite: str
    """One of `SUITES`."""
    arch: str
    """One of `PROCESSORS`."""
    epoch: int
    """The time of everything in it, in seconds since 1970."""
    revision: int = 1
    """Counts packages of one version of Paige."""
    maintainer: str = MAINTAINER
    """Whose package it is, as `Name <address>`."""
    packing: str = "xz"
    """How dpkg-deb compresses it; `none` is quick."""

    def version(self, program: Program) -> str:
        """As Debian counts: that of Paige, for this release."""
        return f"{program.version}+deb{SUITES[self.suite].number}u{self.revision}"


def time_of_checkout() -> int:
    """SOURCE_DATE_EPOCH, or the time of the last commit.

    Raises:
        PackageNotMade: This is no checkout.
    """
    given = os.environ.get("SOURCE_DATE_EPOCH")
    return int(given or run("git", "-C", str(ROOT), "log", "-1", "--format=%ct"))


def build(program: Program, wanted: Wanted, tree: Path, out: Path) -> Path:
    """Make the package and give its file.

    Args:
        program: What it holds.
        wanted: Which it is to be.
        tree: A folder that does not exist, for its files.
        out: The folder where it is put.

    Raises:
        PackageNotMade: dpkg-deb did not succeed.
    """
    _lay_out(tree, program)
    _document(tree, program, wanted)
    _describe(tree, program, wanted)
    return _pack(tree, out / f"paige_{wanted.version(program)}_{wanted.arch}.deb", wanted)


def _lay_out(tree: Path, program: Program) -> None:
    """The program, the command and the units where they belong."""
    for member in program.members:
        path = tree / _PROGRAM / member.path
        data = member.source if isinstance(member.source, bytes) else member.source.read_bytes()
        _write(path, data, member.mode)
    _write(tree / "usr/bin/paige", (FIRMWARE / "launcher" / "paige").read_bytes(), 0o755)
    for unit in _units(FIRMWARE / "systemd"):
        _write(tree / _UNITS / unit.name, unit.read_bytes())
    for unit in _units(FIRMWARE / "systemd" / "user"):
        _write(tree / "usr/lib/systemd/user" / unit.name, unit.read_bytes())
    for preset in (FIRMWARE / "systemd").glob("*.preset"):
        _write(tree / "usr/lib/systemd/system-preset" / preset.name, preset.read_bytes())


def _units(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.iterdir()) if path.suffix in (".service", ".timer"))


def _document(tree: Path, program: Program, wanted: Wanted) -> None:
    documents = tree / "usr/share/doc/paige"
    history = changelog(wanted.version(program), wanted.suite, wanted.epoch, wanted.maintainer)
    _write(documents / "copyright", copyright_file(program.libraries).encode())
    _write(documents / "changelog.gz", gzip.compress(history.encode(), mtime=0))
    _write(tree / "usr/share/lintian/overrides/paige", (DEBIAN / "lintian-overrides").read_bytes())


def _describe(tree: Path, program: Program, wanted: Wanted) -> None:
    """What dpkg reads."""
    suite = SUITES[wanted.suite]
    files = {path.relative_to(tree): path.read_bytes() for path in sorted(tree.rglob("*")) if path.is_file()}
    sums = [
        f"{hashlib.md5(data, usedforsecurity=False).hexdigest()}  {path}\n" for path, data in files.items()
    ]
    size = sum(len(data) for data in files.values())
    about = control(wanted.version(program), wanted.arch, suite, size, wanted.maintainer)
    units = sorted(path.name for path in (tree / _UNITS).iterdir())
    _write(tree / "DEBIAN/md5sums", "".join(sums).encode())
    _write(tree / "DEBIAN/control", about.encode())
    for name in ("preinst", "postinst", "prerm", "postrm"):
        _write(tree / "DEBIAN" / name, maintainer_script(name, suite, units).encode(), 0o755)


def _pack(tree: Path, package: Path, wanted: Wanted) -> Path:
    """The same bytes for the same tree, whenever and wherever it is packed."""
    for path in (tree, *tree.rglob("*")):
        if path.is_dir():
            path.chmod(0o755)
        os.utime(path, (wanted.epoch, wanted.epoch))
    package.parent.mkdir(parents=True, exist_ok=True)
    environment = {**os.environ, "SOURCE_DATE_EPOCH": str(wanted.epoch)}
    words = ("dpkg-deb", "--root-owner-group", f"-Z{wanted.packing}", "--build", str(tree), str(package))
    run(*words, environment=environment)
    return package


def _write(path: Path, data: bytes, mode: int = 0o644) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    path.chmod(mode)

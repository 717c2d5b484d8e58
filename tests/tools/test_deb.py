"""The Debian package, with a program of a few files; tools/deb/prove.sh installs the real one."""

import os
import shutil
import subprocess
import sys
from importlib.metadata import PathDistribution
from pathlib import Path, PurePosixPath

import pytest

from paige.device.install.program import Member, Program
from paige.tools.deb.build import Wanted, build
from paige.tools.deb.contents import DEBIAN, SUITES, copyright_file, maintainer_script
from paige.tools.deb.running import alone_in

needs_dpkg = pytest.mark.skipif(shutil.which("dpkg-deb") is None, reason="needs dpkg-deb")


def distribution(folder: Path, name: str, licence: str, text: str | None = None) -> PathDistribution:
    """What pip leaves of a library."""
    information = folder / f"{name}-1.0.dist-info"
    (information / "licenses").mkdir(parents=True)
    (information / "METADATA").write_text(f"Metadata-Version: 2.4\nName: {name}\nVersion: 1.0\n{licence}\n")
    record = [f"{information.name}/METADATA,,\n"]
    if text is not None:
        (information / "licenses/LICENSE").write_text(text)
        record.append(f"{information.name}/licenses/LICENSE,,\n")
    (information / "RECORD").write_text("".join(record))
    return PathDistribution(information)


@pytest.fixture
def program(tmp_path: Path) -> Program:
    site = tmp_path / "site"
    libraries = {
        "numbers": distribution(site, "numbers", "License-Expression: MIT", "Permission is granted."),
        "paige": distribution(
            site, "paige", "License-Expression: Apache-2.0", "TERMS AND CONDITIONS FOR USE\n" * 20
        ),
        "vosk": distribution(site, "vosk", "License: UNKNOWN"),
    }
    script = site / "script"
    script.write_text("#!/bin/sh\n")
    script.chmod(0o750)
    members = (
        Member(PurePosixPath("PYTHON"), b"3.13\n"),
        Member(PurePosixPath("paige/script"), script),
    )
    return Program("1.2.3", "3.13", members, libraries)


def package(program: Program, folder: Path, **more: int) -> Path:
    wanted = Wanted("trixie", "arm64", more.get("epoch", 1_700_000_000), packing="none")
    return build(program, wanted, folder / "tree", folder / "out")


def listed(*words: str | Path) -> str:
    return subprocess.run(["dpkg-deb", *words], check=True, capture_output=True, text=True).stdout


@needs_dpkg
def test_the_package_is_for_one_release_and_processor(program: Program, tmp_path: Path) -> None:
    made = package(program, tmp_path)
    assert made.name == "paige_1.2.3+deb13u1_arm64.deb"
    fields = listed("-f", made)
    assert "Architecture: arm64\n" in fields
    assert "Depends: python3 (>= 3.13), python3 (<< 3.14), libportaudio2, libatomic1," in fields


@needs_dpkg
def test_it_holds_the_program_the_command_and_the_units_for_all_to_read(
    program: Program, tmp_path: Path
) -> None:
    lines = listed("-c", package(program, tmp_path)).splitlines()
    modes = {line.split()[-1].removeprefix("."): line.split()[0] for line in lines}
    owners = {line.split()[1] for line in lines}
    assert owners == {"root/root"}
    assert modes["/usr/lib/paige/program/paige/script"] == "-rwxr-xr-x"
    assert modes["/usr/lib/paige/program/PYTHON"] == "-rw-r--r--"
    assert modes["/usr/bin/paige"] == "-rwxr-xr-x"
    for unit in ("paige.service", "paige-satellite.service", "paige-log-trim.timer"):
        assert modes[f"/usr/lib/systemd/system/{unit}"] == "-rw-r--r--"
    assert modes["/usr/lib/systemd/user/paige.service"] == "-rw-r--r--"
    assert {mode for path, mode in modes.items() if path.endswith("/")} == {"drwxr-xr-x"}


@needs_dpkg
def test_the_same_checkout_makes_the_same_bytes(program: Program, tmp_path: Path) -> None:
    first, again, later = (tmp_path / name for name in ("first", "again", "later"))
    assert package(program, first).read_bytes() == package(program, again).read_bytes()
    assert package(program, first / "x").read_bytes() != package(program, later, epoch=1).read_bytes()


def test_who_makes_the_same_package_waits_for_the_one_who_is_at_it(tmp_path: Path) -> None:
    work = tmp_path / "work" / "trixie-arm64"
    work.mkdir(parents=True)
    (work / "half").write_text("made")
    script = f"""
import pathlib, sys
from paige.tools.deb import gathering
gathering.CACHE = pathlib.Path({str(tmp_path)!r})
from paige.tools.deb.__main__ import main
sys.argv = ["deb", "--suite", "trixie", "--arch", "arm64", "--out", {str(tmp_path / "out")!r}]
main()
"""
    with alone_in(work):
        other = subprocess.Popen(
            [sys.executable, "-c", script],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            assert other.stderr is not None
            assert other.stderr.readline() == f"another one is at work in {work}; waiting for it\n"
            assert other.poll() is None
            assert (work / "half").read_text() == "made"
        finally:
            other.kill()
            other.communicate()


def test_copyright_names_each_licence_and_repeats_no_long_one(program: Program) -> None:
    text = copyright_file(program.libraries)
    for line in ("paige 1.0: Apache-2.0", "numbers 1.0: MIT", "vosk 1.0: Apache-2.0"):
        assert f"  {line}\n" in text
    assert "Permission is granted." in text
    assert "TERMS AND CONDITIONS" not in text


@pytest.mark.parametrize("name", ["preinst", "postinst", "prerm", "postrm"])
@pytest.mark.skipif(shutil.which("shellcheck") is None, reason="needs shellcheck")
def test_maintainer_scripts_are_sound(name: str, tmp_path: Path) -> None:
    script = tmp_path / name
    units = ("paige.service", "paige-log-trim.timer", "paige-log-trim.service")
    script.write_text(maintainer_script(name, SUITES["bookworm"], units))
    assert "@" not in script.read_text().replace("$@", "")
    checked = subprocess.run(["shellcheck", "-s", "sh", script], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout
    assert (DEBIAN / name).exists()


def test_what_starts_a_service_is_stopped_before_it() -> None:
    units = ("paige-update.service", "paige-update.timer", "paige.service")
    text = maintainer_script("prerm", SUITES["bookworm"], units)
    assert "in paige.service paige-update.timer paige-update.service;" in text

"""What stands in the package beside the program: how it describes itself, and whose licences it carries."""

import email.utils
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import Distribution
from pathlib import Path, PurePosixPath
from typing import Final

DEBIAN: Final = Path(__file__).parent / "debian"
"""The maintainer scripts."""
MAINTAINER: Final = "The Paige developers <paige@localhost>"
"""Where nobody else says that the package is theirs."""
ENABLED: Final = "paige.service"
"""What an installation switches on."""


@dataclass(frozen=True, slots=True)
class Suite:
    """A release of Debian; Raspberry Pi OS has the same ones."""

    number: int
    python: str
    """The Python that it has, for which the libraries are."""


SUITES: Final = {"bookworm": Suite(12, "3.11"), "trixie": Suite(13, "3.13")}
PROCESSORS: Final = {"amd64": "x86_64", "arm64": "aarch64"}
"""As Debian calls them, and as Python does."""
RESTARTED: Final = ("paige.service", "paige-satellite.service")
"""What an upgrade starts anew, where it is switched on."""

_UNSAID: Final = {"espeakng-loader": "GPL-3.0-or-later", "vosk": "Apache-2.0"}
"""Licences of libraries whose wheels do not say theirs; their repositories do."""
_LICENCE_TEXTS: Final = ("LICEN", "COPYING", "NOTICE")
_BESIDE: Final = ("TERMS AND CONDITIONS", "GNU GENERAL PUBLIC LICENSE", "GNU LESSER GENERAL PUBLIC LICENSE")
"""In the texts of the long licences, which every Debian has once."""
_LIBRARIES: Final = ("libportaudio2", "libatomic1", "libstdc++6", "libgcc-s1", "libc6 (>= 2.36)")
"""What compiled libraries load and no wheel brings along; check_wheels.py takes wheels for that libc."""


def control(version: str, arch: str, suite: Suite, size: int, maintainer: str) -> str:
    """The file `control`; `size` in bytes."""
    major, minor = suite.python.split(".")
    after = f"{major}.{int(minor) + 1}"
    return f"""\
Package: paige
Version: {version}
Architecture: {arch}
Maintainer: {maintainer}
Installed-Size: {-(-size // 1024)}
Depends: python3 (>= {suite.python}), python3 (<< {after}), {", ".join(_LIBRARIES)}
Recommends: ca-certificates
Suggests: mosquitto, alsa-utils
Section: sound
Priority: optional
Description: private voice assistant for a house, on one small board
 Paige understands speech and text, switches what speaks MQTT, and says
 whether that was done. Nothing leaves the house.
 .
 The package brings its Python libraries along, as they are newer than those
 of Debian. It starts the service paige; 'paige doctor' says what is missing,
 and 'paige provision' names the room, the microphone and the broker.
"""


def changelog(version: str, suite: str, epoch: int, maintainer: str) -> str:
    """The file `changelog`, which says that and points to the project's."""
    date = email.utils.formatdate(epoch)
    return (
        f"paige ({version}) {suite}; urgency=medium\n\n"
        "  * What changed is told in the project's CHANGELOG.md.\n\n"
        f" -- {maintainer}  {date}\n"
    )


def maintainer_script(name: str, suite: Suite, units: Sequence[str]) -> str:
    """One of the scripts that dpkg runs."""
    # Timers first: systemd warns where what starts a service is still there when that is stopped.
    others = sorted((unit for unit in units if unit != ENABLED), key=lambda unit: not unit.endswith(".timer"))
    words = {"@PYTHON@": suite.python, "@ENABLED@": ENABLED, "@OTHERS@": " ".join(others)}
    words["@RESTARTED@"] = " ".join(RESTARTED)
    text = (DEBIAN / name).read_text(encoding="utf-8")
    for word, value in words.items():
        text = text.replace(word, value)
    return text


def copyright_file(libraries: Mapping[str, Distribution]) -> str:
    """Each library with its licence and its text, Paige first."""
    paige = libraries["paige"]
    ordered = {"paige": paige} | dict(libraries)
    parts = [
        "This package holds Paige and the libraries that it needs, each as its makers publish it on",
        "https://pypi.org, without tests and without what only compilers read. A text that is not below lies",
        "beside the library in /usr/lib/paige/program, and those of the long licences (Apache-2.0, GPL-3,",
        "LGPL-2.1, MPL-2.0) in /usr/share/common-licenses.",
        "",
        *(f"  {name} {library.version}: {_licence(name, library)}" for name, library in ordered.items()),
    ]
    texts: dict[str, list[str]] = {}
    for name, library in ordered.items():
        for text in _texts(library):
            texts.setdefault(text, []).append(name)
    for text, names in texts.items():
        parts += ["", "-" * 100, f"{', '.join(dict.fromkeys(names))}:", "", text]
    return "\n".join(parts) + "\n"


def _licence(name: str, library: Distribution) -> str:
    said = next(
        (one for key in ("License-Expression", "License") for one in library.metadata.get_all(key) or []), ""
    )
    classifiers = library.metadata.get_all("Classifier") or []
    named = [one.rsplit(" :: ", 1)[-1] for one in classifiers if one.startswith("License ::")]
    first = said.strip().splitlines()[0] if said.strip() not in ("", "UNKNOWN") else " AND ".join(named)
    return first or _UNSAID[name]


def _texts(library: Distribution) -> list[str]:
    """The texts of its licences that are not too long."""
    files = [
        file
        for file in library.files or ()
        if PurePosixPath(file).suffix not in (".py", ".pyc")
        and any(word in PurePosixPath(file).name.upper() for word in _LICENCE_TEXTS)
    ]
    texts = [Path(str(library.locate_file(file))).read_text("utf-8", "replace").strip() for file in files]
    return [text for text in texts if not any(words in text.upper() for words in _BESIDE)]

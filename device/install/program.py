"""Which files a program is made of: Paige and what it needs at run time, out of the environment that runs it.

A program is a folder, such as `pip install --target` makes, that works wherever it lies:
`PYTHONPATH=FOLDER python3 -sP -m paige.device.cli`. Its file `PYTHON` says for which Python it was made.
"""

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import Distribution, MetadataPathFinder
from pathlib import Path, PurePosixPath
from typing import Final

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from paige.device.errors import InstallFailed

LIBRARIES_LEFT_OUT: Final = {
    "huggingface-hub": "fetches models from the internet; tokenizers asks for it and imports it nowhere",
}
"""Libraries that some library asks for and Paige never imports, and why. 0035 has what that saves."""

STAND_INS: Final = {"onnxruntime": ("onnxruntime-gpu", "onnxruntime-openvino")}
"""Libraries under other names that hold the same module, built for more than the processor: whoever installed
one of them wants it (docs/decisions/0038)."""

FILES_LEFT_OUT: Final = (
    "pocketsphinx/model/en-us/en-us.lm.bin",  # for dictation, which Paige's decoders do not do
    "espeakng_loader/libespeak-ng.so.",  # the same twice more: a wheel holds no links
    "onnxruntime/capi/libonnxruntime.so.",  # the same once more, for programs in C
    "onnxruntime/datasets/",  # for the desk, with libraries that are not there
    "onnxruntime/quantization/",
    "onnxruntime/tools/",
    "onnxruntime/transformers/",
    "numpy/distutils/",  # for compilers
    "numpy/f2py/",
)
"""Files of libraries, and folders, that Paige never opens."""

_COMPILERS: Final = (".pyi", ".pyx", ".pxd", ".h", ".a")
"""Endings of what only a compiler or a type checker reads."""
_OF_ENVIRONMENT: Final = frozenset({"direct_url.json", "INSTALLER", "REQUESTED", "RECORD"})
"""What metadata say of the environment and not of the library."""


@dataclass(frozen=True, slots=True)
class Member:
    """One file of a program."""

    path: PurePosixPath
    """Inside of the program."""
    source: Path | bytes
    """The file that it is a copy of, or what stands in it."""

    @property
    def mode(self) -> int:
        """Who may read and run it, whatever the umask was; wheels mark more than scripts as programs."""
        if isinstance(self.source, bytes) or not self.source.stat().st_mode & 0o100:
            return 0o644
        with self.source.open("rb") as file:
            return 0o755 if file.read(2) == b"#!" else 0o644

    @property
    def size(self) -> int:
        """Its bytes."""
        return len(self.source) if isinstance(self.source, bytes) else self.source.stat().st_size


@dataclass(frozen=True, slots=True)
class Program:
    """All files of a program."""

    version: str
    python: str
    """Such as `3.11`."""
    members: tuple[Member, ...]
    """In the order of their paths."""
    libraries: Mapping[str, Distribution]
    """What it is made of, by name, Paige among them."""

    @property
    def size(self) -> int:
        """Bytes on flash, without what Python compiles of it."""
        return sum(member.size for member in self.members)


def gather(folders: Sequence[str], python: str, environment: Mapping[str, str]) -> Program:
    """The program that these folders of libraries hold.

    Args:
        folders: As in `sys.path`.
        python: For which it is, such as `3.11`.
        environment: For markers of requirements, as `packaging.markers.default_environment` has it.

    Raises:
        InstallFailed: A library is missing, or nobody knows its files.
    """
    libraries = _closure(folders, environment)
    members = {member.path: member for library in libraries.values() for member in _members(library)}
    extra = Member(PurePosixPath("PYTHON"), f"{python}\n".encode())
    members[extra.path] = extra
    ordered = tuple(members[path] for path in sorted(members))
    return Program(libraries["paige"].version, python, ordered, libraries)


def _closure(folders: Sequence[str], environment: Mapping[str, str]) -> dict[str, Distribution]:
    """Paige and what it needs, and what that needs, by name."""
    found: dict[str, Distribution] = {}
    seen: set[tuple[str, str]] = set()
    waiting = [("paige", "")]  # a name, and one of its extras
    while waiting:
        name, extra = waiting.pop()
        if (name, extra) in seen or name in LIBRARIES_LEFT_OUT:
            continue
        seen.add((name, extra))
        if name not in found:
            others = (_found(other, folders) for other in STAND_INS.get(name, ()))
            found[name] = next(filter(None, others), None) or _distribution(name, folders)
        for line in found[name].requires or ():
            wanted = Requirement(line)
            if wanted.marker is None or wanted.marker.evaluate({**environment, "extra": extra}):
                waiting += [(canonicalize_name(wanted.name), one) for one in ("", *wanted.extras)]
    return dict(sorted(found.items()))


def _found(name: str, folders: Sequence[str]) -> Distribution | None:
    context = MetadataPathFinder.Context(name=name, path=list(folders))
    return next(iter(MetadataPathFinder.find_distributions(context)), None)


def _distribution(name: str, folders: Sequence[str]) -> Distribution:
    found = _found(name, folders)
    if found is None:
        raise InstallFailed(
            f"the library {name} is missing in this environment; set it up with ./paige setup demo, "
            "or with pip install paige"
        )
    return found


def _members(library: Distribution) -> Iterator[Member]:
    """The files of a library that a program needs, with a record of them."""
    name = canonicalize_name(library.metadata["Name"])
    files = _files(library)
    if files is None:
        raise InstallFailed(
            f"the library {name} is not one that pip installed, so nobody knows its files; "
            "install from an environment that ./paige setup demo or python3 -m venv made"
        )
    taken = []
    for path in files:
        if path.parts[0] == ".." or path.is_absolute() or path.suffix in (".pyc", ".pth"):
            continue  # scripts, what Python compiled, and the link to a checkout
        if not left_out(path):
            taken.append(Member(path, Path(str(library.locate_file(str(path))))))
    if _is_editable(library):
        taken += _checkout(library)
    yield from taken
    folder = next(one.path.parent for one in taken if one.path.name in ("METADATA", "PKG-INFO"))
    record = folder / "RECORD"
    lines = sorted(f"{member.path},,\n" for member in (*taken, Member(record, b"")))
    yield Member(record, "".join(lines).encode())


def _files(library: Distribution) -> list[PurePosixPath] | None:
    """Its files below the folder of libraries; None where nobody knows them."""
    installed = library.read_text("installed-files.txt")
    if installed is None:
        return None if library.files is None else [PurePosixPath(file) for file in library.files]
    # Debian 12's pip installs what has no wheel by its setup.py, whose list is relative to where it lies.
    root = Path(str(library.locate_file("")))
    lists = (path for path in root.glob("*.egg-info/installed-files.txt") if path.read_text() == installed)
    folder = next(lists).parent
    below = (os.path.normpath(folder.name + "/" + line) for line in installed.splitlines())
    return [PurePosixPath(path) for path in below]


def left_out(path: PurePosixPath) -> bool:
    """Whether a library's file is one that a program does without."""
    if path.parts[0] == "paige":
        return False
    if path.parent.suffix == ".dist-info":
        return path.name in _OF_ENVIRONMENT
    if path.suffix in _COMPILERS or {"tests", "__pycache__"} & set(path.parts[:-1]):
        return True
    return str(path).startswith(FILES_LEFT_OUT)


def _is_editable(library: Distribution) -> bool:
    text = library.read_text("direct_url.json")
    return text is not None and bool(json.loads(text).get("dir_info", {}).get("editable"))


def _checkout(library: Distribution) -> Iterator[Member]:
    """The files of a checkout that is installed by a link to it."""
    links = [file for file in library.files or () if PurePosixPath(file).suffix == ".pth"]
    for link in links:
        for line in Path(str(library.locate_file(link))).read_text(encoding="utf-8").splitlines():
            yield from _below(Path(line))


def _below(top: Path) -> Iterator[Member]:
    """Every file under a folder that somebody wrote."""
    for folder, inner, names in os.walk(top, followlinks=True):
        inner[:] = [name for name in inner if name != "__pycache__" and not name.startswith(".")]
        for name in names:
            path = Path(folder, name)
            if not name.startswith("."):
                yield Member(PurePosixPath(path.relative_to(top).as_posix()), path)

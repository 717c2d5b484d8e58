"""Finds the configuration, gathers it from file, environment and credentials, and builds it.

Of several values for one key the first of these counts:

1. the environment variable `PAIGE_<SECTION>_<KEY>` (empty is as good as
   none; commas part a list),
2. for secrets: the systemd credential `<section>_<key>`, a file in `$CREDENTIALS_DIRECTORY`
   (empty is as good as none, too),
3. the file: the value itself, `!secret NAME` with `secrets.yaml` beside the file, or for a secret
   `<key>_file`,
4. the default.
"""

import dataclasses
import difflib
import errno
import typing
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from paige.device.config.document import (
    FILE_SUFFIX,
    MOST_BYTES,
    TOO_LONG,
    Document,
    Entry,
    Place,
    Problem,
    is_secret,
    read,
    read_secrets,
)
from paige.device.config.key import Kind, Leaf, leaves
from paige.device.config.schema import Config
from paige.device.config.secret import MASK
from paige.device.config.value import Unfit, Written, convert, expanded
from paige.device.errors import ConfigInvalid
from paige.device.page.address import why_unfit

SECRETS_FILE = "secrets.yaml"

_STATE_DIR = ("state_dir",)
_REMEDIES = {
    errno.EISDIR: "name the file in it",
    errno.EACCES: "let the user whom Paige runs as read it",
    errno.ENOENT: "see whether it is called so",
}


@dataclass(frozen=True, slots=True)
class Setting:
    """One key as it is in effect."""

    leaf: Leaf
    value: object
    source: str
    """Where the value is from: `default`, `FILE:LINE`, `environment variable NAME`, …"""
    masked: bool
    """True where the value must not be shown."""

    @property
    def shown(self) -> object:
        """The value as it may be shown: texts, numbers, true, false and null as JSON and YAML have them."""
        if self.masked and self.value is not None:
            return MASK
        if isinstance(self.value, tuple):
            return list(self.value)
        return str(self.value) if isinstance(self.value, Path) else self.value


@dataclass(frozen=True, slots=True)
class Loaded:
    """A configuration and where each part of it is from."""

    config: Config
    path: Path | None
    """The file; None where there is none."""
    settings: tuple[Setting, ...]

    @property
    def state_dir(self) -> Path:
        """Where state is kept; `load` always finds a place."""
        assert self.config.state_dir is not None
        return self.config.state_dir

    def source(self, dotted: str) -> str:
        """Where the value of a key such as `mqtt.host` is from."""
        return next(setting.source for setting in self.settings if setting.leaf.dotted == dotted)


def find(environ: Mapping[str, str]) -> Path | None:
    """The configuration file that counts where none is named: the first of those searched that exists."""
    if named := environ.get("PAIGE_CONFIG"):
        return Path(named)
    return next((path for path in search_path(environ) if _may_be_there(path)), None)


def _may_be_there(path: Path) -> bool:
    try:
        return path.is_file()
    except PermissionError:
        return True  # reading it says why not; to pass it over would hide what somebody configured


def search_path(environ: Mapping[str, str]) -> tuple[Path, ...]:
    """Where a configuration file is looked for, in this order."""
    given = environ.get("XDG_CONFIG_HOME")
    home = Path(given) if given else expanded("~/.config")
    own = () if home is None else (home / "paige" / "paige.yaml",)
    return *own, Path("/etc/paige/paige.yaml")


def load(path: Path | None, environ: Mapping[str, str], data: bytes | None = None) -> Loaded:
    """The configuration from `path`, or from where `find` finds it, with what `environ` adds.

    Args:
        path: The file; None for the one that is found.
        environ: Variables, and where credentials are.
        data: What the file is taken to hold; None for what it holds.

    Raises:
        ConfigInvalid: something cannot be read, is unknown or is not allowed; every problem is named.
    """
    gathering = _Gathering(path or find(environ), environ, data)
    loaded = gathering.loaded()
    if gathering.problems:
        ordered = sorted(
            gathering.problems, key=lambda problem: (problem.place.source, problem.place.line or 0)
        )
        raise ConfigInvalid("\n".join(dict.fromkeys(str(problem) for problem in ordered)))
    return loaded


@dataclass(frozen=True, slots=True)
class _Source:
    """What was written for a key, and by whom."""

    written: Written
    place: Place
    folder: Path
    """Where a relative path starts."""
    masked: bool = False


@dataclass(slots=True)
class _Gathering:
    """One run of `load`."""

    path: Path | None
    environ: Mapping[str, str]
    data: bytes | None = None
    problems: list[Problem] = field(default_factory=list)

    def loaded(self) -> Loaded:
        document = self._document()
        self._unknown_variables()
        settings = tuple(self._setting(leaf, self._source(leaf, document)) for leaf in leaves(Config))
        config = build(Config, {setting.leaf.path: setting.value for setting in settings})
        loaded = Loaded(config, self.path, settings)
        self._together(loaded)
        return loaded

    def _together(self, loaded: Loaded) -> None:
        """What each key allows and their sum does not."""
        page = loaded.config.page
        if page.listen is None:
            return
        unfit = why_unfit(page.listen, None if page.token is None else page.token.reveal())
        if unfit is not None:
            self.problems.append(Problem(Place(loaded.source("page.listen")), "page.listen", unfit))

    def _document(self) -> Document:
        if self.path is None:
            return Document({}, ())
        data = self._bytes(self.path, Place(str(self.path)), "") if self.data is None else self.data
        document = read(data or b"", str(self.path), Config)
        self.problems += document.problems
        return document

    def _source(self, leaf: Leaf, document: Document) -> _Source | None:
        variable = self.environ.get(leaf.environment)
        if variable:
            return self._from_variable(leaf, variable)
        directory = self.environ.get("CREDENTIALS_DIRECTORY")
        if directory and is_secret(leaf) and (credential := Path(directory) / leaf.credential).is_file():
            given = self._from_file(leaf, credential, Place(f"credential {leaf.credential}"))
            if given is None or given.written:
                return given
        return self._from_document(leaf, document)

    def _from_variable(self, leaf: Leaf, variable: str) -> _Source:
        texts = tuple(text.strip() for text in variable.split(","))
        written = texts if leaf.kind is Kind.LIST else variable
        return _Source(written, Place(f"environment variable {leaf.environment}"), Path.cwd())

    def _from_document(self, leaf: Leaf, document: Document) -> _Source | None:
        entry = document.entries.get(leaf.path)
        elsewhere = document.entries.get((*leaf.path[:-1], leaf.path[-1] + FILE_SUFFIX))
        folder = self.path.parent if self.path else Path.cwd()
        if entry is not None and elsewhere is not None:
            text = f"found beside {leaf.path[-1]}; keep one of the two"
            self.problems.append(Problem(elsewhere.place, leaf.dotted + FILE_SUFFIX, text))
        if elsewhere is not None:
            path = expanded(elsewhere.written) if isinstance(elsewhere.written, str) else None
            if path is not None:
                return self._from_file(leaf, folder / path, elsewhere.place)
            self.problems.append(
                Problem(elsewhere.place, leaf.dotted + FILE_SUFFIX, "found no path; allowed: a path")
            )
            return None
        if entry is None:
            return None
        if entry.secret_name is not None:
            return self._from_secrets(leaf, entry, folder)
        return _Source(entry.written, entry.place, folder)

    def _from_file(self, leaf: Leaf, path: Path, place: Place) -> _Source | None:
        data = self._bytes(path, place, leaf.dotted)
        if data is None:
            return None
        try:
            text = data.decode().rstrip("\r\n")
        except UnicodeDecodeError:
            self.problems.append(Problem(place, leaf.dotted, f"{path} holds no text in UTF-8"))
            return None
        return _Source(text, Place(f"{path} ({place})"), path.parent)

    def _from_secrets(self, leaf: Leaf, entry: Entry, folder: Path) -> _Source | None:
        path = folder / SECRETS_FILE
        data = self._bytes(path, entry.place, leaf.dotted)
        if data is None:
            return None
        secrets, problems = read_secrets(data, str(path))
        self.problems += problems
        secret = secrets.get(entry.secret_name or "")
        if secret is not None:
            return _Source(secret.written, secret.place, folder, masked=True)
        if not problems:
            near = difflib.get_close_matches(entry.secret_name or "", secrets, n=1)
            meant = f"; did you mean {near[0]}?" if near else ""
            text = f"{path} has no secret called {entry.secret_name}{meant}"
            self.problems.append(Problem(entry.place, leaf.dotted, text))
        return None

    def _setting(self, leaf: Leaf, source: _Source | None) -> Setting:
        if source is None:
            return self._default(leaf)
        value = convert(leaf, source.written, source.folder)
        if isinstance(value, Unfit):
            found = "a secret that is none of it" if source.masked else value.found
            self.problems.append(
                Problem(source.place, leaf.dotted, f"found {found}; allowed: {leaf.allowed}")
            )
            return self._default(leaf)
        if value is None and leaf.path == _STATE_DIR:
            return self._default(leaf)
        return Setting(leaf, value, str(source.place), source.masked or is_secret(leaf))

    def _default(self, leaf: Leaf) -> Setting:
        value, source = leaf.default, "default"
        if leaf.path == _STATE_DIR:
            value, source = _state_dir(self.environ)
            if value is None:
                text = "there is no home folder to keep it in; set it"
                self.problems.append(Problem(Place(source), leaf.dotted, text))
        return Setting(leaf, value, source, is_secret(leaf))

    def _unknown_variables(self) -> None:
        """A variable that begins like a section's and names no key of it is a slip of the pen."""
        known = {leaf.environment: leaf for leaf in leaves(Config)}
        prefixes = tuple(f"PAIGE_{leaf.path[0].upper()}_" for leaf in known.values() if len(leaf.path) > 1)
        for name in self.environ:
            if name.startswith(prefixes) and name not in known:
                near = difflib.get_close_matches(name, known, n=1)
                meant = f"; did you mean {near[0]}?" if near else ""
                place = Place(f"environment variable {name}")
                self.problems.append(Problem(place, "", f"there is no such key{meant}"))

    def _bytes(self, path: Path, place: Place, key: str) -> bytes | None:
        subject = "" if place.source == str(path) else f"{path} "
        try:
            with path.open("rb") as file:
                data = file.read(MOST_BYTES + 1)
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else str(error)
            remedy = _REMEDIES.get(error.errno or 0) if isinstance(error, OSError) else None
            text = "; ".join(filter(None, (f"cannot be read: {reason}", remedy)))
            self.problems.append(Problem(place, key, f"{subject}{text}"))
            return None
        if len(data) > MOST_BYTES:
            self.problems.append(Problem(place, key, f"{subject}{TOO_LONG}"))
            return None
        return data


def _state_dir(environ: Mapping[str, str]) -> tuple[Path | None, str]:
    """Where state is kept when the configuration does not say: what systemd or the desktop gives, if so."""
    if given := environ.get("STATE_DIRECTORY"):
        return Path(given.split(":")[0]), "systemd (STATE_DIRECTORY)"
    if given := environ.get("XDG_STATE_HOME"):
        return Path(given) / "paige", "environment variable XDG_STATE_HOME"
    return expanded("~/.local/state/paige"), "default"


def build(section: type[typing.Any], values: Mapping[tuple[str, ...], object]) -> typing.Any:  # noqa: ANN401  # a section of any type
    """The section with these values; keys that are missing keep their defaults."""
    hints = typing.get_type_hints(section)
    given: dict[str, object] = {}
    for one in dataclasses.fields(section):
        if dataclasses.is_dataclass(hints[one.name]):
            inner = {path[1:]: value for path, value in values.items() if path[0] == one.name}
            given[one.name] = build(typing.cast("type", hints[one.name]), inner)
        elif (one.name,) in values:
            given[one.name] = values[(one.name,)]
    return section(**given)

"""From what the owner says of the house to the files that say it to Paige. No I/O.

What is said is a value for each key of the configuration. A secret goes into a file of its own beside the
configuration, which names it as KEY_file: its owner reads it there, and systemd hands the service, which
may not read it, a copy. That file is called as the credential is, such as `mqtt_password`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from paige.device.config.document import FILE_SUFFIX, Entry, Problem, is_secret, read
from paige.device.config.key import Kind, Leaf, leaves
from paige.device.config.load import Loaded, Setting, build, load
from paige.device.config.schema import Config
from paige.device.config.secret import Secret, redact
from paige.device.config.value import Unfit, Written, convert
from paige.device.errors import ConfigInvalid
from paige.device.install.provision_text import Change, with_changes

Answers = Mapping[tuple[str, ...], Written]
"""What was said, as it was written, by the path of its key, such as `("mqtt", "host")`."""

LEAVES: Mapping[tuple[str, ...], Leaf] = {leaf.path: leaf for leaf in leaves(Config)}
_BARE = (Kind.INTEGER, Kind.NUMBER, Kind.SWITCH)


@dataclass(frozen=True, slots=True)
class Kept:
    """The configuration as it is before anything is said."""

    loaded: Loaded
    """What its file and the defaults say; no environment counts."""
    path: Path
    """The file, whether it is there or not."""
    text: str
    """What it holds."""

    def setting(self, path: tuple[str, ...]) -> Setting:
        """One key as it is in effect."""
        return next(setting for setting in self.loaded.settings if setting.leaf.path == path)

    def with_answers(self, answers: Answers) -> Loaded:
        """What would be in effect with these, for trying it out."""
        values = {setting.leaf.path: setting.value for setting in self.loaded.settings}
        for path, written in answers.items():
            values[path] = _value(LEAVES[path], written, self.path.parent)
        return Loaded(build(Config, values), self.path, self.loaded.settings)


@dataclass(frozen=True, slots=True)
class SecretFile:
    """A file that nobody but its owner reads."""

    path: Path
    secret: Secret | None
    """What it is to hold; None where it is to go."""


@dataclass(frozen=True, slots=True)
class Provision:
    """What is to be written."""

    path: Path
    """The configuration."""
    before: str
    after: str
    secrets: tuple[SecretFile, ...]

    @property
    def nothing(self) -> bool:
        """Whether all is as it was said already."""
        return self.before == self.after and not self.secrets


def kept(path: Path, data: bytes | None) -> Kept:
    """The configuration at `path`, which holds `data`; None where there is no file.

    Raises:
        ConfigInvalid: It cannot be used; it is to be corrected, or moved away, first.
    """
    return Kept(load(path, {}, data or b""), path, (data or b"").decode("utf-8-sig"))


def answers_of(data: bytes, source: str, folder: Path) -> Answers:
    """What a file says that an owner wrote: a configuration, with its secrets in it.

    Args:
        data: What it holds.
        source: Its name, for complaints.
        folder: Where relative paths in it start, once it is taken over.

    Raises:
        ConfigInvalid: A key is unknown or its value not allowed; every problem is named, with its line.
    """
    document = read(data, source, Config)
    problems = [*document.problems]
    answers: dict[tuple[str, ...], Written] = {}
    for path, entry in document.entries.items():
        wrong = _why_unfit(path, entry, folder)
        if wrong is None:
            answers[path] = entry.written
        else:
            problems.append(Problem(entry.place, ".".join(path), wrong))
    if problems:
        ordered = sorted(problems, key=lambda problem: problem.place.line or 0)
        raise ConfigInvalid("\n".join(str(problem) for problem in ordered))
    return answers


def _why_unfit(path: tuple[str, ...], entry: Entry, folder: Path) -> str | None:
    leaf = LEAVES.get(path)
    if leaf is None:
        key = path[-1].removesuffix(FILE_SUFFIX)
        return f"found the name of a file; write {key} with the secret itself, and it will be kept in one"
    if entry.secret_name is not None:
        return "found !secret; write the value itself, and secrets will be kept in files of their own"
    value = convert(leaf, entry.written, folder)
    return f"found {value.found}; allowed: {leaf.allowed}" if isinstance(value, Unfit) else None


def provision(kept: Kept, answers: Answers) -> Provision:
    """What is to be written so that `answers` are in effect.

    Raises:
        ConfigInvalid: Each answer is allowed by itself, and all of them together are not.
        ProvisionFailed: The file is written in a way that cannot be changed without a person.
    """
    secrets, changes = list[SecretFile](), list[Change]()
    for path, written in answers.items():
        leaf, setting = LEAVES[path], kept.setting(path)
        if is_secret(leaf):
            file = kept.path.with_name(leaf.credential)
            changes += _of_secret(kept, leaf, written)
            if bool(written) != bool(setting.value) or (written and setting.value != Secret(str(written))):
                secrets.append(SecretFile(file, Secret(str(written)) if written else None))
        elif _value(leaf, written, kept.path.parent) != setting.value:
            changes.append(Change(path, written, bare=leaf.kind in _BARE))
    after = with_changes(kept.text, str(kept.path), changes)
    _check(kept.path, after, answers)
    return Provision(kept.path, kept.text, after, tuple(secrets))


def _of_secret(kept: Kept, leaf: Leaf, written: Written) -> Iterator[Change]:
    """What changes in the configuration itself, which never holds what is secret."""
    by_file = (*leaf.path[:-1], leaf.path[-1] + FILE_SUFFIX)
    value = kept.setting(leaf.path).value
    if written and value != Secret(str(written)):
        yield Change(by_file, leaf.credential, instead_of=leaf.path)
    elif not written and value:
        yield Change(leaf.path, None, instead_of=by_file)


def _check(path: Path, after: str, answers: Answers) -> None:
    """See that the file can be used, without writing it."""
    given = {LEAVES[key].environment: str(said) for key, said in answers.items() if said and _secret(key)}
    loaded = load(path, given, after.encode())
    if {("wake", "words"), ("wake", "stop_words")} & answers.keys():
        from paige.device.wake_words import check_wake_words  # a dictionary, which other answers need not

        check_wake_words(loaded.config.wake)


def _secret(path: tuple[str, ...]) -> bool:
    return is_secret(LEAVES[path])


def _value(leaf: Leaf, written: Written, folder: Path) -> object:
    value = convert(leaf, written, folder)
    if isinstance(value, Unfit):
        raise ConfigInvalid(f"{leaf.dotted}: found {value.found}; allowed: {leaf.allowed}")
    return value


def shown(result: Provision, kept: Kept) -> str:
    """The configuration as it will be, with secrets masked that it may hold."""
    for setting in kept.loaded.settings:
        if isinstance(setting.value, Secret):
            setting.value.reveal()
    return redact(result.after)

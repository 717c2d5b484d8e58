"""Asks the owner what Paige must know of the house. No I/O: a person and a machine are what it is given.

What stands in brackets is so already; an empty line keeps it, and a dash means none.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

from paige.device.config.document import is_secret
from paige.device.config.key import Kind, Leaf
from paige.device.config.load import Loaded
from paige.device.config.value import Unfit, Written, convert, show
from paige.device.doctor.finding import Finding, Verdict
from paige.device.install.provision import LEAVES, Answers, Kept

NONE: Final = "-"
SEARCH: Final = "?"
READY_WAKE_WORDS: Final = ("okay nabu", "hey jarvis", "alexa", "hey mycroft")
"""Those of `paige.audio.wake.READY`, the best first; a test holds the two together."""

_HEAD = """\
An empty line keeps what stands in [brackets], a dash ({none}) means none, and Ctrl-C ends without any change.
"""


_TO_ASSISTANT = """
The assistant connects to this satellite, and has to be told of it: satellites.wyoming: ["{name}"] in the
configuration of Paige there, or in Home Assistant under Settings, Devices & services, Wyoming Protocol.
"""


class Person(Protocol):
    """Who is asked."""

    def ask(self, prompt: str) -> str:
        """A line that is typed, without blanks around it."""

    def ask_secretly(self, prompt: str) -> str:
        """The same, of what nobody shall see."""

    def tell(self, text: str) -> None:
        """Show a line."""

    def show(self, what: str, finding: Finding) -> None:
        """Show what an examination found."""


class Machine(Protocol):
    """What can be found out here."""

    def microphones(self) -> Sequence[str]:
        """Names of what can hear."""

    def speakers(self) -> Sequence[str]:
        """Names of what can sound."""

    def brokers(self) -> Sequence[str]:
        """Hosts in reach where a broker listens; asks the network, so only on demand."""

    def satellite(self) -> str:
        """Where others of the house reach a satellite that runs here, such as `hall.local:10700`."""

    def examine(self, what: str, loaded: Loaded) -> Finding:
        """What `paige doctor` finds with these answers of `microphone`, `speaker`, `wake words`, `broker`."""


def ask_all(kept: Kept, person: Person, machine: Machine, *, satellite: bool = False) -> Answers:
    """All that is asked, and what was answered; of a satellite, not what the Paige elsewhere knows."""
    interview = _Interview(kept, person, machine)
    person.tell(_HEAD.format(none=NONE))
    if satellite:
        interview.room()
    else:
        interview.house()
    interview.device(("speech", "microphone"), "Microphone", "microphone", machine.microphones())
    interview.device(("voice", "speaker"), "Loudspeaker", "speaker", machine.speakers())
    interview.wake_words()
    if satellite:
        person.tell(_TO_ASSISTANT.format(name=machine.satellite()))
    else:
        interview.broker()
    return interview.answers


@dataclass(slots=True)
class _Interview:
    kept: Kept
    person: Person
    machine: Machine
    answers: dict[tuple[str, ...], Written] = field(default_factory=dict)

    def house(self) -> None:
        """What the house and the room are called."""
        self.person.tell("The house")
        self._text(("house", "name"), "Its name")
        self.room()

    def room(self) -> None:
        """Which room it is."""
        self._text(("house", "area"), "The room where the microphone stands, such as Kitchen")

    def device(self, path: tuple[str, ...], title: str, check: str, names: Sequence[str]) -> None:
        """Which microphone or loudspeaker it is, and whether that works."""
        self.person.tell(f"\n{title}")
        choices = tuple(short(name, names) for name in names)
        self._list(("the system's default", *choices), 0)
        while True:
            numbers = f"0 to {len(choices)}, or a part of its name"
            self._text(
                path, "Its number, or a part of its name", _chosen(choices), absent="0", allowed=numbers
            )
            if check == "microphone":
                self.person.tell("Listening for half a second; say something …")
            if self._works(check):
                return

    def wake_words(self) -> None:
        """What it wakes at."""
        self.person.tell("\nWake word")
        self._list(READY_WAKE_WORDS, 1)
        while True:
            self._text(("wake", "words"), "Numbers or words, with commas between", _wake_words_meant)
            if self._works("wake words"):
                return

    def broker(self) -> None:
        """Where the broker is, tried at once."""
        self.person.tell("\nMQTT broker, through which the house is switched")
        while True:
            self._host()
            self._text(("mqtt", "tls", "enabled"), "Encrypted with TLS", _switch, allowed="yes or no")
            if self._tls():
                self._text(
                    ("mqtt", "tls", "ca"),
                    "File of certificates that vouch for it",
                    absent="those that the system trusts",
                )
            self._text(("mqtt", "port"), "Its port", absent="8883" if self._tls() else "1883")
            self._text(("mqtt", "username"), "User name")
            self._password()
            self.person.tell("Trying …")
            if self._works("broker"):
                return

    def _host(self) -> None:
        path = ("mqtt", "host")
        while True:
            self._text(path, f"Its host or address; {SEARCH} looks for one")
            if self.answers.get(path) != SEARCH:
                return
            del self.answers[path]
            found = self.machine.brokers()
            told = ", ".join(found) if found else "none; Home Assistant's add-on Mosquitto is one"
            self.person.tell(f"Found: {told}")

    def _password(self) -> None:
        path = ("mqtt", "password")
        there = bool(self.kept.setting(path).value if path not in self.answers else self.answers[path])
        said = self.person.ask_secretly(f"Password [{'the one that is kept' if there else 'none'}]: ")
        if said:
            self.answers[path] = None if said == NONE else said

    def _tls(self) -> bool:
        return self.kept.with_answers(self.answers).config.mqtt.tls.enabled

    def _text(
        self,
        path: tuple[str, ...],
        prompt: str,
        meant: "Callable[[str], Written] | None" = None,
        absent: str = "none",
        allowed: str = "",
    ) -> None:
        """Ask for one key until the answer is allowed; an empty one changes nothing."""
        leaf = LEAVES[path]
        while True:
            said = self.person.ask(f"{prompt} [{self._shown(leaf, absent)}]: ")
            if not said:
                return
            written = None if said == NONE else meant(said) if meant else said
            value = convert(leaf, written, self.kept.path.parent)
            if not isinstance(value, Unfit):
                self.answers[path] = written
                return
            self.person.tell(f"{show(said)} cannot be; allowed: {allowed or leaf.allowed}")

    def _shown(self, leaf: Leaf, absent: str) -> str:
        """What an empty answer keeps."""
        assert not is_secret(leaf)
        value = self.answers[leaf.path] if leaf.path in self.answers else self.kept.setting(leaf.path).value
        if isinstance(value, tuple):
            return ", ".join(str(one) for one in value)
        if leaf.kind is Kind.SWITCH:
            return "yes" if value in (True, "yes", "true", "on", "1") else "no"
        return absent if value is None else str(value)

    def _list(self, names: Sequence[str], first: int) -> None:
        for number, name in enumerate(names, first):
            self.person.tell(f"  {number}  {name}")

    def _works(self, check: str) -> bool:
        """Whether the answers work, or their owner wants them all the same."""
        finding = self.machine.examine(check, self.kept.with_answers(self.answers))
        self.person.show(check, finding)
        if finding.verdict is not Verdict.WRONG:
            return True
        return self.person.ask(f"Answer anew, for the {check}? [yes]: ").lower().startswith("n")


def short(name: str, names: Sequence[str]) -> str:
    """A name without its card's number, which the next start may change, where that tells it apart."""
    without, card, _ = name.rpartition(" (hw:")
    return without if card and sum(without in one for one in names) == 1 else name


def _chosen(choices: Sequence[str]) -> "Callable[[str], Written]":
    def meant(said: str) -> Written:
        if not said.isdecimal():
            return said
        if int(said) > len(choices):
            return ""  # which no device is called
        return choices[int(said) - 1] if int(said) else None

    return meant


def _switch(said: str) -> Written:
    return {"y": "yes", "n": "no"}.get(said.lower(), said.lower())


def _wake_words_meant(said: str) -> Written:
    return tuple(_wake_word(one.strip()) for one in said.split(",") if one.strip())


def _wake_word(said: str) -> str:
    if said.isdecimal() and 1 <= int(said) <= len(READY_WAKE_WORDS):
        return READY_WAKE_WORDS[int(said) - 1]
    return said

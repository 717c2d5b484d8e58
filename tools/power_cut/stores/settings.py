"""What is provisioned, by questions or a file on the card: the configuration and the broker's password."""

import os
from pathlib import Path
from typing import Final

from paige.device.config.load import load
from paige.device.install.provision import answers_of, kept, provision
from paige.device.install.provision_files import read_if_there, remove, write
from paige.tools.power_cut.prove import Promise

_SAID: Final = (
    "house: {name: Casa, area: Kitchen}\nmqtt: {host: first.lan, username: me, password: sesame}\n",
    "house: {name: Casa, area: Hall}\nmqtt: {host: second.lan, username: you, password: mellon}\n",
    "mqtt: {host: third.lan, password: ''}\n",
)


class CardStore:
    """A file on the card is taken over at each start, as paige-provision.service does it, and removed."""

    name = "provision, by a file"
    megabytes = 16
    between: frozenset[str] = frozenset()

    def write(self, card: Path, promised: Promise) -> None:
        """See `Store`."""
        for number, said in enumerate(_SAID):
            _owner_writes(card, said)
            promised(f"file {number} is on the card")
            _take_over(card)
            promised(f"file {number} was taken over")

    def look(self, card: Path) -> str:
        """See `Store`."""
        _take_over(card)
        return _state(card)


class AskedStore:
    """An owner is asked, and answers.

    Two files cannot become others in one step: the password is the first, and who is cut off is asked again.
    """

    name = "provision, by questions"
    megabytes = 16
    between = frozenset({"first.lan me Kitchen mellon", "second.lan you Hall None"})

    def write(self, card: Path, promised: Promise) -> None:
        """See `Store`."""
        for number, said in enumerate(_SAID):
            _take(card, said.encode())
            promised(f"answers {number}")

    def look(self, card: Path) -> str:
        """See `Store`."""
        return _state(card)


def _config(card: Path) -> Path:
    return card / "etc/paige/paige.yaml"


def _source(card: Path) -> Path:
    return card / "boot/paige.yaml"


def _owner_writes(card: Path, said: str) -> None:
    """The card is in the owner's computer, which writes all of it before it lets it go."""
    _source(card).parent.mkdir(exist_ok=True)
    whole = _source(card).with_name("whole")
    with whole.open("w") as file:
        file.write(said)
        file.flush()
        os.fsync(file.fileno())
    whole.replace(_source(card))
    folder = os.open(whole.parent, os.O_RDONLY)
    os.fsync(folder)
    os.close(folder)


def _take_over(card: Path) -> None:
    said = read_if_there(_source(card))
    if said is not None:
        _take(card, said)
        remove(_source(card))


def _take(card: Path, said: bytes) -> None:
    config = _config(card)
    write(provision(kept(config, read_if_there(config)), answers_of(said, "said", config.parent)))


def _state(card: Path) -> str:
    found = load(_config(card), {}, read_if_there(_config(card)) or b"").config
    secret = None if found.mqtt.password is None else found.mqtt.password.reveal()
    return f"{found.mqtt.host} {found.mqtt.username} {found.house.area} {secret or None}"

"""What Paige does on which board, where nobody configures it otherwise.

What can be known of a board only by its name stands in one table, and the rest is worked out from what it
says of itself: a board that Paige does not know gets all of that, too.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from paige.device.board.facts import BoardFacts, look
from paige.device.memory.size import show_size
from paige.models.lm.quantization import ROW, Quantization

AUTO: Final = "auto"
"""The profile is chosen by what the board says of itself."""
ROWS: Final = Quantization(8, ROW)
BLOCKS: Final = Quantization(4, 32)
_VOICE: Final = 2
"""Threads at most: a Piper voice is spoken sentence by sentence, while all else goes on."""
_VOSK_MEMORY: Final = 700_000_000
"""Bytes of a machine with which Vosk can be advised: its small models take about 300 MB at run time
(alphacephei.com/vosk/models), the service besides 150 (docs/decisions/0026), and both must stay below the
70 % of a board's memory that paige.service may have."""


@dataclass(frozen=True, slots=True)
class Threads:
    """Of the processor, for what can use several.

    The parser, the ears and Vosk have one each on every board: a sentence takes a millisecond, a chunk of
    sound less, and Vosk can do with no more.
    """

    language_model: int
    """All cores but one, which is left to the ears; a model of many shards has fewer
    (`paige.device.memory.supply.POOLED`)."""
    voice: int
    """For a Piper voice."""


@dataclass(frozen=True, slots=True)
class BoardProfile:
    """The defaults of one board."""

    name: str
    """One of `NAMES`."""
    why: str
    """Who says that it is this one."""
    precision: Quantization
    """In which a language model's weights are multiplied fast."""
    threads: Threads
    memory: int | None
    """Bytes that the whole process may take at most; None where what is available alone decides."""
    recognizer: Literal["pocketsphinx", "vosk"]
    """The one that is advised."""

    @property
    def meaning(self) -> str:
        """What it decides, in words."""
        threads = self.threads
        memory = "" if self.memory is None else f", {show_size(self.memory)} of memory at most"
        return (
            f"language models in {self.precision} with {_count(threads.language_model)}, a Piper voice with "
            f"{threads.voice}{memory}; advised for speech: {self.recognizer}"
        )


@dataclass(frozen=True, slots=True)
class _Known:
    """A kind of board."""

    title: str
    compatible: frozenset[str]
    """It is one that has any of these in its device tree."""
    models: tuple[str, ...]
    """Or whose model begins so, where the device tree is hidden."""
    precision: Quantization
    share: float
    """Of its memory that Paige may have. A choice, not a measurement: what a household runs beside it gets
    the rest, and unlike what is available it does not depend on what starts first."""
    vosk: bool = True


# The tree's names: arch/arm64/boot/dts of Linux and of Raspberry Pi's; the models: what the boards in
# tests/device/board/captures say.
_KNOWN: Final = {
    "zero2w": _Known(
        "Raspberry Pi Zero 2 W",
        frozenset({"raspberrypi,model-zero-2-w"}),
        ("Raspberry Pi Zero 2",),
        ROWS,
        # Of 409 to 416 MiB, 150 to 190 are taken when nothing runs.
        share=0.6,
        vosk=False,
    ),
    "pi4": _Known(
        "Raspberry Pi 4",
        frozenset({"brcm,bcm2711"}),
        ("Raspberry Pi 4", "Raspberry Pi Compute Module 4"),
        ROWS,
        share=0.5,
    ),
    "pi5": _Known(
        "Raspberry Pi 5",
        frozenset({"brcm,bcm2712"}),
        ("Raspberry Pi 5", "Raspberry Pi Compute Module 5"),
        BLOCKS,
        share=0.5,
    ),
    "jetson": _Known(
        "Jetson Orin",
        frozenset({"nvidia,tegra234"}),
        ("NVIDIA Jetson Orin", "NVIDIA Orin", "NVIDIA Jetson AGX Orin"),
        BLOCKS,
        share=0.5,
    ),
}
GENERIC: Final = "generic"
NAMES: Final = (*_KNOWN, GENERIC)
TITLES: Final = {name: known.title for name, known in _KNOWN.items()}


def profile(facts: BoardFacts, wanted: str = AUTO) -> BoardProfile:
    """The profile of a board.

    Args:
        facts: What it says.
        wanted: One of `NAMES`, or `AUTO`.
    """
    found = next((name for name, known in _KNOWN.items() if _is(facts, known)), GENERIC)
    name = found if wanted == AUTO else wanted
    known = _KNOWN.get(name)
    if known is None:
        precision = BLOCKS if facts.dot_products else ROWS
        memory, vosk = None, True
    else:
        precision, vosk = known.precision, known.vosk
        memory = int(known.share * facts.memory) or None
    return BoardProfile(
        name,
        _why(facts, found, wanted),
        precision,
        Threads(max(1, facts.cores - 1), min(_VOICE, facts.cores)),
        memory,
        "vosk" if vosk and facts.memory >= _VOSK_MEMORY else "pocketsphinx",
    )


def profile_here(wanted: str = AUTO) -> BoardProfile:
    """The profile of this machine.

    Args:
        wanted: As `board` is configured.
    """
    return profile(look(Path("/")), wanted)


def _is(facts: BoardFacts, known: _Known) -> bool:
    return not known.compatible.isdisjoint(facts.compatible) or facts.model.startswith(known.models)


def _why(facts: BoardFacts, found: str, wanted: str) -> str:
    if wanted != AUTO:
        return "as configured" + ("" if wanted == found else f"; by what the board says it would be {found}")
    return "as the board says" if found != GENERIC else f"no board that is known, {', '.join(_told(facts))}"


def _told(facts: BoardFacts) -> Iterator[str]:
    yield _count(facts.cores, "core") + "".join(f" {part}" for part in facts.parts)
    if facts.machine == "aarch64" and facts.features is not None:
        yield f"{'with' if facts.dot_products else 'without'} dot products"


def _count(number: int, of: str = "thread") -> str:
    return f"{number} {of}{'' if number == 1 else 's'}"

"""What is around the board: a room to speak in, and a lamp."""

from contextlib import ExitStack
from types import TracebackType
from typing import Final, Self

from paige.tools.emulated.guest.console import CheckFailed, until
from paige.tools.emulated.guest.lamp import Lamp
from paige.tools.emulated.guest.sound import COMMAND, Room

_SECONDS: Final = 60.0
"""For a spoken command to be heard and done, in the emulator."""
_TRIES: Final = 3
"""As often would a person say it again."""


class House:
    """A kitchen."""

    def __init__(self) -> None:
        self.room = Room()
        self.lamp = Lamp()
        self._open = ExitStack()

    def __enter__(self) -> Self:
        self._open.enter_context(self.room)
        self._open.enter_context(self.lamp)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.close()

    def speak_until_on(self) -> str:
        """Say “okay nabu, turn on the kitchen lamp” until the lamp shines.

        Returns:
            How it went, in words.

        Raises:
            CheckFailed: It does not.
        """
        self.lamp.switch_off()
        before = len(self.lamp.commands)
        for attempt in range(1, _TRIES + 1):
            self.room.say(*COMMAND)
            try:
                waited = until("the lamp shines", _SECONDS, lambda: self.lamp.on, pause=0.05)
            except CheckFailed:
                continue
            times = "once" if attempt == 1 else f"{attempt} times"
            return f"said {times}, {self.lamp.commands[before]} came {waited:.1f} s after the last sound"
        raise CheckFailed(f"said {_TRIES} times, and the lamp got {self.lamp.commands[before:] or 'nothing'}")

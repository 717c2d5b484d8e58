"""A small JSON file that survives a power cut: written whole or not at all, and never thrown away unread."""

import json
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from paige.iot.errors import KeepingFailed
from paige.models.store.disk import put

_log = logging.getLogger(__name__)

T = TypeVar("T")
"""What is made of the file."""


@dataclass(frozen=True, slots=True)
class Damage:
    """A file that could not be understood, and was put aside."""

    path: Path
    """Where it lies now."""
    why: str
    """A clause."""


class KeptFile:
    """One JSON file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.damage: Damage | None = None
        """A file that could not be understood and was put aside by `load`."""
        self._left: str | None = None
        """Why what is on the disk is left as it is; None where it is not."""

    def load(self, decode: Callable[[Any], T]) -> T:
        """What the file holds; what `decode` makes of None where there is none, or nothing can be made of it.

        What cannot be understood is put aside. Where that fails, or the disk cannot be read, nothing is
        written from then on, since what is there may be worth more. Either is logged.

        Args:
            decode: Of what is in the file; it raises ValueError where it cannot be.
        """
        try:
            return decode(self.read())
        except KeepingFailed as error:
            self._left = str(error)
        except ValueError as error:
            try:
                self.damage = self.set_aside(str(error))
            except KeepingFailed as failed:
                self._left = str(failed)
            else:
                _log.error("%s: %s could not be read; it is now %s", error, self.path, self.damage.path)
        if self._left is not None:
            _log.error("%s; until that is mended and Paige started anew, nothing is kept there", self._left)
        return decode(None)

    def read(self) -> Any:  # noqa: ANN401 # JSON may hold anything; whoever asked for it checks it
        """What the file holds; None where there is none.

        Raises:
            KeepingFailed: There is one, and it cannot be read from the disk.
            ValueError: It is no JSON.
        """
        try:
            data = self.path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise KeepingFailed(f"{self.path} cannot be read: {error.strerror}") from error
        try:
            return json.loads(data)
        except RecursionError:
            raise ValueError("it is nested too deeply") from None

    def write(self, content: object) -> None:
        """Put `content` in the place of what the file holds, in one step.

        Raises:
            KeepingFailed: The disk does not take it; the file is what it was.
        """
        if self._left is not None:
            raise KeepingFailed(self._left)
        text = json.dumps(content, ensure_ascii=False, indent=1) + "\n"
        fresh = self.path.with_name(f"{self.path.name}.new")
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            put(text, self.path, fresh)
        except OSError as error:
            raise KeepingFailed(f"{self.path} cannot be written: {error.strerror}") from error

    def set_aside(self, why: str) -> Damage:
        """Keep what cannot be understood under another name, for a person to look at.

        Raises:
            KeepingFailed: It cannot be renamed.
        """
        stamp = datetime.now(UTC).strftime("%Y%m%d-%H%M%S-%f")
        aside = self.path.with_name(f"{self.path.name}.damaged-{stamp}")
        try:
            self.path.rename(aside)
        except OSError as error:
            raise KeepingFailed(
                f"{self.path} cannot be understood ({why}) and cannot be put aside: {error.strerror}"
            ) from error
        return Damage(aside, why)

"""Text that comes piece by piece, and ends before the first of some words that end it."""

from collections.abc import Sequence


class Stopping:
    """Holds back what may be the beginning of a stop sequence.

    Args:
        sequences: Each ends the text, and is no part of it.
    """

    def __init__(self, sequences: Sequence[str]) -> None:
        if not all(sequences):
            raise ValueError("a stop sequence without characters would end every text at once")
        self._sequences = sequences
        self._held = ""
        self.stopped = False
        """Whether one has come."""

    def feed(self, piece: str) -> str:
        """What is sure to belong to the text, now that a piece has come."""
        if self.stopped:
            return ""
        text = self._held + piece
        ends = [at for at in map(text.find, self._sequences) if at >= 0]
        if ends:
            self.stopped, self._held = True, ""
            return text[: min(ends)]
        held = max((self._begun(text, sequence) for sequence in self._sequences), default=0)
        self._held = text[len(text) - held :]
        return text[: len(text) - held]

    def rest(self) -> str:
        """What was held back, where nothing comes any more."""
        held, self._held = self._held, ""
        return held

    @staticmethod
    def _begun(text: str, sequence: str) -> int:
        """How many characters at the end of the text begin the sequence."""
        longest = min(len(text), len(sequence) - 1)
        return next((size for size in range(longest, 0, -1) if text.endswith(sequence[:size])), 0)

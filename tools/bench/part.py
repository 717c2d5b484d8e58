"""What every measurement gives: tables to read, and the same figures to compute with."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Tell = Callable[[str], None]
"""Takes a line on how far a measurement is."""


@dataclass(frozen=True, slots=True)
class Table:
    """One table of results."""

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...] = ()
    """Sentences on how to read it."""

    def markdown(self) -> str:
        """As Markdown; the first column is text, the others are aligned as numbers."""
        lines = [self.head, ("---", *("---:" for _ in self.head[1:])), *self.rows]
        table = "\n".join(f"| {' | '.join(line)} |" for line in lines)
        notes = "".join(f"\n- {note}" for note in self.notes)
        return f"**{self.title}**\n\n{table}\n" + (f"{notes}\n" if notes else "")


@dataclass(frozen=True, slots=True)
class Picture:
    """A drawing of results, which goes beside the document that shows it."""

    file: str
    """Its name, without a folder."""
    title: str
    svg: str


@dataclass(frozen=True, slots=True)
class Part:
    """The results of one word after `paige bench`."""

    name: str
    summary: str
    """A sentence on what was measured."""
    command: str
    """What to type for the same again."""
    tables: tuple[Table, ...]
    figures: Mapping[str, Any]
    """In JSON's types: seconds, bytes, counts and ratios, unrounded."""
    seconds: float = 0.0
    """How long the measurement took."""
    pictures: tuple[Picture, ...] = ()

    def markdown(self, *, pictures: bool = False) -> str:
        """As a section of a Markdown document, with its pictures where those are written beside it."""
        tables = "\n".join(table.markdown() for table in self.tables)
        drawn = "".join(f"\n![{one.title}]({one.file})\n" for one in self.pictures if pictures)
        return f"## {self.name}\n\n{self.summary}\n\n```console\n$ {self.command}\n```\n\n{tables}{drawn}"

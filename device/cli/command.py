"""What one subcommand of `paige` is made of."""

from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from dataclasses import dataclass

PROMPT_THREAD = "prompt"
"""What a thread is called that waits for a line that is typed."""


@dataclass(frozen=True, slots=True)
class Subcommand:
    """One word after `paige`.

    A folder to the right of `device` offers its own through the entry-point group `paige.commands`.
    """

    name: str
    summary: str
    """One line for the list in `paige --help`."""
    description: str
    """What `paige NAME --help` says above the options; ends with an example."""
    configure: Callable[[ArgumentParser], None]
    """Adds the arguments."""
    run: Callable[[Namespace], int]
    """Does it and gives the exit status: 0 done, 1 not done, 2 used wrongly. Paige's own errors may rise."""

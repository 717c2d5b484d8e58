"""The demo's home and recordings, which are measured with."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import resources
from pathlib import Path

from paige.tools.bench.errors import BenchFailed

_DEMO = resources.files("paige.tools.demo")


@contextmanager
def demo_home() -> Iterator[Path]:
    """The home description, as a file."""
    with resources.as_file(_DEMO / "home.yaml") as home:
        yield home


@contextmanager
def demo_recordings() -> Iterator[tuple[Path, ...]]:
    """The spoken commands, as WAV files in their order.

    Raises:
        BenchFailed: There are none.
    """
    with resources.as_file(_DEMO / "recordings") as folder:
        found = tuple(sorted(folder.glob("*.wav")))
        if not found:
            raise BenchFailed("the demo's recordings are missing; install Paige again: ./paige setup")
        yield found

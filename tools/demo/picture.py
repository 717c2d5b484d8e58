"""Draws the demo, as it printed itself, for the README: `python -m paige.tools.demo.picture FILE.svg`."""

import os
import re
import subprocess
import sys
from pathlib import Path

from rich.console import Console
from rich.text import Text

_COLUMNS = 100
_SHOWN = (
    "01-kitchen-lamp",
    "02-living-room-lights",
    "06-door-locked",
    "08-open-garage",
    "09-yes",
    "11-none-of-them",
)
"""A selection that shows what a turn can be, and still fits a page."""
_FONTS = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)
"""Rich would have the reader's browser fetch a font from elsewhere."""


def picture(file: Path) -> None:
    """Run the demo without a terminal and draw what it prints.

    Raises:
        subprocess.CalledProcessError: The demo failed.
    """
    recordings = Path(__file__).with_name("recordings")
    chosen = [word for name in _SHOWN for word in ("--recording", str(recordings / f"{name}.wav"))]
    demo = [sys.executable, "-m", "paige.device.cli", "demo", *chosen]
    environment = {**os.environ, "FORCE_COLOR": "1"}
    printed = subprocess.run(  # noqa: S603 # our own program
        demo, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, check=True
    )
    console = Console(record=True, width=_COLUMNS, file=Path(os.devnull).open("w"))  # noqa: SIM115 # until the end
    console.print(Text("$ ./paige demo", style="bold"))
    console.print(Text.from_ansi(printed.stdout.decode()))
    file.write_text(_FONTS.sub("", console.export_svg(title="paige demo")), encoding="utf-8")


if __name__ == "__main__":
    picture(Path(sys.argv[1]))

"""The folder of a Vosk model, and what can be known of it before it is loaded."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Final

from paige.models.errors import ModelUnusable

_LAYOUTS: Final = (
    ("am/final.mdl", "conf/mfcc.conf", "conf/model.conf", "graph/HCLr.fst", "graph/Gr.fst"),
    ("final.mdl", "mfcc.conf", "HCLr.fst", "Gr.fst"),
)
"""Files of a Vosk model that can be restricted, as they lie since 2020, and as before."""

MARKS: Final = frozenset(layout[0] for layout in _LAYOUTS)
"""One of these files is in every model of Vosk's, and in nothing else."""

_COMPLAINT: Final = re.compile(
    r"^(?:ERROR|FATAL|ASSERTION_FAILED)(?: \(VoskAPI:\S+\))?:? +(\S.*)", re.MULTILINE
)
"""What Vosk writes when it gives up, such as `ERROR (VoskAPI:Read():file.cc:1) Expected token …`."""

_TRIAL: Final = """
import sys, vosk
model = vosk.Model(sys.argv[1])
word = next((word for word in ("[unk]", "the", "a") if model.vosk_model_find_word(word) >= 0), "")
recognizer = vosk.KaldiRecognizer(model, 16000, '["' + word + '"]')
recognizer.AcceptWaveform(bytes(16000))
recognizer.FinalResult()
"""


def check_folder(folder: Path) -> None:
    """Makes sure that a folder holds a Vosk model that can be restricted to a home's sentences.

    Raises:
        ModelUnusable: with what is missing.
    """
    if not folder.is_dir():
        raise ModelUnusable(f"{folder}: there is no such folder; expected that of an unpacked Vosk model")
    missing = [[name for name in layout if not (folder / name).is_file()] for layout in _LAYOUTS]
    least = min(missing, key=len)
    if not least:
        return
    if all(layout[0] in lacking for layout, lacking in zip(_LAYOUTS, missing, strict=True)):
        raise ModelUnusable(f"{folder}: this is no Vosk model: it has no {_LAYOUTS[0][0]}")
    if any((folder / name).is_file() for name in ("graph/HCLG.fst", "HCLG.fst")):
        raise ModelUnusable(
            f"{folder}: the words of this Vosk model are fixed, so it cannot listen for a home's sentences; "
            "take a small model, such as vosk-model-small-en-us-0.15"
        )
    raise ModelUnusable(f"{folder}: this Vosk model lacks {', '.join(least)}")


def try_folder(folder: Path) -> None:
    """Lets Vosk load a model and hear silence, in a process of its own: some damaged models end the process.

    Raises:
        ModelUnusable: with what Vosk says.
    """
    ended = subprocess.run(  # noqa: S603  # our own interpreter, running what stands above
        [sys.executable, "-c", _TRIAL, str(folder)],
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    said = _COMPLAINT.findall(ended.stderr)
    if ended.returncode != 0 or said:
        why = f": {said[0].strip()}" if said else ""
        raise ModelUnusable(f"{folder}: Vosk cannot use this model; is it complete?{why}")

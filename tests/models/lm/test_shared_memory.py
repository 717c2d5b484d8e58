"""Of folders among files in memory nothing is left, and nobody's is taken away while it is used."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from paige.models.lm.shared_memory import momentary

OPENS = """
import sys, time
from pathlib import Path
from paige.models.lm.shared_memory import momentary
with momentary(Path(sys.argv[1])) as made:
    (made / "file").write_bytes(bytes(5000))
    print(made, flush=True)
    time.sleep(60)
"""


def test_what_a_killed_process_left_goes_and_what_another_uses_stays(tmp_path: Path) -> None:
    folders, processes = [], []
    for _ in range(2):
        process = subprocess.Popen(
            [sys.executable, "-c", OPENS, str(tmp_path)], stdout=subprocess.PIPE, text=True
        )
        assert process.stdout is not None
        processes.append(process)
        folders.append(Path(process.stdout.readline().strip()))
    os.kill(processes[0].pid, signal.SIGKILL)
    processes[0].wait()
    with momentary(tmp_path):
        assert all(folder.is_dir() for folder in folders)  # the second may not be told from the first
    os.kill(processes[1].pid, signal.SIGKILL)
    processes[1].wait()
    (tmp_path / "other").mkdir()
    with momentary(tmp_path) as mine:
        assert {*tmp_path.iterdir()} == {mine, tmp_path / "other"}
    assert {*tmp_path.iterdir()} == {tmp_path / "other"}
    for process in processes:
        assert process.stdout is not None
        process.stdout.close()

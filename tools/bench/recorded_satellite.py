"""A satellite with recordings for a microphone: `… paige.tools.bench.recorded_satellite ADDRESS:PORT WAV …`.

Nothing else of `paige satellite` is replaced; see `paige.tools.bench.recorded_service`.
"""

import signal
import sys
from pathlib import Path

from paige.device.cli import main
from paige.device.satellites.here import service
from paige.tools.bench.recorded_service import RecordedMicrophone

if __name__ == "__main__":
    RecordedMicrophone.recordings = tuple(Path(name) for name in sys.argv[2:])
    signal.signal(signal.SIGUSR1, lambda *_: RecordedMicrophone.speak.set())
    vars(service)["MicrophoneSource"] = RecordedMicrophone
    sys.exit(main(["satellite", "--listen", sys.argv[1]]))

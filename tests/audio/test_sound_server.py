"""A loudspeaker and the microphone before it on a real sound server: unplugged, plugged in, heard again."""

import collections
import ctypes
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from tests.audio.conftest import look_again

from paige.audio.chunk import CHUNK_SAMPLES, RATE, Samples
from paige.audio.errors import SourceLost, SourceUnreadable
from paige.audio.microphone import MicrophoneSource
from paige.audio.speaker import DeviceSpeaker, Ended

_PLUGIN = "libasound_module_pcm_pulse.so"


class Server:
    """PulseAudio with a room: a sink, and a source that hears it."""

    def __init__(self, folder: Path) -> None:
        self._address = f"unix:{folder / 'socket'}"
        self._environment = {**os.environ, "HOME": str(folder), "XDG_RUNTIME_DIR": str(folder)}
        (folder / ".asoundrc").write_text(
            f'pcm.loud {{ type pulse server "{self._address}" device "room" }}\n'
            f'pcm.near {{ type pulse server "{self._address}" device "room.monitor" }}\n'
        )
        modules = [
            "module-null-sink sink_name=room",
            f"module-native-protocol-unix socket={folder / 'socket'}",
        ]
        self._process = subprocess.Popen(
            [
                "pulseaudio",
                "-n",
                "--exit-idle-time=-1",
                "--use-pid-file=no",
                *(f"-L{one}" for one in modules),
            ],
            env=self._environment,
            stderr=subprocess.DEVNULL,
        )
        until = time.monotonic() + 10
        while not self.control("info") and time.monotonic() < until:
            time.sleep(0.05)

    def control(self, *command: str) -> str:
        done = subprocess.run(
            ["pactl", f"--server={self._address}", *command],
            env=self._environment,
            capture_output=True,
            text=True,
            check=False,
        )
        return done.stdout

    def unplug(self) -> None:
        self.control("unload-module", "module-null-sink")

    def plug_in(self) -> None:
        self.control("load-module", "module-null-sink", "sink_name=room")

    def close(self) -> None:
        self._process.terminate()
        self._process.wait(10)


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    if shutil.which("pulseaudio") is None or shutil.which("pactl") is None:
        pytest.skip("PulseAudio is not installed")
    if not list(Path("/usr/lib").glob(f"**/{_PLUGIN}")):
        pytest.skip("ALSA has no plugin for PulseAudio (libasound2-plugins)")
    running = Server(tmp_path)
    with monkeypatch.context() as patch:
        patch.setenv("HOME", str(tmp_path))
        patch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
        look_again()
        yield running
    running.close()
    look_again()


def tone() -> Iterator[Samples]:
    while True:
        yield (8192 * np.sin(2 * np.pi * 440 * np.arange(RATE // 10) / (RATE))).astype(np.int16)


def wait_for_tone(microphone: MicrophoneSource) -> None:
    for chunk in microphone.chunks():
        assert chunk.start < 10
        if np.abs(chunk.samples).max() > 2_000:
            return


def test_what_comes_while_no_thread_gets_on_is_not_lost_and_else_it_comes_at_once(server: Server) -> None:
    """PocketSphinx keeps Python's lock, as `PyDLL` does; a sound server keeps the sound in any case."""
    speaker = DeviceSpeaker("loud")
    playing = speaker.play(tone(), RATE)
    with MicrophoneSource("near") as microphone:
        wait_for_tone(microphone)
        chunks, began, came = microphone.chunks(), time.monotonic(), []
        for _ in range(34):
            next(chunks)
            came.append(time.monotonic())
        assert max(np.diff(came)) < 0.3, "in blocks, not in quarters of what is kept"
        ctypes.PyDLL(None).usleep(1_000_000)
        count = 34
        while time.monotonic() - began < 3:
            count += len(next(chunks).samples) == CHUNK_SAMPLES
        assert count * CHUNK_SAMPLES / RATE == pytest.approx(time.monotonic() - began, abs=0.3)
        assert microphone.health().overflows == 0
    playing.stop()
    assert playing.wait(1)
    speaker.close()


def test_unplugged_plugged_in_and_heard_again(server: Server) -> None:
    speaker = DeviceSpeaker("loud")
    with MicrophoneSource("near") as microphone:
        playing = speaker.play(tone(), RATE)
        wait_for_tone(microphone)
        server.unplug()
        with pytest.raises(SourceLost, match="near no longer delivers sound"):
            collections.deque(microphone.chunks(), maxlen=0)
    assert playing.wait(5)
    assert playing.end is Ended.LOST
    with pytest.raises(SourceUnreadable, match="'near' cannot be opened"):
        MicrophoneSource("near").__enter__()
    server.plug_in()
    began = time.monotonic()
    with MicrophoneSource("near") as microphone:
        assert time.monotonic() - began < 2
        playing = speaker.play(tone(), RATE)
        wait_for_tone(microphone)  # a new sink's monitor delivers nothing for its first two seconds
        playing.stop()
        assert playing.wait(0.5)
    speaker.close()

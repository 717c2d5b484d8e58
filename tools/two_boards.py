"""A satellite and the Paige it serves, two processes that share a room: `python -m paige.tools.two_boards`.

The room is a PulseAudio sink: what the satellite plays and what people say are both in what its microphone
hears, over PortAudio and ALSA as on a board. Somebody says a command; asks for the garage door, is asked, and
says yes; Paige is killed and starts again; somebody says a command. It takes a minute. Exit status: 0 all was
done and answered, 1 it was not, 77 something is not installed here.
"""

import asyncio
import os
import shutil
import subprocess
import sys
import time
import wave
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import numpy as np

from paige.audio.chunk import RATE, Samples
from paige.audio.wav import read_wav
from paige.tools.bench.brokers import HOST, brokers, environment, process, running_broker, simulated_home
from paige.tools.bench.demo import demo_home

_ROOT: Final = Path(__file__).resolve().parents[1]
_PHRASE: Final = _ROOT / "tests/audio/wake/recordings/okay-nabu.wav"
_SPOKEN: Final = _ROOT / "tools/demo/recordings"
_PROGRAMS: Final = ("pulseaudio", "paplay", "parecord")
_PLUGIN: Final = "libasound_module_pcm_pulse.so"
_NOT_HERE: Final = 77
_PATIENCE: Final = 60.0
_HISS: Final = 15.0
"""Standard deviation of what is heard of the room, of 16 bits."""
_HALF: Final = RATE // 2
_LOUD: Final = 300.0
"""Root of the mean square from which half a second is a reply."""


class NotDone(Exception):
    """What was said was not done, or not answered."""


class Room:
    """A sound server with one room in it.

    Args:
        folder: For its socket and its files.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._server = f"unix:{folder / 'socket'}"
        self.environment = {"HOME": str(folder), "XDG_RUNTIME_DIR": str(folder)}
        (folder / ".asoundrc").write_text(
            f'pcm.loud {{ type pulse server "{self._server}" device "room" }}\n'
            f'pcm.near {{ type pulse server "{self._server}" device "room.monitor" }}\n'
        )

    @contextmanager
    def open(self) -> Iterator[None]:
        """Let there be sound, and hiss."""
        modules = (
            "module-null-sink sink_name=room",
            f"module-native-protocol-unix socket={self._folder}/socket",
        )
        hiss = np.random.default_rng(1).normal(0, _HISS, 300 * RATE).astype(np.int16)
        with self._running(
            "pulseaudio", "-n", "--exit-idle-time=-1", "--use-pid-file=no", *(f"-L{one}" for one in modules)
        ):
            until = time.monotonic() + _PATIENCE
            while not (self._folder / "socket").exists() and time.monotonic() < until:
                time.sleep(0.1)
            with self._running(*self._play(hiss, "hiss.wav")):
                yield

    def say(self, *sound: Samples) -> None:
        """Somebody speaks; returns when that is over."""
        subprocess.run(  # noqa: S603  # our own arguments
            self._play(np.concatenate(sound), "said.wav"), env=os.environ | self.environment, check=True
        )

    def hear(self, seconds: float) -> Samples:
        """What is heard in the next seconds. Shape: [samples]."""
        heard = self._folder / "heard.wav"
        options = ("--device=room.monitor", f"--rate={RATE}", "--channels=1", "--file-format=wav")
        with self._running("parecord", f"--server={self._server}", *options, str(heard)):
            time.sleep(seconds)
        return read_wav(heard).samples

    def _play(self, samples: Samples, name: str) -> tuple[str, ...]:
        with wave.open(str(self._folder / name), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(RATE)
            file.writeframes(samples.astype("<i2").tobytes())
        return "paplay", f"--server={self._server}", "--device=room", str(self._folder / name)

    @contextmanager
    def _running(self, *command: str) -> Iterator[None]:
        running = subprocess.Popen(  # noqa: S603  # our own arguments
            command, env=os.environ | self.environment, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL
        )
        try:
            yield
        finally:
            running.terminate()
            running.wait(_PATIENCE)


class Boards:
    """The satellite and its hub.

    Args:
        folder: For their state and logs.
        room: Where the satellite is.
        home: A description of the house.
        broker: The broker's port.
    """

    def __init__(self, folder: Path, room: Room, home: Path, broker: int) -> None:
        self._room = room
        self._logs = {name: folder / f"{name}.log" for name in ("satellite", "hub")}
        self._port = 10_000 + os.getpid() % 10_000
        self._environments = {
            "satellite": {
                **room.environment,
                "PAIGE_SPEECH_MICROPHONE": "near",
                "PAIGE_VOICE_SPEAKER": "loud",
                "PAIGE_HOUSE_AREA": "Kitchen",
            },
            "hub": {
                "HOME": str(folder),
                "STATE_DIRECTORY": str(folder),
                "PAIGE_MQTT_HOST": HOST,
                "PAIGE_MQTT_PORT": str(broker),
                "PAIGE_HOUSE_HOME": str(home),
                "PAIGE_SATELLITES_WYOMING": f"{HOST}:{self._port}",
            },
        }

    async def start(self, name: str, stack: AsyncExitStack) -> asyncio.subprocess.Process:
        """Start one of them, until the stack is left."""
        arguments = ("satellite", "--listen", f"{HOST}:{self._port}") if name == "satellite" else ("run",)
        log = stack.enter_context(self._logs[name].open("ab"))
        command = (sys.executable, "-m", "paige.device.cli", *arguments)
        running = process(*command, env=environment(**self._environments[name]), stderr=log.fileno())
        return await stack.enter_async_context(running)

    def log(self, name: str) -> str:
        """What it has written."""
        return self._logs[name].read_text(encoding="utf-8", errors="replace")

    async def until(self, what: str, satisfied: Callable[[], bool]) -> None:
        """Wait for something.

        Raises:
            NotDone: It does not happen.
        """
        began = time.monotonic()
        while not satisfied():
            if time.monotonic() - began > _PATIENCE:
                raise NotDone(f"{what}: not within {_PATIENCE:g} s")
            await asyncio.sleep(0.1)
        print(f"{what}: {time.monotonic() - began:.1f} s", flush=True)

    async def connected(self, count: int) -> None:
        """Wait until a hub has come so often."""
        await self.until("connected", lambda: self.log("hub").count("is an ear in Kitchen") == count)
        await asyncio.sleep(3)  # the recognizer learns the names

    async def says(self, recording: str, comes: str, *, wakes: bool = True) -> None:
        """Somebody says something to the satellite, the hub does it, and the reply is heard in the room."""
        before = self.log("hub").count(comes)
        sound = [read_wav(_SPOKEN / recording).samples]
        await asyncio.to_thread(self._room.say, *([read_wav(_PHRASE).samples] if wakes else []), *sound)
        heard = asyncio.create_task(asyncio.to_thread(self._room.hear, 5.0))
        await self.until(f"{recording}: {comes}", lambda: self.log("hub").count(comes) > before)
        sounded = await heard
        halves = sounded[: len(sounded) // _HALF * _HALF].reshape(-1, _HALF).astype(np.float64)
        seconds = 0.5 * int((np.sqrt((halves**2).mean(axis=1)) > _LOUD).sum())
        if not seconds:
            raise NotDone(f"{recording}: no reply was heard in the room")
        print(f"  a reply of {seconds:g} s was heard in the room", flush=True)


async def _work() -> None:
    with TemporaryDirectory() as name, demo_home() as home:
        folder = Path(name)
        (folder / "room").mkdir()
        room = Room(folder / "room")
        async with AsyncExitStack() as stack:
            stack.enter_context(room.open())
            broker = await stack.enter_async_context(running_broker(brokers()[-1]))
            await stack.enter_async_context(simulated_home(broker, 0.02))
            boards = Boards(folder, room, home, broker)
            try:
                await boards.start("satellite", stack)
                hub = await boards.start("hub", stack)
                await boards.connected(1)
                await boards.says("10-lamp-here.wav", "intent=HassTurnOff outcomes=done")
                await boards.says("08-open-garage.wav", "expects=confirmation")
                await boards.says("09-yes.wav", "intent=PaigeAnswer outcomes=done", wakes=False)
                hub.kill()
                await boards.until("gone", lambda: "has gone" in boards.log("satellite"))
                await boards.start("hub", stack)
                await boards.connected(2)
                await boards.says("06-door-locked.wav", "intent=HassGetState")
            except NotDone:
                print(boards.log("satellite"), boards.log("hub"), sep="\n", file=sys.stderr)
                raise


def main() -> int:
    """Do it; gives the exit status."""
    missing = [program for program in _PROGRAMS if shutil.which(program) is None]
    if not list(Path("/usr/lib").glob(f"**/{_PLUGIN}")):
        missing.append(_PLUGIN)
    if missing:
        print(
            f"not here: {', '.join(missing)}; apt-get install pulseaudio pulseaudio-utils libasound2-plugins"
        )
        return _NOT_HERE
    try:
        asyncio.run(_work())
    except NotDone as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

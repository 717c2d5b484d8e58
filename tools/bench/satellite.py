"""What a satellite takes, beside the whole service: `python -m paige.tools.bench.satellite`.

Both hear the same quiet first; then the satellite hears the wake word and a command, again and again, each
of which a hub on the loopback interface answers with a reply of two seconds. Neither has a loudspeaker.
"""

import asyncio
import os
import signal
import socket
import sys
from asyncio.subprocess import DEVNULL
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from wyoming.asr import Transcript
from wyoming.audio import AudioChunk, AudioStart, AudioStop
from wyoming.client import AsyncTcpClient
from wyoming.satellite import RunSatellite

from paige.tools.bench.brokers import HOST, brokers, environment, process, running_broker
from paige.tools.bench.demo import demo_home, demo_recordings
from paige.tools.bench.distribution import megabytes
from paige.tools.bench.process_memory import Memory, process_memory, processor_seconds
from paige.tools.bench.service_process import running_service

PHRASE: Final = Path(__file__).resolve().parents[2] / "tests/audio/wake/recordings/okay-nabu.wav"
_SETTLE_SECONDS: Final = 15.0
_LOOK_SECONDS: Final = 20.0
_COMMAND_SECONDS: Final = 2.5
_START_SECONDS: Final = 30.0
_REPLY: Final = bytes(2 * 2 * 22_050)
"""Two seconds of 16 bits at 22,050 Hz."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What a process takes at a moment."""

    name: str
    memory: Memory
    share: float
    """Of one core, until then."""


async def measure() -> list[Taken]:
    """The satellite idle and after work, and the service idle."""
    with demo_home() as home, demo_recordings() as recordings:
        rows = await _satellite(recordings)
        async with (
            running_broker(brokers()[-1]) as port,
            running_service(port, home, recordings) as service,
        ):
            await asyncio.sleep(_SETTLE_SECONDS)
            share = await service.processor_share(_LOOK_SECONDS)
            return [*rows, Taken("paige run, idle", service.memory(), share)]


async def _satellite(recordings: tuple[Path, ...]) -> list[Taken]:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port = int(probe.getsockname()[1])
    spoken = [str(one) for recording in recordings for one in (PHRASE, recording)]
    command = (sys.executable, "-m", "paige.tools.bench.recorded_satellite", f"{HOST}:{port}", *spoken)
    with TemporaryDirectory() as folder:
        variables = environment(HOME=folder, STATE_DIRECTORY=folder)
        async with process(*command, env=variables, stderr=DEVNULL) as running:
            hub = await _connected(port)
            answering = asyncio.create_task(_answer(hub, len(recordings)))
            await asyncio.sleep(_SETTLE_SECONDS)
            rows = [await _taken("paige satellite, idle", running.pid)]
            os.kill(running.pid, signal.SIGUSR1)
            done = await answering
            rows.append(await _taken(f"paige satellite, after {done} commands", running.pid))
            await hub.disconnect()
            return rows


async def _taken(name: str, pid: int) -> Taken:
    before = processor_seconds(pid)
    await asyncio.sleep(_LOOK_SECONDS)
    return Taken(name, process_memory(pid), (processor_seconds(pid) - before) / _LOOK_SECONDS)


async def _connected(port: int) -> AsyncTcpClient:
    async with asyncio.timeout(_START_SECONDS):
        while True:
            hub = AsyncTcpClient(HOST, port)
            try:
                await hub.connect()
            except OSError:
                await asyncio.sleep(0.1)
                continue
            await hub.write_event(RunSatellite().event())
            return hub


async def _answer(hub: AsyncTcpClient, most: int) -> int:
    """Answer each command; gives how many there were, at the end of all or after a minute without any."""
    done = 0
    while done < most:
        try:
            async with asyncio.timeout(_SETTLE_SECONDS + _LOOK_SECONDS + 30):
                await _until(hub, "run-pipeline")
                await _until(hub, "audio-chunk", round(_COMMAND_SECONDS / 0.03))
                await hub.write_event(Transcript("").event())
                await hub.write_event(AudioStart(22_050, 2, 1).event())
                await hub.write_event(AudioChunk(22_050, 2, 1, _REPLY).event())
                await hub.write_event(AudioStop().event())
                await _until(hub, "played")
        except TimeoutError:
            break
        done += 1
    return done


async def _until(hub: AsyncTcpClient, kind: str, count: int = 1) -> None:
    while count and (event := await hub.read_event()) is not None:
        count -= event.type == kind


def main() -> None:
    """Measure, and print a table."""
    print("| | RSS, MB | PSS | anonymous | peak | of a core |\n|---|---|---|---|---|---|")
    for one in asyncio.run(measure()):
        memory = one.memory
        sizes = map(megabytes, (memory.resident, memory.proportional, memory.anonymous, memory.peak))
        print(f"| {one.name} | {' | '.join(sizes)} | {one.share:.1%} |")


if __name__ == "__main__":
    main()

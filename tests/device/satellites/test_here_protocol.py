"""A satellite of our own as Home Assistant's client sees it, and what it does about who does not behave."""

import asyncio
import os
import signal
import socket
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.device.satellites.conftest import HOST, PATIENCE
from tests.device.satellites.own_satellite import Here, own_satellite, quiet, until
from tests.phrases import phrase
from wyoming.asr import Transcribe, Transcript
from wyoming.audio import AudioChunk, AudioStart, AudioStop
from wyoming.client import AsyncTcpClient
from wyoming.error import Error
from wyoming.event import Event, async_write_event
from wyoming.info import Describe, Info
from wyoming.ping import Ping
from wyoming.pipeline import PipelineStage, RunPipeline
from wyoming.satellite import PauseSatellite, RunSatellite
from wyoming.timer import TimerFinished
from wyoming.wake import Detect, Detection

from paige.audio.chunk import AudioChunk as Chunk
from paige.audio.earcons import Earcon
from paige.audio.speaker import NullSpeaker
from paige.audio.wake import Wake
from paige.device import mouth as mouths
from paige.device.attention import Woken
from paige.device.errors import PeerInvalid
from paige.device.mouth import Aloud, Mouth
from paige.device.satellites.here import role as roles
from paige.device.satellites.here import session as sessions
from paige.device.satellites.here import sound as sounds
from paige.device.satellites.here.ear import Sound
from paige.device.satellites.here.role import Role
from paige.device.satellites.here.session import HubSession
from paige.device.satellites.here.sound import HubSound
from paige.device.satellites.limits import Limits
from paige.device.satellites.server import Send, WyomingServer
from paige.device.satellites.sound import SoundFormat

VOICE_RATE = 22_050


class Client:
    """What a hub is sent, one event after the other."""

    def __init__(self, client: AsyncTcpClient) -> None:
        self._client = client
        self.events: list[Event] = []

    async def tell(self, *events: Event) -> None:
        for event in events:
            await self._client.write_event(event)

    async def got(self, kind: str) -> Event:
        """The next event of that type; those before it are kept, too."""
        async with asyncio.timeout(PATIENCE):
            while True:
                event = await self._client.read_event()
                assert event is not None, f"hung up on before {kind}: {self.kinds}"
                self.events.append(event)
                if event.type == kind:
                    return event

    async def hung_up(self) -> None:
        async with asyncio.timeout(PATIENCE):
            while (event := await self._client.read_event()) is not None:
                self.events.append(event)

    async def settled(self) -> None:
        """All that was told until now has been done."""
        await self.tell(Ping().event())
        await self.got("pong")

    @property
    def kinds(self) -> list[str]:
        return [event.type for event in self.events]


@asynccontextmanager
async def client_of(here: Here) -> AsyncIterator[Client]:
    async with AsyncTcpClient(HOST, here.port) as client:
        yield Client(client)


@asynccontextmanager
async def hub_of(here: Here) -> AsyncIterator[Client]:
    async with client_of(here) as hub:
        await hub.tell(RunSatellite().event())
        await hub.settled()
        yield hub


def spoken(seconds: float, rate: int = VOICE_RATE) -> list[Event]:
    """A reply as Home Assistant sends it."""
    tone = (8000 * np.sin(np.arange(round(seconds * rate)) / 10)).astype("<i2").tobytes()
    pieces = [tone[at : at + 2048] for at in range(0, len(tone), 2048)]
    return [
        AudioStart(rate, 2, 1, timestamp=0).event(),
        *(AudioChunk(rate, 2, 1, piece).event() for piece in pieces),
        AudioStop().event(),
    ]


# --- What a hub sees -------------------------------------------------------------------------------


async def test_it_says_what_it_is_to_anybody_and_serves_one_hub() -> None:
    async with own_satellite() as here, hub_of(here) as hub:
        async with client_of(here) as other:
            await other.tell(Describe().event())
            info = Info.from_event(await other.got("info"))
            await other.tell(RunSatellite().event())
            assert "another hub" in (await other.got("error")).data["text"]
            await other.hung_up()
        await hub.settled()
    assert info.satellite is not None
    assert info.satellite.installed
    assert (info.satellite.name, info.satellite.area) == ("Paige Kitchen", "Kitchen")
    assert [model.phrase for program in info.wake for model in program.models] == ["okay nabu"]


async def test_after_the_wake_word_it_sends_what_follows_until_there_is_a_transcript() -> None:
    async with own_satellite() as here, hub_of(here) as hub:
        here.room.says(quiet(1), phrase(), quiet(3))
        detection = Detection.from_event(await hub.got("detection"))
        assert hub.kinds == ["pong", "detection"]
        run = RunPipeline.from_event(await hub.got("run-pipeline"))
        first = AudioChunk.from_event(await hub.got("audio-chunk"))
        await hub.tell(Transcript("turn on the lamp").event())
        await hub.settled()
        before = len(hub.events)
        await until(lambda: here.room.idle)
        await hub.settled()
        assert hub.kinds[before:] == ["pong"]
    assert (detection.name, run.wake_word_name) == ("okay nabu", "okay nabu")
    assert (run.start_stage, run.end_stage, run.restart_on_end) == (
        PipelineStage.ASR,
        PipelineStage.TTS,
        False,
    )
    assert (first.rate, first.width, first.channels) == (16_000, 2, 1)
    assert first.timestamp is not None
    assert detection.timestamp is not None
    assert 0 <= first.timestamp - detection.timestamp < 60, "none of the word is sent, and all after it"


async def test_a_reply_is_played_as_it_is_and_that_is_told() -> None:
    async with own_satellite() as here, hub_of(here) as hub:
        await hub.tell(*spoken(1.0))
        await hub.got("played")
        ((sound, rate),) = here.loudspeaker.sounds
    assert rate == VOICE_RATE
    assert len(sound) == VOICE_RATE
    assert np.abs(sound.astype(int)).max() == pytest.approx(8000, abs=2)


async def test_what_is_broken_off_is_not_played_to_its_end_though_it_still_comes() -> None:
    async with own_satellite(words=("hey jarvis",), stop_words=("okay nabu",)) as here, hub_of(here) as hub:
        here.loudspeaker.lasts = PATIENCE
        start, *chunks = spoken(60.0)
        await hub.tell(start, *chunks[:20])
        await until(lambda: here.loudspeaker.sounds or here.room.idle)
        here.room.says(phrase())
        await hub.got("user-event")
        await hub.got("played")
        await hub.tell(*chunks[20:])
        here.loudspeaker.lasts = 0.0
        await hub.tell(*spoken(0.5))
        await hub.got("played")
        assert [len(sound) for sound, _ in here.loudspeaker.sounds[1:]] == [VOICE_RATE // 2]


async def test_a_reply_whose_end_is_never_told_has_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sounds, "STALLED_SECONDS", 0.05)
    async with own_satellite() as here, hub_of(here) as hub:
        await hub.tell(*spoken(0.5)[:-1])
        await hub.got("played")


async def test_one_that_is_paused_hears_no_wake_word_until_it_runs_again() -> None:
    async with own_satellite() as here, hub_of(here) as hub:
        await hub.tell(PauseSatellite().event())
        await hub.settled()
        here.room.says(quiet(1), phrase(), quiet(2))
        await until(lambda: here.room.idle)
        await hub.tell(RunSatellite().event())
        await hub.settled()
        assert set(hub.kinds) == {"pong"}
        assert not here.loudspeaker.sounds
        here.room.says(phrase())
        await hub.got("detection")


@pytest.mark.parametrize(
    ("code", "said"), [("stt-no-text-recognized", 0), ("duplicate_wake_up_detected", 0), ("intent-failed", 1)]
)
async def test_after_an_error_it_waits_for_the_wake_word_and_a_failure_is_heard(code: str, said: int) -> None:
    async with own_satellite() as here, hub_of(here) as hub:
        here.room.says(quiet(1), phrase(), quiet(2))
        await hub.got("audio-chunk")
        await hub.tell(Error("it is so", code).event())
        await hub.settled()
        await until(lambda: here.room.idle)
        here.room.says(phrase())
        await hub.got("detection")
        await until(lambda: here.loudspeaker.played(Earcon.WAKE) == 2)
        assert here.loudspeaker.played(Earcon.REFUSED) == said


async def test_a_hub_that_says_nothing_of_what_it_is_sent_is_waited_for_only_so_long(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(roles, "OVERDUE_SECONDS", 0.2)
    async with own_satellite() as here, hub_of(here) as hub:
        here.room.says(quiet(1), phrase())
        await hub.got("audio-stop")
        await until(lambda: here.loudspeaker.played(Earcon.REFUSED))
        here.room.says(phrase())
        await hub.got("detection")


async def test_a_finished_timer_rings_until_the_stop_word(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mouths, "_BETWEEN_RINGS", 0.01)
    async with own_satellite(words=("hey jarvis",), stop_words=("okay nabu",)) as here, hub_of(here) as hub:
        await hub.tell(TimerFinished("one").event())
        await until(lambda: here.loudspeaker.played(Earcon.RING) > 1)
        here.room.says(phrase())
        await hub.got("user-event")
        rung = here.loudspeaker.played(Earcon.RING)
        await asyncio.sleep(0.1)
        assert here.loudspeaker.played(Earcon.RING) == rung


# --- One that always sends -------------------------------------------------------------------------


async def test_one_that_always_sends_goes_on_over_transcripts_and_says_when_it_was_woken() -> None:
    async with own_satellite("always") as here, hub_of(here) as hub:
        run = RunPipeline.from_event(next(one for one in hub.events if one.type == "run-pipeline"))
        await hub.tell(Transcript("turn on the lamp").event())
        await hub.settled()
        await hub.got("audio-chunk")
        await hub.tell(Detection("their word").event(), Transcribe().event())
        await until(lambda: here.loudspeaker.played(Earcon.WAKE))
    assert (run.start_stage, run.restart_on_end) == (PipelineStage.WAKE, True)


@pytest.mark.parametrize("begins", [False, True])
async def test_after_an_error_a_hub_that_does_not_begin_anew_is_asked_to(
    begins: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(roles, "ANEW_SECONDS", 0.2)
    async with own_satellite("always") as here, hub_of(here) as hub:
        hub.events.clear()
        await hub.tell(Error("nothing was said", "stt-no-text-recognized").event())
        if not begins:
            await hub.got("run-pipeline")
            return
        await hub.tell(Detect().event())
        await asyncio.sleep(0.4)
        await hub.settled()
        assert "run-pipeline" not in hub.kinds


# --- Who does not behave ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sent", "complaint"),
    [
        (b"GET / HTTP/1.1\r\n\r\n", "not JSON"),
        (b"[]\n", "no JSON object"),
        (b'{"type": 7}\n', "no “type”"),
        (b"x" * 70_000, "longer than"),
        (b'{"type": "audio-chunk", "payload_length": 4000000000}\n', "the most that is taken"),
        (b'{"type": "audio-start", "data": {"rate": 1, "width": 2, "channels": 1}}\n', "rate"),
        (b'{"type": "audio-start"}\n', "rate"),
        (
            b'{"type": "audio-start", "data": {"rate": 16000, "width": 2, "channels": 1}}\n'
            b'{"type": "audio-chunk", "data": {"rate": 16000, "width": 2, "channels": 1}, '
            b'"payload_length": 3}\nabc',
            "no whole number of frames",
        ),
        (b'{"type": "audio-chunk", "payload_length": 9}\nabc', "not ended an event"),
    ],
)
async def test_who_sends_what_is_no_event_is_told_and_the_next_hub_is_served(
    sent: bytes, complaint: str
) -> None:
    async with own_satellite(limits=Limits(event_seconds=0.2)) as here:
        async with hub_of(here) as hub:
            writer = hub._client._writer
            assert writer is not None
            writer.write(sent)
            assert complaint in (await hub.got("error")).data["text"]
            await hub.hung_up()
        async with hub_of(here) as hub:
            await hub.tell(*spoken(0.1))
            await hub.got("played")


async def test_a_hub_that_is_silent_though_it_pinged_makes_room_for_another(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sessions, "SILENCE_SECONDS", 0.2)
    async with own_satellite() as here, hub_of(here) as hub:
        assert "nothing for 0.2 seconds" in (await hub.got("error")).data["text"]
        async with hub_of(here) as another:
            await another.settled()


async def test_a_flood_of_sounds_is_not_kept() -> None:
    async with own_satellite() as here, hub_of(here) as hub:
        here.loudspeaker.lasts = PATIENCE
        await hub.tell(*(event for _ in range(40) for event in spoken(0.01)))
        assert "wait to be played" in (await hub.got("error")).data["text"]
        await hub.hung_up()


async def test_one_that_does_not_take_what_it_is_sent_is_hung_up_on() -> None:
    closed = asyncio.Event()

    class Generous:
        """Sends more than anybody's buffers hold."""

        def __init__(self, name: str, limits: Limits, send: Send) -> None:
            role = Role(Mouth(None, NullSpeaker()), always=False, speaks=True)
            self._role, self._hub = role, HubSession(role, Info(), name, limits, send)
            self.patience = PATIENCE

        async def handle(self, event: Event) -> None:
            await self._hub.handle(event)
            assert self._role.hub is self._hub
            await self._hub.send(AudioChunk(16_000, 2, 1, bytes(50_000_000)).event())
            assert self._role.hub is None

        async def close(self) -> None:
            closed.set()

    async with WyomingServer(Generous, host=HOST, port=0, limits=Limits(event_seconds=0.2)) as server:
        _, writer = await asyncio.open_connection(HOST, server.port)
        await async_write_event(RunSatellite().event(), writer)  # and never reads
        async with asyncio.timeout(PATIENCE):
            await closed.wait()
        writer.close()


_VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(-5, 200_000), st.text(max_size=5), st.just([]), st.just({})
)
_EVENTS = st.builds(
    Event,
    st.sampled_from(
        [
            "run-satellite",
            "pause-satellite",
            "audio-start",
            "audio-chunk",
            "audio-stop",
            "transcript",
            "error",
            "detect",
            "detection",
            "transcribe",
            "synthesize",
            "timer-finished",
            "voice-stopped",
            "played",
            "x",
        ]
    ),
    st.dictionaries(st.sampled_from(["rate", "width", "channels", "code", "text", "name"]), _VALUES),
    st.binary(max_size=8),
)


class _Nobody:
    async def send(self, event: Event) -> None:
        """It is not looked at."""


@given(st.lists(_EVENTS, max_size=12), st.booleans())
def test_whatever_a_hub_says_is_done_or_refused(events: list[Event], always: bool) -> None:
    async def work() -> None:
        role = Role(Mouth(None, NullSpeaker()), always=always, speaks=True)
        assert role.came(_Nobody())
        for event in events:
            try:
                await role.told(event)
            except PeerInvalid:
                continue
        await role.close()

    asyncio.run(work())


async def test_what_follows_the_wake_word_over_a_question_is_sent_again_as_said_to_the_hub() -> None:
    sent: list[Event] = []

    class Noting:
        async def send(self, event: Event) -> None:
            sent.append(event)

    async def hears(*numbers: int) -> None:
        for number in numbers:
            await role.heard(Sound(Chunk(np.full(480, number, np.int16), number * 0.03)))

    role = Role(Mouth(None, NullSpeaker()), always=False, speaks=True)
    assert role.came(Noting())
    await hears(*range(10))
    await role.heard(Woken(Wake("okay nabu", 0.0, 0.24, 1.0)))
    await hears(*range(10, 20))
    role.speaks(Aloud.WORDS)
    await role.heard(Woken(Wake("okay nabu", 0.3, 0.51, 1.0)))
    await hears(20)
    said = [AudioChunk.from_event(one).audio[0] if one.payload else one.type for one in sent]
    assert said == [
        *("detection", "run-pipeline", *range(8, 20)),
        *("detection", "run-pipeline", 17, 18, 19, 20),
    ]
    await role.close()


def test_a_reply_without_end_does_not_fill_the_memory(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(sounds, "MOST_SECONDS", 1.0)
    sound = HubSound(16_000)
    for _ in range(100):
        sound.put(SoundFormat(16_000, 2, 2), bytes(4 * 1600))
    sound.end()
    assert sum(map(len, sound.pieces())) == 16_000
    assert len(caplog.messages) == 1


# --- The command -----------------------------------------------------------------------------------


def _environment(folder: Path, **more: str) -> dict[str, str]:
    source = os.pathsep.join(path for path in sys.path if path.endswith(".src"))
    return {"PATH": os.environ["PATH"], "HOME": str(folder), "PYTHONPATH": source, **more}


async def _satellite_process(folder: Path, *arguments: str, **environment: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "paige.device.cli", "satellite", *arguments),
        env=_environment(folder, **environment),
        stdout=PIPE,
        stderr=PIPE,
    )


async def test_the_command_serves_until_it_is_stopped_and_tells_its_manager(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager, socket.socket() as probe:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(PATIENCE)
        probe.bind((HOST, 0))
        port = probe.getsockname()[1]
        probe.close()
        told = {"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "200000"}
        process = await _satellite_process(tmp_path, "--listen", f"{HOST}:{port}", **told)
        states: list[bytes] = []
        while b"READY=1" not in states or states.count(b"WATCHDOG=1") < 3:
            states.append(await asyncio.to_thread(manager.recv, 4096))
        async with AsyncTcpClient(HOST, port) as client:
            one = Client(client)
            await one.tell(Describe().event())
            assert (await one.got("info")).data["satellite"]["name"].startswith("Paige ")
        process.send_signal(signal.SIGTERM)
        _, log = await asyncio.wait_for(process.communicate(), PATIENCE)
    assert process.returncode == 0
    assert b"There is no microphone" in log or b"listening to" in log
    assert b"text is served" not in log


@pytest.mark.parametrize(
    ("arguments", "environment", "complaint", "status"),
    [
        ((), {"PAIGE_WAKE_MODE": "push"}, "push is nothing for a satellite", 1),
        ((), {"PAIGE_WAKE_WORDS": "hey 你好"}, "wake.words: ", 1),
        (("--listen", "203.0.113.7:10700"), {}, "choose another for --listen", 1),
        (("--listen", "kitchen"), {}, "no address and port", 2),
    ],
)
async def test_what_cannot_be_is_said(
    arguments: tuple[str, ...], environment: dict[str, str], complaint: str, status: int, tmp_path: Path
) -> None:
    process = await _satellite_process(tmp_path, *arguments, **environment)
    _, log = await asyncio.wait_for(process.communicate(), PATIENCE)
    assert (process.returncode, "Traceback" in log.decode()) == (status, False), log.decode()
    assert complaint in log.decode()

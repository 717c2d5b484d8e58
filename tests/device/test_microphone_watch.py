"""Who looks after a microphone tells of changes, and of nothing else."""

from collections.abc import Mapping

from paige.audio.health import Health, Hearing
from paige.device.microphone_watch import MicrophoneWatch


class Told:
    def __init__(self) -> None:
        self.all: list[Mapping[str, object]] = []

    async def __call__(self, how: Mapping[str, object]) -> None:
        self.all.append(how)


def healthy(clipped: float = 0.0, level: float = -40.0) -> Health:
    return Health(Hearing.HEARING, 5.0, 0, level, clipped)


async def test_each_change_is_told_once_with_what_to_do_about_it() -> None:
    told, now = Told(), 100.0
    watch = MicrophoneWatch(told, lambda: now)
    await watch.look()
    watch.opened(lambda: healthy())
    for _ in range(2):
        await watch.look()
    watch.opened(lambda: healthy(level=-20.0))  # louder is no news
    await watch.look()
    watch.opened(lambda: healthy(clipped=0.02))
    await watch.look()
    watch.opened(lambda: Health(Hearing.SILENT, 7.0, 0, -120.0, 0.0))
    await watch.look()
    now = 200.0
    for _ in range(2):
        watch.lost("USB Mic was unplugged")
        await watch.look()
    assert [one["state"] for one in told.all] == ["lost", "ok", "distorted", "silent", "lost"]
    assert [one["since"] for one in told.all] == [100, 5, 5, 7, 200]
    assert told.all[1] == {"state": "ok", "since": 5, "level": -40.0, "complaint": ""}
    assert "alsamixer" in str(told.all[2]["complaint"])
    assert "muted" in str(told.all[3]["complaint"])
    assert told.all[4]["complaint"] == "USB Mic was unplugged"

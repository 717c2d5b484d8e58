"""What emulated boards are made of. That they work is shown by board.sh and boot.sh of tools/emulated."""

import io
import itertools
import shutil
import struct
import wave
from pathlib import Path

import pytest

from paige.iot.lists import Lists
from paige.models.intent import Intent
from paige.tools.emulated import boards, machine
from paige.tools.emulated.card import RecordedCard
from paige.tools.emulated.guest import sound
from paige.tools.emulated.guest.__main__ import steps
from paige.tools.emulated.guest.console import CheckFailed, until
from paige.tools.emulated.kernel import Modules
from paige.tools.emulated.machine import Machine, Said
from paige.tools.power_cut.card import CardFailed, formatted, lacking, recorded


@pytest.mark.parametrize("name", boards.BOARDS)
def test_a_board_says_its_processor_once_for_each_core(name: str, tmp_path: Path) -> None:
    board = boards.BOARDS[name]
    boards.write(board, tmp_path)
    text = (tmp_path / "proc/cpuinfo").read_text()
    assert text.count("processor\t:") == text.count(f"CPU part\t: {board.part:#05x}\n") == board.cores
    assert len(list((tmp_path / "sys/devices/system/cpu").glob("cpu*/topology/core_id"))) == board.cores


def test_only_boards_with_dot_products_say_so() -> None:
    assert {name for name, board in boards.BOARDS.items() if "asimddp" in board.features} == {"pi5", "orin"}


def test_a_module_comes_after_what_it_needs_and_once(tmp_path: Path) -> None:
    (tmp_path / "modules.dep").write_text(
        "kernel/snd.ko:\n"
        "kernel/snd-timer.ko: kernel/snd.ko\n"
        "kernel/snd-pcm.ko: kernel/snd-timer.ko kernel/snd.ko\n"
        "kernel/snd-aloop.ko: kernel/snd-pcm.ko kernel/snd-timer.ko kernel/snd.ko\n"
    )
    wanted = Modules(tmp_path).with_needed(("snd_aloop", "snd_timer", "built_in"))
    assert [Path(path).stem for path in wanted] == ["snd", "snd-timer", "snd-pcm", "snd-aloop"]


def test_what_the_self_test_says_is_found_between_what_else_is_on_the_console() -> None:
    console = io.BytesIO(b"[  OK  ] Started\r\n\r\nSELFTEST PASS ready: 1 s\r\n\xff\nSELFTEST END\r\n")
    log = io.BytesIO()
    assert list(machine._lines(console, log)) == ["PASS ready: 1 s", "END"]
    assert log.getvalue() == console.getvalue(), "all of it is kept for who looks why"


def test_how_a_boot_went() -> None:
    assert Said(["PASS one: yes", "END"]).ended
    assert not Said(["PASS one: yes", "END"]).failed
    assert Said(["FAIL one: no", "END"]).failed
    assert not Said(["PASS one: yes"]).ended
    assert Said(["PASS one: yes", "KEPT 1", "KEPT 2"]).kept == 2


def test_the_machine_has_what_was_asked_for_and_a_clock_of_its_own(tmp_path: Path) -> None:
    command = Machine(tmp_path, tmp_path / "disk.img", "pi4", 512, 3).command("selftest.what=failures")
    pairs = set(itertools.pairwise(command))
    assert {("-cpu", "cortex-a72"), ("-m", "512"), ("-smp", "3"), ("-icount", machine._CLOCK)} <= pairs
    assert command[command.index("-append") + 1].endswith("selftest.what=failures")


@pytest.mark.parametrize("what", ["failures", "power-cut", "after-power-cut"])
def test_each_boot_has_something_to_do(what: str) -> None:
    assert steps(what, kept=3)


def test_what_does_not_become_true_fails() -> None:
    with pytest.raises(CheckFailed, match="rain: not within 0 s"):
        until("rain", 0.0, lambda: False, pause=0.0)


def test_only_recordings_as_the_room_plays_them_are_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sound, "FOLDER", tmp_path)
    for name, rate in (("right", 16_000), ("wrong", 48_000)):
        with wave.open(str(tmp_path / name), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(rate)
            file.writeframes(b"\1\0" * 100)
    assert sound._samples("right") == b"\1\0" * 100
    with pytest.raises(CheckFailed, match="wrong"):
        sound._samples("wrong")


def test_a_card_keeps_what_was_flushed_and_any_of_the_rest(tmp_path: Path) -> None:
    def request(block: int, data: bytes, flags: int = 0) -> bytes:
        return struct.pack("<QQQQ", block, len(data) // 512, flags, 0).ljust(512, b"\0") + data

    log = tmp_path / "log"
    begin = struct.pack("<QQQL", 0x6A736677736872, 1, 0, 512).ljust(512, b"\0")
    rest = b"".join(request(16 + number, b"r" * 512) for number in range(100))
    killed = request(200, b"k" * 512)[:600]
    log.write_bytes(begin + request(8, b"f" * 1024) + request(0, b"", 1) + rest + killed)
    image = tmp_path / "before"
    image.write_bytes(b"o" * 512 * 300)
    card = RecordedCard(image, log, [log.stat().st_size])
    assert card.told == "102 requests, 1 of them flushes, 50 KiB after the last"
    card.lose(seed=1)
    data = image.read_bytes()
    assert data[8 * 512 : 10 * 512] == b"f" * 1024
    blocks = {data[at : at + 512] for at in range(16 * 512, 116 * 512, 512)}
    assert blocks == {b"r" * 512, b"o" * 512}, "some are there, some not, none is torn"
    assert data[: 8 * 512] + data[10 * 512 : 16 * 512] + data[116 * 512 :] == b"o" * 512 * (300 - 102)


def test_what_was_answered_for_too_early_is_missed_on_some_card(tmp_path: Path) -> None:
    if (why := lacking()) is not None:
        pytest.skip(why)
    disk, before = tmp_path / "disk", tmp_path / "before"
    try:
        formatted(disk, 16)
        shutil.copyfile(disk, before)
        after, too_early = list[int](), list[int]()
        with recorded(disk, tmp_path) as card:
            lists = Lists(card.folder / "var/lib/private/paige/lists.json")
            for number in range(4):
                too_early.append(card.given)
                lists.handle(Intent("HassShoppingListAddItem", {"item": f"item {number}"}, 1.0, ""))
                after.append(card.given)
            log = Path(shutil.copyfile(card.log, tmp_path / "kept"))
        shutil.copyfile(before, disk)
        assert [*RecordedCard(before, log, after).look(8, seed=1)] == [None] * 8
        wrong = [one for one in RecordedCard(disk, log, too_early).look(8, seed=1) if one is not None]
    except CardFailed as error:
        pytest.skip(f"{error}")
    assert any("1 items were answered for, and there are []" in one for one in wrong)

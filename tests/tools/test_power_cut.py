"""A card that loses what was not flushed: what it may hold, and that Paige lives with all of it."""

import os
import struct
import subprocess
import sys
from pathlib import Path

import pytest

from paige.tools.power_cut.cuts import Cut, Keeps, cuts, flushed, kept
from paige.tools.power_cut.log import BLOCK, Log, LogUnreadable, Request, read

MAGIC = 0x6A736677736872


def request(sector: int, data: bytes = b"", flags: int = 0) -> bytes:
    """As QEMU writes it."""
    return struct.pack("<QQQQ", sector, len(data) // BLOCK, flags, 0).ljust(BLOCK, b"\0") + data


def write(number: int, blocks: int = 1) -> Request:
    return Request(8192 + number * BLOCK, bytes([number]) * BLOCK * blocks, flushes=False)


FLUSH = Request(0, b"", flushes=True)


def log(*requests: Request) -> Log:
    return Log(requests, tuple(BLOCK * (2 + number) for number in range(len(requests))))


def test_a_log_is_read_as_it_was_written(tmp_path: Path) -> None:
    file = tmp_path / "log"
    begin = struct.pack("<QQQL", MAGIC, 1, 2, BLOCK).ljust(BLOCK, b"\0")
    file.write_bytes(begin + request(3, b"a" * 1024) + request(0, flags=1))
    found = read(file)
    assert found.requests == (Request(3 * BLOCK, b"a" * 1024, flushes=False), Request(0, b"", flushes=True))
    assert found.ends == (4 * BLOCK, 5 * BLOCK)
    lengths = (0, BLOCK, 2 * BLOCK, 4 * BLOCK, 4 * BLOCK + 1, 5 * BLOCK, 9 * BLOCK)
    assert [found.count(length) for length in lengths] == [0, 0, 1, 1, 2, 2, 2]


def test_what_is_no_log_or_holds_other_requests_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "log"
    file.write_bytes(b"x" * 2 * BLOCK)
    with pytest.raises(LogUnreadable, match="no log"):
        read(file)
    begin = struct.pack("<QQQL", MAGIC, 1, 1, BLOCK).ljust(BLOCK, b"\0")
    file.write_bytes(begin + request(0, flags=4))
    with pytest.raises(LogUnreadable, match="kind 4"):
        read(file)


def test_what_was_flushed_stays_and_of_the_rest_anything() -> None:
    all_of_it = log(write(1), FLUSH, write(2), write(3, blocks=2))
    assert [flushed(all_of_it, at) for at in range(5)] == [0, 0, 2, 2, 2]
    rest = all_of_it.requests[2:]
    assert [*kept(rest, Cut(4, Keeps.NOTHING, 1))] == []
    assert [*kept(rest, Cut(4, Keeps.ALL, 1))] == [(one.offset, one.data) for one in rest]
    blocks = {(8192 + BLOCK * place, bytes([what]) * BLOCK) for place, what in ((2, 2), (3, 3), (4, 3))}
    found = {tuple(kept(rest, Cut(4, Keeps.BLOCKS, seed))) for seed in range(300)}
    assert {frozenset(one) for one in found} == {
        frozenset(one for number, one in enumerate(sorted(blocks)) if chosen >> number & 1)
        for chosen in range(8)
    }, "every selection comes about"
    assert len(found) > 8, "in other orders, too"
    (page,) = {one for seed in range(99) for one in kept(rest[1:], Cut(4, Keeps.PAGES, seed))}
    assert page == (rest[1].offset, rest[1].data)


def test_the_same_seed_cuts_at_the_same_moments_and_at_each_promise() -> None:
    all_of_it = log(*(write(1), FLUSH) * 20)
    chosen = cuts(all_of_it, [0, 7, 40], 30, seed=5)
    assert chosen == cuts(all_of_it, [0, 7, 40], 30, seed=5)
    assert chosen != cuts(all_of_it, [0, 7, 40], 30, seed=6)
    assert len(chosen) == 30
    assert {0, 7, 40} <= {cut.at for cut in chosen}
    assert [cut.at for cut in chosen] == sorted(cut.at for cut in chosen)


def power_cut(*arguments: str) -> tuple[int, str]:
    ended = subprocess.run(
        [sys.executable, "-m", "paige.tools.power_cut", *arguments],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    if ended.returncode == 2:
        pytest.skip(ended.stderr.strip())
    return ended.returncode, ended.stdout + ended.stderr


def test_what_was_promised_is_there_after_a_power_cut_and_nothing_is_torn() -> None:
    status, said = power_cut("--cuts", "8", "--store", "updates", "--store", "install")
    assert status == 0, said
    assert "install" in said


@pytest.mark.parametrize("store", ["timers", "provision, by questions"])
def test_without_syncing_this_is_noticed(store: str) -> None:
    status, said = power_cut("--cuts", "8", "--unsynced", "--store", store)
    assert status == 1, said
    assert f"WRONG {store}" in said

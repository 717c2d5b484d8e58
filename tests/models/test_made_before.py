"""What takes long to make is found by the next start; what is not whole, or of something else, never is."""

import logging
import os
from pathlib import Path

import pytest

from paige.models.made_before import MadeBefore


class Work:
    """Makes words, and counts how often."""

    def __init__(self) -> None:
        self.times = 0

    def get(self, before: MadeBefore, *of: str, kind: str = "words") -> list[str]:
        def make() -> list[str]:
            self.times += 1
            return list(of)

        return before.get(
            kind,
            before.key(*of),
            make,
            write=lambda words: "\n".join(words).encode(),
            read=lambda data: data.decode().split("\n"),
        )


@pytest.fixture
def program(tmp_path: Path) -> Path:
    folder = tmp_path / "program"
    (folder / "below").mkdir(parents=True)
    (folder / "below" / "code.py").write_text("one = 1")
    return folder


def the_file(folder: Path) -> Path:
    (file,) = folder.iterdir()
    return file


def test_the_next_start_finds_it(tmp_path: Path, program: Path) -> None:
    work = Work()
    assert work.get(MadeBefore(tmp_path / "made", program), "turn", "on") == ["turn", "on"]
    wrote = the_file(tmp_path / "made").stat().st_mtime_ns
    assert work.get(MadeBefore(tmp_path / "made", program), "turn", "on") == ["turn", "on"]
    assert work.times == 1
    assert the_file(tmp_path / "made").stat().st_mtime_ns == wrote, "a start writes nothing that is there"


def test_other_words_and_another_program_are_something_else(tmp_path: Path, program: Path) -> None:
    work = Work()
    made = tmp_path / "made"
    work.get(MadeBefore(made, program), "turn", "on")
    assert work.get(MadeBefore(made, program), "turno", "n") == ["turno", "n"]
    assert work.times == 2
    code = program / "below" / "code.py"
    stamp = code.stat()
    code.write_text("one = 2")  # of the same length
    os.utime(code, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))  # as a package gives all its files one time
    work.get(MadeBefore(made, program), "turn", "on")
    assert work.times == 3


def test_what_python_writes_beside_the_program_changes_nothing(tmp_path: Path, program: Path) -> None:
    work = Work()
    work.get(MadeBefore(tmp_path / "made", program), "turn")
    (program / "__pycache__").mkdir()
    (program / "__pycache__" / "code.pyc").write_bytes(b"x")
    work.get(MadeBefore(tmp_path / "made", program), "turn")
    assert work.times == 1


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        pytest.param(lambda data: data[:-1], "damaged or was cut off", id="cut off"),
        pytest.param(lambda data: data[:20], "none of this Paige's", id="cut off in its head"),
        pytest.param(lambda data: b"", "none of this Paige's", id="empty"),
        pytest.param(
            lambda data: data[:-3] + bytes([data[-3] ^ 1]) + data[-2:], "damaged or was cut off", id="a bit"
        ),
        pytest.param(lambda data: b"\x80\x04" + data, "none of this Paige's", id="foreign"),
        pytest.param(
            lambda data: data[:13] + bytes(32) + data[45:], "made of something else", id="of something else"
        ),
    ],
)
def test_what_is_not_whole_is_told_and_made_anew(
    tmp_path: Path, program: Path, damage: object, said: str, caplog: pytest.LogCaptureFixture
) -> None:
    assert callable(damage)
    work, made = Work(), tmp_path / "made"
    work.get(MadeBefore(made, program), "turn", "on")
    whole = the_file(made).read_bytes()
    the_file(made).write_bytes(damage(whole))
    with caplog.at_level(logging.WARNING, "paige"):
        assert work.get(MadeBefore(made, program), "turn", "on") == ["turn", "on"]
    (line,) = caplog.messages
    assert said in line
    assert work.times == 2
    assert the_file(made).read_bytes() == whole, "it is whole again"


def test_what_cannot_be_understood_is_made_anew(
    tmp_path: Path, program: Path, caplog: pytest.LogCaptureFixture
) -> None:
    before = MadeBefore(tmp_path / "made", program)
    key = before.key("x")
    before.get("numbers", key, lambda: 1, write=lambda _: b"none", read=int)
    found = before.get("numbers", key, lambda: 2, write=lambda made: b"%d" % made, read=int)
    assert found == 2
    assert "is not used" in caplog.text
    assert before.get("numbers", key, lambda: 3, write=lambda made: b"%d" % made, read=int) == 2


def test_the_newest_few_stay(tmp_path: Path, program: Path) -> None:
    before, work = MadeBefore(tmp_path / "made", program), Work()
    work.get(before, "other", kind="others")
    for number in range(6):
        work.get(before, str(number))
        for age, file in enumerate(sorted((tmp_path / "made").glob("words-*"))):
            os.utime(file, (age, age))  # whatever the clock says, the one just made stays
    assert len(list((tmp_path / "made").glob("words-*"))) == 3
    assert work.get(before, "5") == ["5"]
    assert work.get(before, "other", kind="others") == ["other"]
    assert work.times == 7


def test_where_nothing_can_be_written_it_is_made_each_time_and_told_once(
    tmp_path: Path, program: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "made").write_text("no folder")  # as root may write wherever there is a folder
    work, before = Work(), MadeBefore(tmp_path / "made" / "below", program)
    with caplog.at_level(logging.INFO, "paige"):
        assert [work.get(before, "turn") for _ in range(2)] == [["turn"], ["turn"]]
    assert work.times == 2
    assert sum("longer than it needs to" in line for line in caplog.messages) == 1

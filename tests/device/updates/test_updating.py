"""Updates of a machine whose service is a real process, started by the real launcher."""

import fcntl
import os
from collections.abc import Iterator
from dataclasses import replace

import pytest
from tests.device.updates.scene import LAUNCHER, Board, bundle_of, program_files, quick_folder

from paige.device.engagement import FILE
from paige.device.errors import BundleInvalid, UpdateBusy, UpdateFailed
from paige.device.updates.bundle import Bundle
from paige.device.updates.journal import Slot
from paige.device.updates.judging import Refusal, Why, Wishes
from paige.device.updates.manifest import Component, Made, Version
from paige.device.updates.updating import End, Ended

NOISE = os.urandom(5000)
if not LAUNCHER.is_file():
    pytest.skip("the launcher is not where a checkout has it", allow_module_level=True)


@pytest.fixture
def board() -> Iterator[Board]:
    with quick_folder() as folder:
        one = Board(folder)
        one.unit.restart()
        assert one.runs() == one.installed
        yield one
        one.unit.stop()


def ended(result: object) -> tuple[End, str]:
    assert isinstance(result, Ended), result
    return result.end, result.why


def test_a_newer_program_is_tried_brought_into_use_and_stays(board: Board) -> None:
    assert ended(board.take("0.2.0")) == (End.PASSED, "")
    assert board.runs() == board.slot("a")
    assert board.journal().trial is None
    assert board.journal().of(Component.PROGRAM).highest == Version.parse("0.2.0")
    assert ended(board.take("0.3.0")) == (End.PASSED, "")
    assert board.runs() == board.slot("b"), "the other slot; what ran before is kept"
    assert not [*board.slots().faults(Slot.A)]
    assert board.unit.restarts == 3


@pytest.mark.parametrize(
    ("how", "why", "before"),
    [
        ("deaf", "its self-test failed: this version cannot hear", None),
        ("broken", "the service did not start", None),
        ("broken", "the service did not start", "0.2.0"),
        ("stillborn", "the service did not start", None),
        ("short", "the service ended soon after its start", "0.2.0"),
        ("mute", "the service was not ready after 1 seconds", None),
    ],
)
def test_what_does_not_do_is_taken_back_and_not_tried_again(
    board: Board, how: str, why: str, before: str | None
) -> None:
    if before is not None:
        assert ended(board.take(before))[0] is End.PASSED
    was = board.runs()
    updater = board.updater
    if how == "mute":
        board.updater = replace(updater, watch=replace(updater.watch, ready=1.0))
    end, said = ended(board.take("0.3.0", how))
    board.updater = updater
    assert end is End.FAILED
    assert why in said
    assert board.runs() == was
    assert board.journal().trial is None
    assert board.slots().current is (None if before is None else Slot.A)
    refusal = board.take("0.3.0", "well")
    assert isinstance(refusal, Refusal)
    assert refusal.why is Why.FAILED_BEFORE
    assert ended(board.take("0.3.0", "well", again=True)) == (End.PASSED, "")
    assert board.journal().of(Component.PROGRAM).failures == ()


def test_older_and_the_same_are_refused_even_after_a_rollback(board: Board) -> None:
    board.take("0.2.0")
    board.take("0.3.0")
    assert board.updater.roll_back(Component.PROGRAM) is not None
    assert board.runs() == board.slot("a")
    for version in ("0.1.0", "0.2.0", "0.3.0"):
        refusal = board.take(version)
        assert isinstance(refusal, Refusal)
        assert refusal.why is Why.NOT_NEWER
    assert ended(board.take("0.3.0", older=True)) == (End.PASSED, "")
    assert board.runs() == board.slot("b")


def test_a_rollback_of_the_first_update_uses_what_is_installed_and_once_more_the_update(board: Board) -> None:
    with pytest.raises(UpdateFailed, match="nothing but what is installed"):
        board.updater.roll_back(Component.PROGRAM)
    board.take("0.2.0")
    assert board.updater.roll_back(Component.PROGRAM) is None
    assert board.runs() == board.installed


def test_a_rollback_to_a_damaged_slot_is_refused(board: Board) -> None:
    board.take("0.2.0")
    board.take("0.3.0")
    (board.slot("a") / "PYTHON").write_text("3.99\n")
    with pytest.raises(UpdateFailed, match="PYTHON is damaged"):
        board.updater.roll_back(Component.PROGRAM)
    assert board.runs() == board.slot("b")


def test_an_update_for_another_machine_or_a_newer_paige_is_refused(board: Board) -> None:
    bundle = board.bundle("0.2.0")
    for made in (Made("3.99", "x86_64"), Made("3.11", "pdp11")):
        other = replace(board.updater, machine=replace(board.updater.machine, made=made))
        refusal = other.take(bundle, Wishes(older=True, again=True))
        assert isinstance(refusal, Refusal)
        assert refusal.why is Why.OTHER_MACHINE
    skills = Bundle(bundle_of(board.folder, "1", {"a.yaml": "x"}, Component.SKILLS, needs="0.2"), board.keys)
    refusal = board.updater.take(skills, Wishes())
    assert isinstance(refusal, Refusal)
    assert refusal.why is Why.NEEDS_NEWER


def test_nothing_is_restarted_while_somebody_talks_and_what_is_unpacked_waits(board: Board) -> None:
    board.root.mkdir()
    with (board.root / FILE).open("w") as talking:
        fcntl.flock(talking, fcntl.LOCK_SH)
        assert ended(board.take("0.2.0"))[0] is End.POSTPONED
        assert board.unit.restarts == 1
        assert board.runs() == board.installed
        unpacked = (board.slot("a") / "PYTHON").stat().st_ino
    assert ended(board.take("0.2.0")) == (End.PASSED, "")
    assert (board.slot("a") / "PYTHON").stat().st_ino == unpacked, "it is not unpacked again"


def test_a_service_that_was_stopped_stays_so(board: Board) -> None:
    board.unit.stop()
    assert ended(board.take("0.2.0")) == (End.PASSED, "")
    assert board.unit.restarts == 1
    assert board.slots().current is Slot.A
    assert ended(board.take("0.3.0", "deaf"))[0] is End.FAILED
    assert board.slots().current is Slot.A


def test_one_update_at_a_time(board: Board) -> None:
    board.root.mkdir()
    with (board.root / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(UpdateBusy, match="another update"):
            board.take("0.2.0")
        with pytest.raises(UpdateBusy):
            board.updater.recover("the service failed")


def test_a_bundle_that_is_damaged_changes_nothing(board: Board) -> None:
    board.take("0.2.0")
    file = bundle_of(board.folder, "0.3.0", {**program_files("0.3.0"), "paige/x": NOISE})
    data = bytearray(file.read_bytes())
    data[data.index(NOISE[2000:2100])] ^= 1  # what cannot be packed is stored as it is
    file.write_bytes(data)
    with pytest.raises(BundleInvalid, match=r"damaged|length"):
        board.updater.take(Bundle(file, board.keys), Wishes())
    assert board.runs() == board.slot("a")
    assert board.unit.restarts == 2
    assert not board.slot("b").exists()


def test_the_manager_undoes_what_is_on_trial_and_nothing_else(board: Board) -> None:
    assert board.updater.recover("the service failed") is None, "it failed for another reason"
    assert board.unit.restarts == 1

    class Gone(BaseException):
        """The updater is killed while it watches."""

    def killed(*_: object) -> str:
        raise Gone

    with pytest.raises(Gone):
        replace(board.updater, watch=killed).take(board.bundle("0.2.0"), Wishes())  # type: ignore[arg-type]
    assert board.runs() == board.slot("a")
    result = board.updater.recover("the service failed")
    assert ended(result) == (End.FAILED, "the service failed")
    assert board.runs() == board.installed
    assert board.journal().trial is None


def test_a_damaged_journal_is_told_and_nothing_is_done(board: Board) -> None:
    board.take("0.2.0")
    (board.root / "journal.json").write_text("{")
    with pytest.raises(UpdateFailed, match=r"journal\.json: what is known of updates is damaged"):
        board.take("0.3.0")
    assert board.runs() == board.slot("a")


def test_the_reports_say_what_is_in_use_what_is_kept_and_what_failed(board: Board) -> None:
    board.take("0.2.0")
    board.take("0.3.0")
    board.take("0.4.0", "deaf")
    program, models, _ = board.updater.reports()
    # 0.4.0 was unpacked where 0.2.0 was.
    assert [(str(one.version), one.used) for one in program.places] == [("0.4.0", False), ("0.3.0", True)]
    assert [str(one.version) for one in program.standing.failures] == ["0.4.0"]
    assert models.places == ()

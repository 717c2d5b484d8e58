"""What boards say of themselves is understood: files as their owners published them."""

from pathlib import Path

import pytest

from paige.device.board.facts import BoardFacts, l4t_of, look, memory_of

CAPTURES = Path(__file__).with_name("captures")


def captured(board: str) -> BoardFacts:
    return look(CAPTURES / board, "aarch64")


def test_a_raspberry_pi_is_understood() -> None:
    facts = captured("pi4")
    assert facts.model == "Raspberry Pi 4 Model B Rev 1.5"
    assert facts.compatible == ("raspberrypi,4-model-b", "brcm,bcm2711")
    assert (facts.cores, facts.parts) == (4, ("Cortex-A72",))
    assert facts.features == frozenset({"fp", "asimd", "evtstrm", "crc32", "cpuid"})
    assert facts.memory == 3_672_368 * 1024
    assert facts.l4t == ""


def test_a_jetson_is_understood() -> None:
    facts = captured("orin-nano-super")
    assert facts.model == "NVIDIA Jetson Orin Nano Engineering Reference Developer Kit Super"
    assert facts.compatible[-1] == "nvidia,tegra234"
    assert (facts.cores, facts.parts) == (6, ("Cortex-A78AE",))
    assert facts.l4t == "36.4.7"
    assert captured("orin-nano").l4t == "35.3.1"


@pytest.mark.parametrize(
    ("board", "has"),
    [("zero2w", False), ("pi3", False), ("pi4", False), ("pi5", True), ("orin-nano", True), ("rk3588", True)],
)
def test_dot_products_are_seen(board: str, has: bool) -> None:
    assert captured(board).dot_products is has


def test_cores_of_two_kinds_have_what_both_have(tmp_path: Path) -> None:
    assert captured("rk3588").parts == ("0xd05", "Cortex-A76")
    (tmp_path / "proc").mkdir()
    (tmp_path / "proc/cpuinfo").write_text(
        "processor\t: 0\nFeatures\t: fp asimd\n\nprocessor\t: 1\nFeatures\t: fp asimd asimddp\n"
    )
    assert look(tmp_path, "aarch64").features == frozenset({"fp", "asimd"})


def test_where_the_device_tree_is_hidden_the_kernel_tells_the_model(tmp_path: Path) -> None:
    """As in a container of Docker's, which hides /sys/firmware."""
    (tmp_path / "proc").mkdir()
    (tmp_path / "proc/cpuinfo").write_bytes((CAPTURES / "pi5/proc/cpuinfo").read_bytes())
    facts = look(tmp_path, "aarch64")
    assert (facts.model, facts.compatible) == ("Raspberry Pi 5 Model B Rev 1.0", ())


def test_a_desk_machine_has_no_list_of_features_and_is_no_board(tmp_path: Path) -> None:
    (tmp_path / "proc").mkdir()
    (tmp_path / "proc/cpuinfo").write_text(
        "processor\t: 0\nmodel\t\t: 85\nmodel name\t: Some Processor\nflags\t\t: fpu sse2\n\nprocessor\t: 1\n"
    )
    facts = look(tmp_path, "x86_64")
    assert facts == BoardFacts("x86_64", cores=2)
    assert facts.dot_products


def test_a_board_that_says_nothing_is_no_error(tmp_path: Path) -> None:
    facts = look(tmp_path, "aarch64")
    assert (facts.model, facts.compatible, facts.features, facts.memory) == ("", (), None, 0)
    assert facts.cores >= 1
    assert facts.dot_products


def test_what_is_no_such_file_says_nothing() -> None:
    assert memory_of("MemFree: 3 kB\n") == 0
    assert l4t_of("NVIDIA\n") == ""


def test_this_machine_says_something() -> None:
    facts = look()
    assert facts.machine
    assert facts.memory > 100_000_000

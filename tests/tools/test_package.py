"""What is built holds all that the tree holds, and nothing that lies about in it."""

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDERS = {
    "audio": "paige/audio",
    "models": "paige/models",
    "iot": "paige/iot",
    "device": "paige/device",
    "tools": "paige/tools",
    "firmware-configs": "paige/firmware_configs",
}


def build(kind: str, source: Path, into: Path) -> Path:
    """What the build backend makes of a source tree, with no download."""
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", kind, "-d", str(into)],
        cwd=source,
        check=True,
        capture_output=True,
    )
    [built] = into.iterdir()
    return built


def names(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def tree() -> set[str]:
    """The names in a wheel of all files that were written by somebody."""
    return {
        f"{place}/{path.relative_to(ROOT / folder).as_posix()}"
        for folder, place in FOLDERS.items()
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build("wheel", ROOT, tmp_path_factory.mktemp("wheel"))


def test_the_wheel_is_the_tree_without_the_scripts_of_a_checkout(wheel: Path) -> None:
    packaged = {name for name in names(wheel) if ".dist-info/" not in name}
    scripts = {name for name in tree() if name.endswith(".sh")}
    assert packaged == tree() - scripts
    assert "paige/tools/clean_root.sh" in scripts
    assert all(name.startswith("paige/tools/") for name in scripts), scripts


def test_the_wheel_holds_what_runs_need_beside_python(wheel: Path) -> None:
    packaged = names(wheel)
    assert {
        f"{place}/py.typed" for folder, place in FOLDERS.items() if folder != "firmware-configs"
    } <= packaged
    for prefix, suffix in (
        ("paige/models/languages/en/", ".yaml"),
        ("paige/tools/demo/home", ".yaml"),
        ("paige/tools/demo/recordings/", ".wav"),
        ("paige/firmware_configs/systemd/", ".service"),
        ("paige-", "/LICENSE"),
    ):
        assert any(name.startswith(prefix) and name.endswith(suffix) for name in packaged), (prefix, suffix)


def test_the_source_distribution_makes_the_same_wheel_and_brings_its_tests(
    wheel: Path, tmp_path: Path
) -> None:
    (tmp_path / "sdist").mkdir()
    (tmp_path / "wheel").mkdir()
    shutil.unpack_archive(build("sdist", ROOT, tmp_path / "sdist"), tmp_path)
    [source] = tmp_path.glob("paige-*")
    assert names(build("wheel", source, tmp_path / "wheel")) == names(wheel)
    assert (source / "tests" / "tools" / Path(__file__).name).exists()

"""Which files a program is made of, with libraries made for the purpose."""

from pathlib import Path, PurePosixPath

import pytest

from paige.device.errors import InstallFailed
from paige.device.install.program import Program, gather, left_out

ENVIRONMENT = {"python_version": "3.11", "platform_machine": "aarch64"}


def library(site: Path, name: str, *requires: str, files: tuple[str, ...] = (), record: bool = True) -> None:
    """What pip leaves of a library."""
    folder = site / f"{name}-1.0.dist-info"
    folder.mkdir(parents=True)
    lines = [f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n"]
    (folder / "METADATA").write_text("".join(lines + [f"Requires-Dist: {one}\n" for one in requires]))
    (folder / "INSTALLER").write_text("pip\n")
    for file in files:
        path = site / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"# {file}\n")
    if record:
        names = [*files, f"{folder.name}/METADATA", f"{folder.name}/INSTALLER", "../../bin/script"]
        (folder / "RECORD").write_text("".join(f"{one},,\n" for one in names))


def paths(program: Program) -> set[str]:
    return {str(member.path) for member in program.members}


def test_a_program_holds_what_is_needed_at_run_time_and_says_for_which_python(tmp_path: Path) -> None:
    library(
        tmp_path,
        "paige",
        'numbers>=1; platform_machine == "aarch64"',
        'windows; platform_machine == "AMD64"',
        'demos; extra == "demo"',
        "sound[fast]",
        "tokenizers",
        files=("paige/device/cli.py", "paige/tests/kept.py"),
    )
    library(tmp_path, "numbers", files=("numbers/one.py", "numbers/tests/two.py", "numbers/x.h"))
    library(tmp_path, "sound", 'speed; extra == "fast"', files=("sound.py", "sound.pyc"))
    library(tmp_path, "speed", "sound", files=("speed.py",))
    library(tmp_path, "tokenizers", "huggingface-hub", files=("tokenizers.py",))
    program = gather([str(tmp_path)], "3.11", ENVIRONMENT)
    metadata = {
        f"{name}-1.0.dist-info/{file}"
        for name in ("paige", "numbers", "sound", "speed", "tokenizers")
        for file in ("METADATA", "RECORD")
    }
    assert paths(program) - metadata == {
        "PYTHON",
        "numbers/one.py",
        "paige/device/cli.py",
        "paige/tests/kept.py",
        "sound.py",
        "speed.py",
        "tokenizers.py",
    }
    assert metadata <= paths(program)
    assert next(one.source for one in program.members if one.path == PurePosixPath("PYTHON")) == b"3.11\n"


def test_a_library_that_an_old_pip_installed_by_its_setup_is_taken_whole(tmp_path: Path) -> None:
    library(tmp_path, "paige", "srt", files=("paige/device/cli.py",))
    # As pip 23.0 of Debian 12 leaves srt, which has no wheel; SOURCES.txt names what lay in its archive.
    folder = tmp_path / "srt-3.5.3-py3.11.egg-info"
    folder.mkdir()
    (folder / "PKG-INFO").write_text("Metadata-Version: 2.1\nName: srt\nVersion: 3.5.3\n")
    (folder / "SOURCES.txt").write_text("README.rst\nsetup.py\nsrt.py\n")
    listed = "../../../../bin/srt\n../__pycache__/srt.cpython-311.pyc\n../srt.py\nPKG-INFO\nSOURCES.txt\n"
    (folder / "installed-files.txt").write_text(listed)
    (tmp_path / "srt.py").write_text("# srt\n")
    taken = {path for path in paths(gather([str(tmp_path)], "3.11", ENVIRONMENT)) if "srt" in path}
    assert taken == {"srt.py", *(f"{folder.name}/{name}" for name in ("PKG-INFO", "SOURCES.txt", "RECORD"))}


def test_a_checkout_is_followed_through_its_link(tmp_path: Path) -> None:
    site, checkout = tmp_path / "site", tmp_path / "checkout"
    library(site, "paige", files=("paige.pth",))
    (site / "paige.pth").write_text(f"{checkout / '.src'}\n")
    (site / "paige-1.0.dist-info" / "direct_url.json").write_text('{"dir_info": {"editable": true}}')
    for name in ("device/cli.py", "device/__pycache__/cli.cpython-311.pyc", "device/.hidden"):
        (checkout / name).parent.mkdir(parents=True, exist_ok=True)
        (checkout / name).write_text("")
    (checkout / ".src/paige").mkdir(parents=True)
    (checkout / ".src/paige/device").symlink_to("../../device")
    program = gather([str(site)], "3.11", ENVIRONMENT)
    record = "paige-1.0.dist-info/RECORD"
    assert paths(program) == {"PYTHON", "paige/device/cli.py", "paige-1.0.dist-info/METADATA", record}
    [text] = [one.source for one in program.members if str(one.path) == record]
    assert isinstance(text, bytes)
    assert b"paige/device/cli.py,,\n" in text
    assert b"paige.pth" not in text


@pytest.mark.parametrize("both", [False, True])
def test_a_runtime_that_is_built_for_more_stands_in(tmp_path: Path, both: bool) -> None:
    """`onnxruntime-gpu` is the same module, and pip calls the requirement unmet."""
    library(tmp_path, "paige", "onnxruntime>=1.31")
    if both:
        library(tmp_path, "onnxruntime", "sound", files=("onnxruntime/capi/all.so",))
    cuda = "onnxruntime/capi/libonnxruntime_providers_cuda.so"
    library(tmp_path, "onnxruntime_gpu", "numbers", files=("onnxruntime/capi/all.so", cuda))
    library(tmp_path, "numbers", files=("numbers.py",))
    taken = paths(gather([str(tmp_path)], "3.11", ENVIRONMENT))
    assert {"onnxruntime/capi/all.so", cuda, "numbers.py", "onnxruntime_gpu-1.0.dist-info/METADATA"} <= taken
    assert "onnxruntime-1.0.dist-info/METADATA" not in taken


def test_a_library_that_is_missing_is_named(tmp_path: Path) -> None:
    library(tmp_path, "paige", "sound")
    with pytest.raises(InstallFailed, match="the library sound is missing"):
        gather([str(tmp_path)], "3.11", ENVIRONMENT)


def test_a_library_whose_files_nobody_knows_is_named(tmp_path: Path) -> None:
    library(tmp_path, "paige", "sound")
    library(tmp_path, "sound", record=False)
    with pytest.raises(InstallFailed, match="sound is not one that pip installed"):
        gather([str(tmp_path)], "3.11", ENVIRONMENT)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("onnxruntime/transformers/optimizer.py", True),
        ("onnxruntime/capi/onnxruntime_pybind11_state.so", False),
        ("numpy/lib/tests/test_io.py", True),
        ("numpy/testing/__init__.py", False),
        ("pocketsphinx/model/en-us/en-us.lm.bin", True),
        ("pocketsphinx/model/en-us/en-us-phone.lm.bin", False),
        ("numpy-2.4.6.dist-info/licenses/LICENSE.txt", False),
        ("numpy-2.4.6.dist-info/direct_url.json", True),
        ("paige/tools/tests/anything.h", False),
    ],
)
def test_what_a_board_never_opens_is_left_out(path: str, expected: bool) -> None:
    assert left_out(PurePosixPath(path)) is expected

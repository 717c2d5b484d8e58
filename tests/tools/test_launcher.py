"""The launcher as people meet it: without Python, without a network, interrupted, moved, twice at once.

It runs for real, with a real venv and a real pip, on a stand-in for the project that needs nothing from the
network. What is made up is the machine around it: what is on the PATH, and what that says of itself.
"""

import fcntl
import json
import os
import pty
import shutil
import signal
import socket
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

LAUNCHER = Path(__file__).parents[2] / "paige"
SHELL = shutil.which("dash") or "/bin/sh"
PATIENCE_SECONDS = 120.0
# The programs that the launcher asks of a system, beside a Python: Debian's essential ones.
PROGRAMS = ["cat", "cksum", "date", "dirname", "flock", "grep", "id", "mkdir", "mktemp", "readlink", "rm"]
PROGRAMS += ["sh", "sleep", "tail"]

PYPROJECT = """\
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]
"""

BACKEND = '''\
"""Builds an editable wheel of the stand-in; waits while there is a file `hold`."""
import pathlib, time, zipfile

def build_editable(folder, config_settings=None, metadata_directory=None):
    here = pathlib.Path.cwd()
    with (here / "builds").open("a") as builds:
        builds.write("1")
    while (here / "hold").exists():
        time.sleep(0.02)
    metadata = "Metadata-Version: 2.1\\nName: paige\\nVersion: 0\\n"
    for extra in ("demo", "test"):
        metadata += f"Provides-Extra: {extra}\\n"
    for library in (here / "libraries").read_text().split():
        metadata += f"Requires-Dist: {library}\\n"
    with zipfile.ZipFile(pathlib.Path(folder) / "paige-0-py3-none-any.whl", "w") as wheel:
        wheel.writestr("paige-stand-in.pth", str(here))
        wheel.writestr("paige-0.dist-info/METADATA", metadata)
        wheel.writestr("paige-0.dist-info/WHEEL", "Wheel-Version: 1.0\\nTag: py3-none-any\\n")
        wheel.writestr("paige-0.dist-info/entry_points.txt", "[console_scripts]\\npaige = stand_in:main\\n")
        wheel.writestr("paige-0.dist-info/RECORD", "")
    return "paige-0-py3-none-any.whl"
'''

STAND_IN = """\
import json, os, sys

def main(program="paige"):
    heard = {"program": program, "arguments": sys.argv[1:], "folder": os.getcwd(), "python": sys.prefix}
    print(json.dumps(heard))
    return int(os.environ.get("STATUS", "0"))
"""


@dataclass
class Machine:
    """A checkout on a machine of which a test says what there is."""

    folder: Path  # the checkout
    programs: Path  # the whole of its PATH
    environment: dict[str, str] = field(default_factory=dict)

    def command(self, *arguments: str) -> list[str]:
        return [SHELL, str(self.folder / "paige"), *arguments]

    def settings(self, **environment: str) -> dict[str, str]:
        nowhere = {"PIP_CONFIG_FILE": os.devnull, "PIP_RETRIES": "1", "PIP_NO_CACHE_DIR": "1"}
        home = {"HOME": str(self.folder.parent), "PATH": str(self.programs), "LC_ALL": "C.UTF-8"}
        return nowhere | home | {"PAIGE_NO_APT": "1"} | self.environment | environment

    def run(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command(*arguments),
            env=self.settings(**environment),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PATIENCE_SECONDS,
            check=False,
        )

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            self.command(*arguments),
            env=self.settings(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def installs(self, name: str, script: str) -> None:
        """Put a program on the PATH."""
        program = self.programs / name
        program.unlink(missing_ok=True)
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)

    def builds(self) -> int:
        """How often pip has installed the project."""
        count = self.folder / "builds"
        return len(count.read_text()) if count.exists() else 0


def real_python() -> str:
    """The Python that the environment of these tests was made with."""
    return os.path.realpath(sys.executable)


def make_machine(folder: Path) -> Machine:
    checkout, programs = folder / "checkout", folder / "programs"
    checkout.mkdir(parents=True)
    programs.mkdir()
    for name in PROGRAMS:
        if found := shutil.which(name):
            (programs / name).symlink_to(found)
    shutil.copy(LAUNCHER, checkout / "paige")
    (checkout / "pyproject.toml").write_text(PYPROJECT)
    (checkout / "backend.py").write_text(BACKEND)
    (checkout / "libraries").write_text("")
    (checkout / "stand_in.py").write_text(STAND_IN)
    (checkout / "pytest").mkdir()
    (checkout / "pytest" / "__main__.py").write_text(
        "import stand_in, sys\nsys.exit(stand_in.main('pytest'))\n"
    )
    machine = Machine(checkout, programs)
    machine.installs("python3", f'exec "{real_python()}" "$@"')
    return machine


def only_line(result: subprocess.CompletedProcess[str]) -> str:
    """What it said, which must be one line of its own and a failure."""
    assert result.returncode == 1, result
    assert result.stdout == ""
    lines = result.stderr.splitlines()
    assert len(lines) == 1, result.stderr
    assert lines[0].startswith("paige: ")
    return lines[0]


def last_line(result: subprocess.CompletedProcess[str]) -> str:
    """Why it ended, after it had said what it was doing (a line that ends with an ellipsis for each)."""
    *before, last = result.stderr.splitlines()
    assert all(line.startswith("paige: ") and line.endswith(" …") for line in before), result.stderr
    return only_line(subprocess.CompletedProcess(result.args, result.returncode, result.stdout, last))


def wait_until(condition: Callable[[], bool]) -> None:
    """Wait for another process; there is no clock of ours in it."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@contextmanager
def changed(file: Path, addition: str = "# changed") -> Iterator[None]:
    """The file with something more in it, for a while."""
    before = file.read_text() if file.exists() else None
    file.write_text((before or "") + addition)
    try:
        yield
    finally:
        if before is None:
            file.unlink()
        else:
            file.write_text(before)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return make_machine(tmp_path)


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Machine:
    """A machine on which the launcher has run once, in a terminal, at a path that is hard to quote.

    Its checkout may be changed by a test that puts it back; the next run makes good what the test broke.
    """
    machine = make_machine(tmp_path_factory.mktemp("Höfe & 'Gärten' [2] #1 50%"))
    controller, terminal = pty.openpty()
    process = subprocess.run(
        machine.command("first"),
        env=machine.settings(),
        stdin=subprocess.DEVNULL,
        stderr=terminal,
        stdout=subprocess.PIPE,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )
    os.close(terminal)
    shown = os.read(controller, 1 << 16).decode()
    os.close(controller)
    assert process.returncode == 0, shown
    assert "making a Python environment … 0 s" in shown
    assert "\n" not in shown.split("for microphones")[0], "progress stays in one line and is wiped away"
    assert json.loads(process.stdout)["arguments"] == ["first"]
    return machine


# --- what the system lacks


def test_without_python_it_names_the_package(machine: Machine) -> None:
    (machine.programs / "python3").unlink()
    assert "sudo apt-get install python3 python3-venv" in only_line(machine.run("demo"))


def test_an_old_python_is_named_with_what_would_do(machine: Machine) -> None:
    machine.installs("python3", '[ "$1" != -V ] || { echo Python 3.9.2; exit 0; }; exit 1')
    line = only_line(machine.run("demo"))
    assert "Python 3.9.2" in line
    assert "3.11 or newer" in line
    assert "PAIGE_PYTHON" in line


def test_a_newer_python_beside_an_old_one_is_found(machine: Machine) -> None:
    (machine.programs / "python3").rename(machine.programs / "python3.12")
    machine.installs("python3", '[ "$1" != -V ] || { echo Python 3.9.2; exit 0; }; exit 1')
    machine.environment["PAIGE_VENV"] = "/proc/no/venv"
    # It got past looking for a Python only if it complains about the next thing.
    assert "cannot write" in only_line(machine.run("demo"))
    machine.environment["PAIGE_VENV"] = str(machine.folder / "venv")
    machine.installs("python3.12", f'PYTHONPATH="{machine.folder}/old" exec "{real_python()}" "$@"')
    (machine.folder / "old").mkdir()
    (machine.folder / "old" / "ensurepip.py").write_text("raise ImportError")
    assert "venv module is missing" in only_line(machine.run("demo"))


def test_a_wrong_paige_python_is_refused(machine: Machine) -> None:
    line = only_line(machine.run("demo", PAIGE_PYTHON="/no/such/python"))
    assert "PAIGE_PYTHON=/no/such/python" in line


@pytest.fixture
def without_venv(machine: Machine) -> Machine:
    """Debian's python3 without python3-venv: `venv` is there, `ensurepip` is not."""
    (machine.folder / "without").mkdir()
    (machine.folder / "without" / "ensurepip.py").write_text("raise ImportError('No module named ensurepip')")
    machine.installs("python3", f'PYTHONPATH="{machine.folder}/without" exec "{real_python()}" "$@"')
    return machine


VENV_PACKAGE = f"python{sys.version_info.major}.{sys.version_info.minor}-venv"


def test_python_without_venv_names_the_package(without_venv: Machine) -> None:
    line = only_line(without_venv.run("demo"))
    assert f"sudo apt-get install {VENV_PACKAGE}" in line


def apt(machine: Machine, *, that: str) -> None:
    """Give the machine a root user and an apt-get that writes down its words and does `that`."""
    machine.environment["PAIGE_NO_APT"] = ""
    machine.installs("id", "echo 0")
    machine.installs("apt-cache", "exit 1")
    machine.installs("apt-get", f'echo "$*" >>"{machine.folder}/apt"\n{that}')


def test_as_root_python_without_venv_is_repaired(without_venv: Machine) -> None:
    apt(without_venv, that=f'rm -f "{without_venv.folder}/without/ensurepip.py"')
    result = without_venv.run("hello")
    assert result.returncode == 0, result.stderr
    assert json.loads(result.stdout)["arguments"] == ["hello"]
    asked_for = (without_venv.folder / "apt").read_text()
    assert asked_for.startswith("update -q\ninstall -qy --no-install-recommends")
    assert VENV_PACKAGE in asked_for


def test_as_root_an_old_python_is_joined_by_a_newer_one(machine: Machine) -> None:
    machine.installs("newer", "exit 0")
    machine.installs("python3", '[ "$1" != -V ] || { echo Python 3.10.12; exit 0; }; exit 1')
    apt(machine, that=f'PATH=/bin:/usr/bin; ln -f "{machine.programs}/newer" "{machine.programs}/python3.11"')
    machine.installs("apt-cache", '[ "$2" = python3.11-venv ]')
    result = machine.run("hello")
    assert "making a Python environment" in result.stderr, "with the newer one, which cannot really do it"
    assert (machine.folder / "apt").read_text().endswith(" python3.11-venv\n")


def test_as_root_what_apt_could_not_do_is_said_in_its_words(without_venv: Machine) -> None:
    apt(without_venv, that='echo "E: Unable to locate package"; exit 100')
    line = without_venv.run("demo").stderr.splitlines()[-1]
    assert line == f"paige: apt-get could not install {VENV_PACKAGE}: E: Unable to locate package"


def test_a_32_bit_system_is_told_so(machine: Machine) -> None:
    (machine.folder / "small").mkdir()
    (machine.folder / "small" / "sitecustomize.py").write_text("import sys; sys.maxsize = 2**31 - 1")
    machine.installs("python3", f'PYTHONPATH="{machine.folder}/small" exec "{real_python()}" "$@"')
    assert "32-bit" in only_line(machine.run("demo"))


def test_a_python_without_ssl_is_told_so(machine: Machine) -> None:
    (machine.folder / "without").mkdir()
    (machine.folder / "without" / "sitecustomize.py").write_text("import sys; sys.modules['_ssl'] = None")
    machine.installs("python3", f'PYTHONPATH="{machine.folder}/without" exec "{real_python()}" "$@"')
    line = only_line(machine.run("demo"))
    assert "this Python (python3) was built without ssl" in line
    assert "PAIGE_PYTHON" in line


def test_a_folder_that_cannot_be_written_is_named(machine: Machine) -> None:
    line = only_line(machine.run("demo", PAIGE_VENV="/proc/no/venv"))
    assert "cannot write beside /proc/no/venv" in line
    assert "PAIGE_VENV" in line


@pytest.mark.parametrize("name", ["pyvenv.cfg", ".profile"])
def test_what_the_launcher_did_not_make_is_never_wiped_out(
    machine: Machine, tmp_path: Path, name: str
) -> None:
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    (theirs / name).write_text("precious")
    done = machine.run("hello", PAIGE_VENV=str(theirs))
    assert done.returncode == 1
    assert "was not made by ./paige. Remove it, or set PAIGE_VENV" in done.stderr
    assert [path.name for path in tmp_path.glob("theirs*")] == ["theirs"]
    assert (theirs / name).read_text() == "precious"


@pytest.mark.parametrize("ending", ["", "//"])
def test_what_a_link_points_to_is_never_touched(
    machine: Machine, installed: Machine, tmp_path: Path, ending: str
) -> None:
    def contents() -> dict[Path, int]:
        return {path: path.lstat().st_mtime_ns for path in (theirs, *theirs.rglob("*"))}

    theirs, link = installed.folder / ".venv", tmp_path / "link"
    link.symlink_to(theirs)
    before = contents()
    line = only_line(machine.run("hello", PAIGE_VENV=f"{link}{ending}"))
    assert f"{link} is a symbolic link" in line
    assert "set PAIGE_VENV to a folder" in line
    assert contents() == before
    assert [path.name for path in tmp_path.glob("link*")] == ["link"]


def test_missing_sound_libraries_are_named_once_and_stop_nothing(installed: Machine) -> None:
    assert installed.run("x").returncode == 0
    (installed.folder / ".venv" / ".paige-sound").unlink()
    blind = {"PYTHONPATH": str(installed.folder / "blind")}
    (installed.folder / "blind" / "ctypes").mkdir(parents=True)
    (installed.folder / "blind" / "ctypes" / "__init__.py").touch()
    (installed.folder / "blind" / "ctypes" / "util.py").write_text("def find_library(name): return None")
    first, second = installed.run("x", **blind), installed.run("x", **blind)
    assert (first.returncode, second.returncode) == (0, 0)
    assert first.stderr.count("\n") == 1
    assert "sudo apt-get install libportaudio2 libatomic1" in first.stderr
    assert second.stderr == ""


# --- the network


def closed_port() -> str:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{taken.getsockname()[1]}/simple"


def library(folder: Path) -> Path:
    """A folder with one wheel in it, as a package index would give it."""
    folder.mkdir()
    with zipfile.ZipFile(folder / "a_library-1-py3-none-any.whl", "w") as wheel:
        wheel.writestr("a_library.py", "")
        wheel.writestr(
            "a_library-1.dist-info/METADATA", "Metadata-Version: 2.1\nName: a-library\nVersion: 1\n"
        )
        wheel.writestr(
            "a_library-1.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        wheel.writestr("a_library-1.dist-info/RECORD", "")
    return folder


def test_without_a_network_it_says_so_and_a_later_run_goes_on(machine: Machine, tmp_path: Path) -> None:
    (machine.folder / "libraries").write_text("a-library")
    # `.invalid` never resolves (RFC 2606), as no name does without a network.
    for index in (closed_port(), "https://registry.invalid/simple"):
        line = last_line(machine.run("demo", PIP_INDEX_URL=index))
        assert "no connection" in line
        assert str(machine.folder / ".venv.log") in line
    result = machine.run("hello", PIP_NO_INDEX="1", PIP_FIND_LINKS=str(library(tmp_path / "index")))
    assert result.returncode == 0, result.stderr
    assert "making a Python environment" not in result.stderr, "what was made without a network is kept"


def test_a_library_that_does_not_exist_is_named(installed: Machine) -> None:
    with (
        changed(installed.folder / "libraries", "no-such-library"),
        changed(installed.folder / "pyproject.toml"),
    ):
        line = last_line(installed.run("demo", PIP_NO_INDEX="1"))
    assert "could not be installed: ERROR: " in line
    assert "no-such-library" in line


SOURCE_ONLY = """\
import pathlib, shutil, tarfile, zipfile

def build_wheel(folder, config_settings=None, metadata_directory=None):
    if not shutil.which("g++"):
        raise SystemExit("no compiler")
    with zipfile.ZipFile(pathlib.Path(folder) / "compiled-1-py3-none-any.whl", "w") as wheel:
        metadata = "Metadata-Version: 2.1\\nName: compiled\\nVersion: 1\\n"
        wheel.writestr("compiled-1.dist-info/METADATA", metadata)
        wheel.writestr("compiled-1.dist-info/WHEEL", "Wheel-Version: 1.0\\nTag: py3-none-any\\n")
        wheel.writestr("compiled-1.dist-info/RECORD", "")
    return "compiled-1-py3-none-any.whl"
"""


def test_a_library_that_must_be_compiled_gets_a_compiler_or_names_it(
    installed: Machine, tmp_path: Path
) -> None:
    (tmp_path / "compiled-1").mkdir()
    (tmp_path / "compiled-1" / "pyproject.toml").write_text(PYPROJECT)
    (tmp_path / "compiled-1" / "backend.py").write_text(SOURCE_ONLY)
    (tmp_path / "compiled-1" / "PKG-INFO").write_text("Metadata-Version: 2.1\nName: compiled\nVersion: 1\n")
    shutil.make_archive(str(tmp_path / "compiled-1"), "gztar", tmp_path, "compiled-1")
    index = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(tmp_path)}
    with changed(installed.folder / "libraries", "compiled"), changed(installed.folder / "pyproject.toml"):
        line = last_line(installed.run("demo", **index))
        assert line.endswith(f"sudo apt-get install g++ {VENV_PACKAGE.removesuffix('venv')}dev")
        with_apt = Machine(installed.folder, tmp_path / "programs")
        shutil.copytree(installed.programs, with_apt.programs, symlinks=True)
        apt(with_apt, that='printf "#!/bin/sh\n" >"${0%/*}/g++"; /bin/chmod +x "${0%/*}/g++"')
        result = with_apt.run("hello", **index)
    assert result.returncode == 0, result.stderr


# --- the environment


def moved(machine: Machine, to: Path) -> Machine:
    shutil.copytree(machine.folder, to / "elsewhere", symlinks=True)
    return Machine(to / "elsewhere", machine.programs)


def test_a_moved_checkout_gets_an_environment_of_its_own(installed: Machine, tmp_path: Path) -> None:
    elsewhere = moved(installed, tmp_path)
    result = elsewhere.run("hello")
    assert json.loads(result.stdout)["python"] == str(elsewhere.folder / ".venv")
    assert elsewhere.run("again").stderr == ""


def test_one_environment_elsewhere_serves_the_checkout_that_runs(installed: Machine, tmp_path: Path) -> None:
    other = moved(installed, tmp_path)
    shutil.rmtree(other.folder / ".venv")
    other.environment["PAIGE_VENV"] = str(installed.folder / ".venv")
    (other.folder / "stand_in.py").write_text("def main(): print('the other')")
    assert other.run("hello").stdout == "the other\n"
    assert json.loads(installed.run("hello").stdout)["arguments"] == ["hello"]


def test_an_environment_whose_python_was_exchanged_is_made_anew(installed: Machine, tmp_path: Path) -> None:
    assert installed.run("x").returncode == 0
    newer = tmp_path / "python-of-the-next-release"
    newer.write_text("#!/bin/sh\necho no module named paige >&2; exit 1\n")
    newer.chmod(0o755)
    python = installed.folder / ".venv" / "bin" / "python"
    python.unlink()
    python.symlink_to(newer)
    result = installed.run("hello")
    assert result.returncode == 0, result.stderr
    assert "making a Python environment" in result.stderr


def test_a_changed_pyproject_installs_again_and_only_once(installed: Machine) -> None:
    assert installed.run("x").returncode == 0
    before = installed.builds()
    with changed(installed.folder / "pyproject.toml"):
        first, second = installed.run("hello"), installed.run("hello")
    assert (first.returncode, second.returncode) == (0, 0), first.stderr
    assert installed.builds() == before + 1
    assert second.stderr == ""


def test_control_c_ends_the_installation_and_what_it_started(installed: Machine) -> None:
    assert installed.run("x").returncode == 0
    before = installed.builds()
    with changed(installed.folder / "pyproject.toml"), changed(installed.folder / "hold"):
        process = installed.start("hello")
        wait_until(lambda: installed.builds() == before + 1)
        os.killpg(process.pid, signal.SIGINT)
        _, said = process.communicate(timeout=PATIENCE_SECONDS)
        assert process.returncode == 130
        assert said.endswith("\npaige: stopped. The same command again goes on.\n")
        assert "Terminated" not in said
        with (installed.folder / ".venv.log").open() as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)  # raises while pip still runs


def test_what_was_killed_is_made_anew_and_two_at_once_wait_for_each_other(machine: Machine) -> None:
    (machine.folder / "hold").touch()
    process = machine.start("hello")
    wait_until(lambda: machine.builds() == 1)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    half_written = machine.folder / ".venv" / "half-written"
    half_written.touch()

    first = machine.start("first")
    wait_until(lambda: machine.builds() == 2)
    second = machine.start("second")
    assert second.stderr is not None
    assert "another one is setting up" in second.stderr.readline()
    (machine.folder / "hold").unlink()
    for name, process in (("first", first), ("second", second)):
        stdout, stderr = process.communicate(timeout=PATIENCE_SECONDS)
        assert process.returncode == 0, stderr
        assert json.loads(stdout)["arguments"] == [name]
    assert machine.builds() == 2
    assert not half_written.exists()


# --- what it passes on


def test_a_second_run_sets_nothing_up_and_says_nothing(installed: Machine) -> None:
    assert installed.run("demo").returncode == 0
    before = installed.builds()
    result = installed.run("demo")
    assert result.stderr == ""
    assert installed.builds() == before


def test_arguments_reach_the_command_unharmed(installed: Machine) -> None:
    arguments = ["say", 'it\'s "hot"', "", "a  b", "*", "$HOME", "--json", "Küche\n2", "\\"]
    assert json.loads(installed.run(*arguments).stdout)["arguments"] == arguments
    assert json.loads(installed.run().stdout)["arguments"] == []


def test_the_status_of_the_command_is_the_launchers(installed: Machine) -> None:
    assert installed.run("run", STATUS="3").returncode == 3
    assert installed.run("test", STATUS="5").returncode == 5


def test_it_works_through_a_link_and_from_another_folder(installed: Machine, tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    link = tmp_path / "bin" / "paige"
    link.symlink_to(installed.folder / "paige")
    for command in ([str(link), "x"], ["bin/paige", "x"]):
        result = subprocess.run(
            command, cwd=tmp_path, env=installed.settings(), capture_output=True, text=True, check=True
        )
        heard = json.loads(result.stdout)
        assert heard["folder"] == str(tmp_path), "paths that a user names are where the user is"
        assert heard["python"] == str(installed.folder / ".venv")


def test_a_relative_place_for_the_environment_is_meant_from_where_one_is(
    installed: Machine, tmp_path: Path
) -> None:
    result = subprocess.run(
        installed.command("test", "x"),
        cwd=installed.folder.parent,
        env=installed.settings(PAIGE_VENV=f"{installed.folder.name}/.venv"),
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(result.stdout)["program"] == "pytest"


def test_an_environment_for_the_tests_is_enough_for_the_demo(installed: Machine) -> None:
    with changed(installed.folder / "pyproject.toml"):
        assert installed.run("test").returncode == 0
        result = installed.run("demo")
    assert (result.returncode, result.stderr) == (0, "")


def test_tests_run_in_the_checkout_with_their_arguments(installed: Machine) -> None:
    heard = json.loads(installed.run("test", "-k", "two words").stdout)
    assert heard["program"] == "pytest"
    assert heard["arguments"] == ["-k", "two words"]
    assert heard["folder"] == str(installed.folder)

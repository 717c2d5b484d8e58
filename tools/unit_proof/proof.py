"""What the service must show in a booted container, one thing after the other."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from paige.tools.unit_proof.machine import Machine, run
from paige.tools.unit_proof.probe import ALLOWED, FORBIDDEN
from paige.tools.unit_proof.showing import Finding

READY_SECONDS: Final = 60.0
BACK_SECONDS: Final = 10.0
"""Within which a service that has crashed is to answer again."""
WATCHDOG_SECONDS: Final = 6
"""In place of the unit's minute, so that nobody need wait for it."""
CARD: Final = "house: {name: Container}\nmqtt: {host: localhost, username: paige, password: sesame}\n"
"""What the owner has written onto the card."""

_UNIT: Final = "paige.service"
_BROKER: Final = "listener 1883 localhost\npassword_file /etc/mosquitto/users\nallow_anonymous true\n"
"""It lets in who gives no name, and nobody who gives a name with a wrong password."""
_LAMP: Final = """\
#!/bin/sh
mosquitto_pub -r -t homeassistant/light/lamp/config -m '{"name": "Lamp", "unique_id": "lamp", \
"command_topic": "lamp/set", "state_topic": "lamp/state"}'
mosquitto_pub -r -t lamp/state -m OFF
mosquitto_sub -t lamp/set | while read -r state; do mosquitto_pub -r -t lamp/state -m "$state"; done
"""


def install(root: Path, package: Path) -> None:
    """Install the package into the folder, as apt would on a board; nothing is started.

    Raises:
        subprocess.CalledProcessError: It cannot be; dpkg has said why.
    """
    policy = root / "usr/sbin/policy-rc.d"
    policy.write_text("#!/bin/sh\nexit 101\n")
    policy.chmod(0o755)
    (root / "paige.deb").write_bytes(package.read_bytes())
    run("chroot", str(root), "dpkg", "--install", "/paige.deb")
    policy.unlink()
    (root / "paige.deb").unlink()
    (root / "boot/firmware").mkdir(parents=True)
    (root / "boot/firmware/paige.yaml").write_text(CARD)
    (root / "etc/mosquitto/conf.d/paige.conf").write_text(_BROKER)
    run("chroot", str(root), "mosquitto_passwd", "-b", "-c", "/etc/mosquitto/users", "paige", "sesame")
    run("chroot", str(root), "chown", "mosquitto", "/etc/mosquitto/users")
    (root / "home/someone").mkdir()
    (root / "lamp").write_text(_LAMP)
    (root / "lamp").chmod(0o755)
    (root / "probe.py").write_text((Path(__file__).parent / "probe.py").read_text())


def prove(machine: Machine) -> Iterator[Finding]:
    """Everything, in the order in which it is cheapest."""
    yield _starts(machine)
    yield _has_taken_over(machine)
    machine.ask("systemd-run", "--unit=lamp", "/lamp")
    yield _switches(machine, "on")
    yield from _is_confined(machine)
    yield _comes_back_from_a_crash(machine)
    yield _switches(machine, "off")
    yield _comes_back_from_a_hang(machine)
    yield _stops(machine)
    yield from _gives_up_and_begins_anew(machine)
    yield _switches(machine, "on")


def _starts(machine: Machine) -> Finding:
    machine.until(_UNIT, "ActiveState", "active", READY_SECONDS)
    took = re.findall(r"ready after ([\d.]+) s", machine.ask("journalctl", "-u", _UNIT, "--no-pager"))
    return Finding(len(took) == 1, f"at boot it is ready{f' after {took[0]} s' if took else ': no'}")


def _has_taken_over(machine: Machine) -> Finding:
    left = machine.ask("ls", "/boot/firmware")
    mode = machine.ask("stat", "--format=%U %a", "/etc/paige/mqtt_password")
    said = machine.ask("journalctl", "-u", _UNIT, "--no-pager")
    good = not left and mode == "root 600" and "Connected to the broker" in said and "sesame" not in said
    return Finding(
        good,
        f"what was written on the card is taken over: left there {left or 'nothing'}, the password's file is "
        f"{mode}, and the broker takes what the service says",
    )


def _switches(machine: Machine, state: str) -> Finding:
    asked = json.dumps({"id": "proof", "text": f"turn {state} the lamp"})
    topics = ("-t", "paige/paige/say", "-e", "paige/paige/turn/proof")
    answer = machine.ask("mosquitto_rr", *topics, "-W", "20", "-m", asked)
    shown = machine.ask("mosquitto_sub", "-t", "lamp/state", "-C", "1", "-W", "5")
    return Finding(
        shown == state.upper(), f"told to turn {state} the lamp, which is {shown}: {_reply(answer)}"
    )


def _reply(answer: str) -> str:
    try:
        return str(json.loads(answer)["reply"])
    except (ValueError, KeyError, TypeError):
        return answer or "no answer"


def _is_confined(machine: Machine) -> Iterator[Finding]:
    status = machine.ask("cat", f"/proc/{machine.property(_UNIT, 'MainPID')}/status")
    kernel = {name: value.strip() for name, _, value in (line.partition(":") for line in status.splitlines())}
    seen = {name: kernel.get(name) for name in ("Seccomp", "NoNewPrivs", "CapEff", "CapBnd")}
    none = "0" * 16
    yield Finding(list(seen.values()) == ["2", "1", none, none], f"the kernel says of its process: {seen}")
    free = _probe(machine, "Type=oneshot\nStateDirectory=probe\n")
    inside = _probe(machine, _confinement(machine))
    yield Finding(
        bool(free) and all(free.values()),
        f"a service without protection can do all of {len(free)} things, {_not(free)}",
    )
    may = {name for name, can in inside.items() if can}
    yield Finding(may == set(ALLOWED), f"Paige's can do only what it needs: {', '.join(sorted(may))}")
    yield Finding(set(inside) - may == set(FORBIDDEN), f"and cannot: {', '.join(FORBIDDEN)}")


def _not(can: dict[str, bool]) -> str:
    return (
        ", ".join(f"not {name}" for name, could in can.items() if not could)
        or "so the next lines say something"
    )


def _confinement(machine: Machine) -> str:
    """The service's own lines, less those about its program and its life."""
    text = machine.ask("systemctl", "cat", _UNIT).partition("[Service]")[2].partition("[Install]")[0]
    left_out = r"(Type|ExecStart|Restart\w*|Timeout\w+|WatchdogSec)="
    return "Type=oneshot\n" + "\n".join(line for line in text.splitlines() if not re.match(left_out, line))


def _probe(machine: Machine, lines: str) -> dict[str, bool]:
    unit = f"[Service]\n{lines}\nExecStart=/usr/bin/python3 /probe.py\nStandardOutput=file:/probe.json\n"
    script = 'printf %s "$1" >/etc/systemd/system/probe.service; rm -f /probe.json'
    machine.ask("sh", "-c", f"{script}; systemctl daemon-reload; systemctl start probe", "sh", unit)
    can: dict[str, bool] = json.loads(machine.ask("cat", "/probe.json") or "{}")
    return can


def _comes_back_from_a_crash(machine: Machine) -> Finding:
    machine.ask("systemctl", "kill", "--signal=KILL", _UNIT)
    back = _back(machine, 1, READY_SECONDS)
    return Finding(back is not None and back <= BACK_SECONDS, f"killed, it is back after {_seconds(back)}")


def _comes_back_from_a_hang(machine: Machine) -> Finding:
    folder = f"/run/systemd/system/{_UNIT}.d"
    text = f"[Service]\nWatchdogSec={WATCHDOG_SECONDS}\n"
    machine.ask("sh", "-c", f'mkdir -p {folder}; printf %s "$1" >{folder}/soon.conf', "sh", text)
    machine.ask("systemctl", "daemon-reload")
    machine.ask("systemctl", "restart", _UNIT)
    machine.ask("systemctl", "kill", "--signal=STOP", _UNIT)
    back = _back(machine, 1, READY_SECONDS)
    told = machine.ask("journalctl", "-u", _UNIT, "--no-pager", "--grep=[Ww]atchdog timeout")
    return Finding(
        back is not None and "timeout" in told,
        f"hung, with a watchdog of {WATCHDOG_SECONDS} s, it is back after {_seconds(back)}",
    )


def _back(machine: Machine, restarts: int, seconds: float) -> float | None:
    """Seconds until the service has been restarted so often and is ready."""
    again = machine.until(_UNIT, "NRestarts", str(restarts), seconds)
    ready = machine.until(_UNIT, "ActiveState", "active", seconds)
    return None if again is None or ready is None else again + ready


def _seconds(found: float | None) -> str:
    return "never" if found is None else f"{found:.1f} s"


def _stops(machine: Machine) -> Finding:
    machine.ask("systemctl", "stop", _UNIT)
    result = machine.property(_UNIT, "Result")
    return Finding(result == "success", f"told to stop, it ends with: {result}")


def _gives_up_and_begins_anew(machine: Machine) -> Iterator[Finding]:
    yaml = "/etc/paige/paige.yaml"
    machine.ask(
        "sh", "-c", f"cp {yaml} /kept; echo 'hous: {{}}' >>{yaml}; systemctl start --no-block {_UNIT}"
    )
    failed = machine.until(_UNIT, "ActiveState", "failed", 2 * READY_SECONDS)
    said = machine.ask("journalctl", "-u", _UNIT, "--no-pager", "--output=cat", "--lines=20", "--grep=hous")
    count = machine.property(_UNIT, "NRestarts")
    yield Finding(failed is not None, f"with a key that there is not, it gives up after {count} tries")
    yield Finding(f"{yaml}" in said, f"having said: {said.splitlines()[-1] if said else 'nothing'}")
    machine.ask("sh", "-c", f"cp /kept {yaml}; systemctl reset-failed {_UNIT}; systemctl start {_UNIT}")
    state = machine.property(_UNIT, "ActiveState")
    yield Finding(state == "active", f"with the key corrected, it is {state}")

#!/bin/bash
# container.sh [ARCH]: builds the container of firmware-configs/docker, and shows what it is like: its size, that it starts as
# a user of its own with nothing to write to, no capability and no network, tells its health, hears a spoken sentence, ends
# when it is told to and when it hangs, and leaves nothing behind but its state.
#
# Needs root and podman with runc; for another ARCH than this machine's (arm64) qemu-user-static too. BASE=debian:trixie-slim
# takes the base from a registry; without it, one is made of Debian's packages by mmdebstrap. Images are kept under .cache/podman.
set -euo pipefail
self=$(readlink -f "$0"); here=$(dirname "$(dirname "$self")")
native=$(dpkg --print-architecture); arch=${1:-$native}
if [ "$arch" != "$native" ] && [ -z "${CONTAINER_EMULATED:-}" ]; then
    "$here/paige" setup dev
    CONTAINER_EMULATED=yes exec python3 "$here/tools/emulated/namespace.py" "$self" "$arch"
fi
cache=$here/.cache/podman/$arch; work=$(mktemp -d)
for program in podman runc; do
    command -v "$program" >/dev/null || { echo "container: $program is needed: apt-get install podman runc" >&2; exit 2; }
done
[ "$(id -u)" = 0 ] || { echo 'container: needs root' >&2; exit 2; }
# Without systemd podman says at each turn that it can make no timers for health checks; they are asked for here.
engine() { podman --log-level fatal --root "$cache/storage" --runroot "$cache/run" --cgroup-manager cgroupfs --runtime runc "$@"; }
cleanup() {
    engine rm -f -t 0 paige-shown >/dev/null 2>&1 || true
    engine volume rm -f paige-shown >/dev/null 2>&1 || true
    umount -q "$cache/storage/overlay" 2>/dev/null || true
    rm -rf "$work"
}
trap cleanup EXIT
mkdir -p "$cache"
# Seconds to come up in, and of silence until it has hung; emulation is slow.
patience=60; silence=4; processor=()
if [ -n "${CONTAINER_EMULATED:-}" ]; then
    patience=600; silence=20
    # It shows the processor of this machine; libraries that choose code by it want the board's.
    cpu=$("${PAIGE_VENV:-$here/.venv}/bin/python" -m paige.tools.emulated.boards pi5 "$work")
    processor=(-v "$work/proc/cpuinfo:/proc/cpuinfo:ro" -e QEMU_CPU="$cpu")
fi

if [ -z "${BASE:-}" ]; then
    BASE=localhost/paige-base
    tar=$cache/base.tar
    if [ ! -e "$tar" ]; then
        command -v mmdebstrap >/dev/null || { echo 'container: mmdebstrap is needed, or BASE' >&2; exit 2; }
        mmdebstrap --quiet --mode=root --skip=check/qemu --variant=minbase --architectures="$arch" --include=ca-certificates --format=tar trixie "$cache/new.tar"
        mv "$cache/new.tar" "$tar"
    fi
    # How this machine reaches its package sources, for there is no other way in there.
    mkdir -p "$work/base/root/etc/apt/apt.conf.d"
    for file in /etc/pip.conf /etc/ssl/certs/ca-certificates.crt; do
        [ ! -e "$file" ] || install -D -m 644 "$file" "$work/base/root$file"
    done
    apt-config dump | grep -E '^Acquire::(https?|Check-|Retries)' >"$work/base/root/etc/apt/apt.conf.d/90machine" || true
    ln "$tar" "$work/base/base.tar" 2>/dev/null || cp "$tar" "$work/base/base.tar"
    {
        printf 'FROM scratch\nADD base.tar /\nCOPY root/ /\n'
        env | grep -E '^(PIP_|https?_proxy=|HTTPS?_PROXY=|no_proxy=|NO_PROXY=|SSL_CERT_FILE=|REQUESTS_CA_BUNDLE=)' | sed 's/^/ENV /' || true
    } >"$work/base/Containerfile"
    engine build -q --platform "linux/$arch" -t "$BASE" "$work/base" >/dev/null
fi

echo "== built for $arch on $BASE"
time engine build -q --isolation chroot --format docker --network host --platform "linux/$arch" --build-arg "BASE=$BASE" -t paige \
    --ignorefile "$here/firmware-configs/docker/Dockerfile.dockerignore" -f "$here/firmware-configs/docker/Dockerfile" "$here" >/dev/null
engine image inspect "$BASE" --format 'the base: {{.Size}} bytes'
engine image inspect paige --format 'paige: {{.Architecture}}, {{.Size}} bytes; user {{.User}}; health {{.Config.Healthcheck.Test}}'

strict=(--platform "linux/$arch" "${processor[@]}" --read-only --tmpfs /tmp --cap-drop all --security-opt no-new-privileges --network none --pids-limit 100
    --ulimit nofile=1024:1024 --ulimit nproc=4096:4096 -v paige-shown:/var/lib/paige)
start() { engine run -d --name paige-shown "${strict[@]}" "$@" paige >/dev/null; }
healthy() { engine exec paige-shown /usr/lib/paige/supervise --health; }
within() { # within SECONDS COMMAND...
    local until=$(( SECONDS + $1 )); shift
    while ! "$@"; do [ $SECONDS -lt $until ] || { engine logs paige-shown >&2; return 1; }; sleep 0.5; done
}
ended() { [ "$(engine inspect paige-shown --format '{{.State.Running}}')" = false ]; }
status() { engine inspect paige-shown --format '{{.State.ExitCode}}'; }

echo '== a spoken sentence, without a network'
engine run --rm "${strict[@]}" paige selftest
echo '== the service'
start; within "$patience" healthy
engine exec paige-shown sh -c 'id; grep -E "^(CapEff|NoNewPrivs)" /proc/self/status; ! touch /usr/x 2>/dev/null && echo "nothing can be written"'
engine exec paige-shown sh -c 'cat /proc/*/status 2>/dev/null | grep -E "^(Name|VmRSS)"' | paste - - | sort | uniq
engine logs paige-shown 2>&1 | tail -n 5
echo '== told to end'
engine stop -t $(( silence * 5 )) paige-shown >/dev/null; echo "status $(status)"; [ "$(status)" = 0 ]
left=$(engine diff paige-shown | grep -vE '^[AC] /(etc|run|var|dev|tmp|proc|sys)(/|$)' || true)
[ -z "$left" ] || { echo "left behind: $left" >&2; exit 1; }
engine rm paige-shown >/dev/null
echo '== hung'
start -e SUPERVISE_SILENCE="$silence"; within "$patience" healthy
engine exec paige-shown python3 -c 'import os, signal
for pid in map(int, filter(str.isdigit, os.listdir("/proc"))):
    if pid != os.getpid() and b"paige.device.cli" in open(f"/proc/{pid}/cmdline", "rb").read(): os.kill(pid, signal.SIGSTOP)'
within $(( silence * 5 )) ended; echo "status $(status)"; [ "$(status)" = 70 ]
engine logs paige-shown 2>&1 | tail -n 1

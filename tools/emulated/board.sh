#!/bin/bash
# board.sh [zero2|pi4|pi5|orin] [PYTEST ARGUMENT...]: runs tests with the libraries that a board would use: their wheels for arm64,
# on the processor of that board, under user-mode emulation. Where no test is named: the board's part of them, below.
#
# Needs root, mmdebstrap and qemu-user-static of Debian; what it makes is kept under .cache/emulated. It shows that code made for
# that processor does the same there, and says nothing about a board's speed.
set -euo pipefail
self=$(readlink -f "$0"); here=$(dirname "$(dirname "$(dirname "$self")")")
board=${1:-pi5}; shift || true
# Each compiled library, as Paige uses it, and what depends on the system: threads, memory, brokers.
part=(
    tests/audio/test_denoiser.py::test_noise_in_pauses_falls_and_speech_stays       # ONNX Runtime, 32 bits
    tests/audio/test_voice_activity.py::test_what_it_says_does_not_depend_on_the_chunks
    tests/audio/test_conditioning.py                                                # soxr
    'tests/audio/test_echo.py::test_what_is_played_is_taken_out_of_what_is_heard[0.2--20-0]'  # WebRTC
    tests/audio/test_portaudio.py                                                   # sounddevice
    tests/audio/voices/test_espeak.py::test_a_sentence_comes_in_pieces_and_is_heard # eSpeak NG
    tests/audio/wake/test_wake.py::test_a_ready_phrase_is_heard_once_each_time_and_where_it_was  # TensorFlow Lite
    tests/models/nlu/test_parser.py                                                 # tokenizers; ONNX Runtime, 8 bits
    tests/models/recognizer/test_pocketsphinx.py::test_a_sentence_of_the_language_is_heard
    tests/models/recognizer/test_vosk.py::test_a_sentence_of_the_language_is_heard
    tests/models/lm/test_decoder.py                                                 # ONNX Runtime, 4 and 8 bits
    'tests/models/lm/test_constrained.py::test_drafts_change_nothing[qwen3-4]'      # llguidance
    tests/device/memory/test_pager.py
    tests/iot/test_link.py::test_a_message_goes_out_and_comes_in                    # Mosquitto
)

if [ -z "${EMULATED_ROOT:-}" ]; then
    "$here/paige" setup test
    python=${PAIGE_VENV:-$here/.venv}/bin/python
    EMULATED_WORK=$(mktemp -d); trap 'rm -rf "$EMULATED_WORK"' EXIT
    EMULATED_ROOT=$("$here/tools/emulated/root.sh")/root
    WHEELS=$("$python" -m paige.tools.emulated.wheels convert demo test)
    QEMU_CPU=$("$python" -m paige.tools.emulated.boards "$board" "$EMULATED_WORK")
    export EMULATED_WORK EMULATED_ROOT WHEELS QEMU_CPU
    python3 "$here/tools/emulated/namespace.py" "$self" "$board" "$@"
    exit
fi

# A namespace of its own from here on: no mount stays behind. What tests write goes into memory.
root=$EMULATED_ROOT
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
for folder in tmp run mnt; do mount -t tmpfs none "$root/$folder"; done
mkdir "$root/mnt/paige" "$root/mnt/wheels"
mount --rbind "$here" "$root/mnt/paige"; mount -o remount,bind,ro "$root/mnt/paige"
mount --bind "$WHEELS" "$root/mnt/wheels"
# The emulator shows this machine's processor; libraries that choose code by it want the board's.
mount --bind "$EMULATED_WORK/proc/cpuinfo" "$root/proc/cpuinfo"
mount --bind "$EMULATED_WORK/sys" "$root/sys"
case " $*" in *" tests/"*) ;; *) set -- "${part[@]}" "$@" ;; esac
echo "$board ($QEMU_CPU): $*"
exec chroot "$root" /usr/bin/env -i HOME=/tmp PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 QEMU_CPU="$QEMU_CPU" \
    PYTHONPATH=/mnt/wheels PYTHONDONTWRITEBYTECODE=1 HYPOTHESIS_STORAGE_DIRECTORY=/tmp/hypothesis \
    /bin/sh -c 'cd /mnt/paige && exec python3 -m pytest -q -p no:cacheprovider "$@"' sh "$@"

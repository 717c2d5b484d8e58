"""What an emulated board tells of itself: run inside it, as root, after it has booted.

Each finding is a line on the console, `SELFTEST PASS|FAIL|LEFT-OUT name: figures`; `SELFTEST CUT` asks the
emulator to take the power away, and `SELFTEST END` is the last.
"""

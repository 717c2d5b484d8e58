"""What an emulated board tells of itself: run inside it, as root, after it has booted.

Each finding is a line on the console, `SELFTEST PASS|FAIL|LEFT-OUT name: figures`. `SELFTEST KEPT n` says
that a write has been answered for; after some of them the emulator takes the power away. `SELFTEST END` is
the last.
"""

"""What holds for all tests."""

import signal

# Who runs the tests may have started them in the background, where a shell has interrupts ignored; what the
# tests start, and interrupt, would inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)

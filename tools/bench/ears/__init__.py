"""Which of several machines answers, measured: each ear is a process of its own."""

"""Boards under emulation: tests on their processors, and a whole one that boots, listens and fails."""

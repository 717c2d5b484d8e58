"""A small language model of our own: what it learns from, how it is trained, and what it then can do."""

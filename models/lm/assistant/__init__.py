"""A language model that serves a home: what it is told of the home, and what it may answer."""

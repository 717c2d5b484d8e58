"""How well sentences are understood, what is refused, and what that costs: `paige bench understand`."""

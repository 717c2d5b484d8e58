"""What board this is, and what Paige does otherwise on it."""

"""Speech to text, restricted to what a home can be asked."""

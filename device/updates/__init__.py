"""Signed updates of the program, models and skills: two slots of each, tried out, rolled back by itself."""

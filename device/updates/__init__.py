"""Signed updates of the program, models and skills: two slots of each, tried out, and rolled back by themselves."""

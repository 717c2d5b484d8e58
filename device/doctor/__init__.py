"""Looks at everything that Paige needs, and says of each in one line what is wrong and what to do."""

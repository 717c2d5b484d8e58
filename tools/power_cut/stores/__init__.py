"""Everything that Paige keeps, written by Paige's own code and looked at by it."""

"""Cuts the power of a card that loses what it was not told to flush, and looks what Paige finds then."""

"""What Paige hears of itself, and of somebody who speaks over it."""

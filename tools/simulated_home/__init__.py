"""A house of simulated devices that speak the four dialects over a real broker, each by its own model."""

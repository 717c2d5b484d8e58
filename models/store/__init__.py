"""Models that were added to this machine: each file once, two versions of each model, whole or not at all."""

"""Makes bundles of updates, and keys to sign them with."""

"""A language model that need not fit into memory: shards, and what runs them."""

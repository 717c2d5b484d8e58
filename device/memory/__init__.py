"""The memory manager: one budget, shards that stay and shards that are streamed."""

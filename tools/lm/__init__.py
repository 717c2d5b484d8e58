"""At the desk: from checkpoints to shards that a board runs."""

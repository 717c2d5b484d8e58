"""Understanding by a learned model: what the templates do not have, and how sure it is."""

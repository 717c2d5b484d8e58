"""The language of a home as sentence templates: read, compiled, matched, and handed to recognizers."""

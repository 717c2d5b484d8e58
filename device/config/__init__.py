"""The configuration: declared once in `schema`, gathered by `load`, documented by `reference`."""

"""One folder of data for each human language; nothing of any of them is wired into code."""

"""`paige bench wake`: wake words, voice activity and endpoints, measured."""

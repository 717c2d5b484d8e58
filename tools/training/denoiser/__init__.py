"""Trains the network that takes noise out of an utterance (`paige.audio.denoiser`).

    python -m paige.tools.training.denoiser --out FOLDER

Nothing is recorded for it: sentences that are said to homes, spoken by the synthesizers that are there, are
mixed with the noises of a home, made of filters, strokes and tones. The network learns to make what
PocketSphinx hears of the mixture the same as what it hears of the speech alone.
"""

"""Builds a small Vosk model, to show with the real engine what Paige does with one.

    python -m paige.tools.vosk --out FOLDER

Nothing of it was recorded: sentences that are said to homes, spoken by eSpeak NG in many voices, are aligned
with their phones by PocketSphinx, learned by a time-delay network in PyTorch, and written in Kaldi's formats
beside a graph of the words. It hears synthetic speech, and is no match for the published models.
"""

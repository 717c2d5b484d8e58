"""How a phrase is written, whoever writes it."""


def normal(text: str) -> str:
    """A phrase in lower case, without punctuation, and with one spelling of `okay`."""
    words = "".join(
        letter if letter.isalnum() or letter == "'" else " " for letter in text.casefold()
    ).split()
    return " ".join("okay" if word == "ok" else word for word in words)

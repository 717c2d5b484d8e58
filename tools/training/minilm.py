"""What sentences mean to MiniLM as it was published, of all of whose layers and pieces nothing is taken."""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional

from paige.tools.bench.progress import progress
from paige.tools.training.network import mean_of, pretrained
from paige.tools.training.pieces import Cutter, tokenizer

_BATCH = 64


class Embedder:
    """Embeds sentences."""

    def __init__(self) -> None:
        pieces = tokenizer()
        self._cutter = Cutter(pieces)
        self._encoder = pretrained(range(pieces.get_vocab_size()), range(6)).eval()

    def of(self, sentences: Sequence[Sequence[str]]) -> Tensor:
        """Embeddings of length 1, in the order of the sentences. Shape: [sentences, hidden]."""
        order = sorted(range(len(sentences)), key=lambda at: len(sentences[at]))
        batches = [order[at : at + _BATCH] for at in range(0, len(order), _BATCH)]
        found: dict[int, Tensor] = {}
        with torch.no_grad():
            for batch in progress(batches, len(batches)):
                pieces, mask = padded(self._cutter, [sentences[at] for at in batch])
                means = mean_of(self._encoder(pieces, mask)[-1], mask)  # [batch, hidden]
                found.update(zip(batch, functional.normalize(means, dim=-1), strict=True))
        return torch.stack([found[at] for at in range(len(sentences))])


def padded(cutter: Cutter, sentences: Sequence[Sequence[str]]) -> tuple[Tensor, Tensor]:
    """The pieces of sentences, and where there are any. Shapes: [sentences, pieces]."""
    cut = [cutter.cut(words)[0] for words in sentences]
    pieces = torch.zeros((len(cut), max(map(len, cut))), dtype=torch.long)
    mask = torch.zeros_like(pieces, dtype=torch.bool)
    for row, numbers in enumerate(cut):
        pieces[row, : len(numbers)] = torch.tensor(numbers)
        mask[row, : len(numbers)] = True
    return pieces, mask

"""What a sentence means, whatever the labels: the embedding that MiniLM, untouched, would give it.

A network that has learned to tell a home's requests apart tells little else apart any more. Its first layers
still do, and a linear map from those to MiniLM's own embedding brings most of that back: with it, sentences
of intents that it has never seen can be told apart by examples.
"""

from collections.abc import Sequence

import torch
from tokenizers import Tokenizer
from torch import Tensor
from torch.nn import functional

from paige.tools.bench.progress import progress
from paige.tools.training.examples import Example
from paige.tools.training.network import JointNetwork, general, mean_of, pretrained
from paige.tools.training.pieces import Cutter
from paige.tools.training.pieces import tokenizer as minilm_tokenizer

_LEARNED_FROM = 16_000
_BATCH = 64
_RIDGE = 10.0


def fit_meaning(network: JointNetwork, tokenizer: Tokenizer, examples: Sequence[Example]) -> float:
    """Sets `network.meaning` by ridge regression, for what it has learned so far.

    Args:
        network: What has learned.
        tokenizer: Its pieces of words.
        examples: Sentences of any kind.

    Returns:
        The mean cosine between its embeddings and MiniLM's, of these sentences.
    """
    said = sorted((one.words for one in examples[:: max(1, len(examples) // _LEARNED_FROM)]), key=len)
    batches = [said[at : at + _BATCH] for at in range(0, len(said), _BATCH)]
    whole = minilm_tokenizer()
    teacher = pretrained(range(whole.get_vocab_size()), range(6)).eval()
    ours, theirs = Cutter(tokenizer), Cutter(whole)
    network.eval()
    known, wanted = [], []
    with torch.no_grad():
        for batch in progress(batches, len(batches)):
            pieces, mask = _padded(ours, batch)
            known.append(general(network.encoder(pieces, mask), mask))  # [batch, 2 * hidden]
            pieces, mask = _padded(theirs, batch)
            wanted.append(functional.normalize(mean_of(teacher(pieces, mask)[-1], mask), dim=-1))
    inputs, outputs = torch.cat(known), torch.cat(wanted)  # [sentences, 2 * hidden], [sentences, hidden]
    weight, bias = _ridge(inputs, outputs)
    network.meaning.weight.data, network.meaning.bias.data = weight, bias
    found = functional.normalize(network.meaning(inputs), dim=-1)
    return float((found * outputs).sum(dim=-1).mean())


def _padded(cutter: Cutter, sentences: Sequence[Sequence[str]]) -> tuple[Tensor, Tensor]:
    """The pieces of sentences, and where there are any. Shapes: [sentences, pieces]."""
    cut = [cutter.cut(words)[0] for words in sentences]
    pieces = torch.zeros((len(cut), max(map(len, cut))), dtype=torch.long)
    mask = torch.zeros_like(pieces, dtype=torch.bool)
    for row, numbers in enumerate(cut):
        pieces[row, : len(numbers)] = torch.tensor(numbers)
        mask[row, : len(numbers)] = True
    return pieces, mask


def _ridge(inputs: Tensor, outputs: Tensor) -> tuple[Tensor, Tensor]:
    """The linear map with the least squares (Hoerl and Kennard, 1970). Shapes: [out, in] and [out]."""
    middle, target = inputs.mean(dim=0), outputs.mean(dim=0)
    centred = inputs - middle  # [sentences, in]
    gram = centred.T @ centred + _RIDGE * torch.eye(inputs.shape[1])
    weight = torch.linalg.solve(gram, centred.T @ (outputs - target)).T.contiguous()  # [out, in]
    return weight, target - weight @ middle

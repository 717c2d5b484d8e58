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
from paige.tools.training.minilm import Embedder, padded
from paige.tools.training.network import JointNetwork, general
from paige.tools.training.pieces import Cutter

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
    cutter, known = Cutter(tokenizer), []
    network.eval()
    with torch.no_grad():
        for batch in progress(batches, len(batches)):
            pieces, mask = padded(cutter, batch)
            known.append(general(network.encoder(pieces, mask), mask))  # [batch, 2 * hidden]
    # [sentences, 2 * hidden], [sentences, hidden]
    inputs, outputs = torch.cat(known), Embedder().of(said)
    weight, bias = _ridge(inputs, outputs)
    network.meaning.weight.data, network.meaning.bias.data = weight, bias
    found = functional.normalize(network.meaning(inputs), dim=-1)
    return float((found * outputs).sum(dim=-1).mean())


def _ridge(inputs: Tensor, outputs: Tensor) -> tuple[Tensor, Tensor]:
    """The linear map with the least squares (Hoerl and Kennard, 1970). Shapes: [out, in] and [out]."""
    middle, target = inputs.mean(dim=0), outputs.mean(dim=0)
    centred = inputs - middle  # [sentences, in]
    gram = centred.T @ centred + _RIDGE * torch.eye(inputs.shape[1])
    weight = torch.linalg.solve(gram, centred.T @ (outputs - target)).T.contiguous()  # [out, in]
    return weight, target - weight @ middle

"""How the intent parser's model is made: examples, network, training, compression, reports."""

"""A language model larger than its memory, beside llama.cpp and the whole model in ONNX Runtime."""

"""Models, one module a family. Only layers that quantization-aware training can take."""

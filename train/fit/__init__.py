"""Turns features into a trained, pruned and quantized model, and writes the files of a run."""

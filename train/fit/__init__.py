"""From features to a trained, pruned and quantized model: the files of a run."""

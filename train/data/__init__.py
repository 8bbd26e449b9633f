"""Turns recordings into a corpus: clips with words, speakers and splits."""

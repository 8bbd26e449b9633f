"""From recordings to a corpus: clips, with their words, speakers and splits."""

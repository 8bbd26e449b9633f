"""One module per layout of recordings: from a folder to entries."""

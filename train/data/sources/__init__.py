"""One module per layout of recordings; each lists the entries of a folder."""

"""Downloads of public data sets, pinned and checked."""

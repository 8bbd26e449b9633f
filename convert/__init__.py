"""A run in, a bundle out."""

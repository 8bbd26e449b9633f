"""The front end: PCM in, features out."""

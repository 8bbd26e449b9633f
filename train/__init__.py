"""Recordings in, a run out."""

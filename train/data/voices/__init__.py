"""Voices that say any text, and what is known about how words sound."""

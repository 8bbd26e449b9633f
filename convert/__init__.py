"""Turns a run into a bundle."""

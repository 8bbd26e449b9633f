"""Judges runs: metrics, groups of mistakes, comparisons."""

"""Synthesized voices: how a word is pronounced, and the engines that speak it."""

"""Measurements that the documents quote, each from one command."""

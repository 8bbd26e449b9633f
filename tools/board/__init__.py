"""Talks to a board over its serial port: ports, packets, requests and commands."""

"""Distributes work over processes or a cluster, and logs to other systems."""

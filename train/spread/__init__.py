"""Work spread over processes or a cluster, and logged elsewhere."""

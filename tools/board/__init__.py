"""What a person holds in the hand of a board: its port, its packets, its answers."""

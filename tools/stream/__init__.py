"""Long audio through the firmware's own C on this computer: what it hears, misses and mishears."""

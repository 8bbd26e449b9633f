"""The browser page: listens, shows, compares and records, with the firmware's own C."""

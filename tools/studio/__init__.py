"""The browser page: hears, shows, compares and records, with the firmware's own C."""

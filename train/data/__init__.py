"""Where clips come from: one module a source."""

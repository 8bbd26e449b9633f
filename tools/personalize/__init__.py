"""A user's own voice: from their clips to firmware that knows it."""

"""Personalization: from a user's clips to firmware adapted to their voice."""

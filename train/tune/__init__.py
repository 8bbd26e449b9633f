"""Many trainings: what to try, and which trial is best."""

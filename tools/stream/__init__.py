"""Runs long audio through the firmware's own C on this computer; counts detections and errors."""

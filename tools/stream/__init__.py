"""Runs long audio through the firmware's own C on this computer, and counts detections and errors."""

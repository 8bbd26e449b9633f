"""The native engine: C generated for one model, bit for bit what TensorFlow Lite Micro computes."""

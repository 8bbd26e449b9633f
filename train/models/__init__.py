"""Models, one module a family. Those as wide as a budget have only layers that quantization-aware
training can take; of the others, published elsewhere, it takes some (recipe.quantization)."""

"""Models, one module per family. Families as wide as the budget only have layers that support
quantization-aware training; of the others, published elsewhere, some do (recipe.quantization)."""

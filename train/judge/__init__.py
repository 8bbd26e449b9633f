"""How good a run is: metrics, groups of mistakes, comparisons."""

"""The operator's core: is told how lines and plan periods stand, and tells what it knows."""

"""Faults that can be ordered: what goes wrong next, how often, and with whom."""

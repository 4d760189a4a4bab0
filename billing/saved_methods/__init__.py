"""Ways to pay that subscribers let us keep: saving, choosing, removing, and what becomes of them at the bank."""

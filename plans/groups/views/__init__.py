"""Pages of sharing groups: everybody's, the owner's, the joining."""

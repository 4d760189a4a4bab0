"""Paying for a number that is somebody else's: by number, by their link, from one's own list; and taking it back within minutes."""

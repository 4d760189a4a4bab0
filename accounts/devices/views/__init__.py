"""Pages of a line's SIMs. Whose the line is not gets a 404."""

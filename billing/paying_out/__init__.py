"""Credit, and held money that cannot go back, paid out by the operator's own transfer, by two of the staff."""

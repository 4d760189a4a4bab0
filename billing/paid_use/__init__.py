"""Use that no allowance covers, paid from credit: what it costs, how it is booked, and its owner's say in it."""

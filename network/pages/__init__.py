"""Usage as its owner reads it: by hour, day and month, by allowance, and use by use."""

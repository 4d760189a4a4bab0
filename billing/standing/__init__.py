"""What a subscriber wants done again and again: auto-renew and auto top-up."""

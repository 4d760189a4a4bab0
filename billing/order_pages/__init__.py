"""What the pages of an order say: before paying, and while it goes its way."""

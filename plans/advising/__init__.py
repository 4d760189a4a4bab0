"""What would have been the cheapest way to cover what a line used. See docs/advice.md."""

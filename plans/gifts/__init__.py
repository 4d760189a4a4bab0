"""Data given to another line: from what is left, in steps, undone for ten minutes. docs/gifts.md."""

"""Data of one line shared with others: inviting, joining, caps and pauses, asking for more, leaving, and who used what (docs/groups.md)."""

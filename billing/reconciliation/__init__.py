"""The gateway's books and ours, compared. What differs becomes a review item and an alarm; nothing is mended (docs/reconciliation.md)."""

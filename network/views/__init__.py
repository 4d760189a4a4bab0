"""What the operator's own systems call."""

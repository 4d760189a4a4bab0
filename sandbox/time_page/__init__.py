"""Time that goes by on order: the page with the buttons, what it does, and the command that asks for it."""

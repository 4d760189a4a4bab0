"""Every SMS and e-mail of the demo, on one page."""

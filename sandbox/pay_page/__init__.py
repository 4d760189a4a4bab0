"""The hosted payment page, where Stripe's would be: our own look, test cards only."""

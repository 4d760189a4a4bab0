"""Stripe's API as far as the portal uses it, spoken to the unmodified `stripe` SDK (docs.stripe.com/api)."""

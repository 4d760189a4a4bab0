"""PayPal's own page on which its payers see who may charge them later, and withdraw it."""

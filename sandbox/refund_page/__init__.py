"""Where a payer says which bank account their refund goes to, instead of the page that Stripe mails them."""

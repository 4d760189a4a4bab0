"""A mail provider in Mailgun's style; what it is given lies in the inbox."""

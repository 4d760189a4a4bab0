"""Vouchers: batches, their codes, redeeming them."""

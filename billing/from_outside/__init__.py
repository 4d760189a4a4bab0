"""What shops, USSD and machines of the operator sell: the seller has the money and owes it to the operator."""

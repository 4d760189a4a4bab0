"""Pages of money: parse, one call into the domain, respond."""

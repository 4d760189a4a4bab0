"""Pages of help: parse, one call into the domain, respond."""

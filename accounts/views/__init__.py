"""Pages of people and their lines, beside allauth's own."""

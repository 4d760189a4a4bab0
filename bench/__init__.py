"""What the portal costs beside the same statements in raw psycopg; docs/bench.md says how that is measured."""

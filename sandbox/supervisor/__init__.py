"""Starts and stops everything the demo needs on one machine: Postgres, Valkey, sandbox, web server, worker and beat."""

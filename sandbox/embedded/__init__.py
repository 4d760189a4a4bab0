"""Postgres and Valkey out of Python packages, kept in a folder, for a machine that has neither."""

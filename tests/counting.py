"""Statements as docs/architecture.md counts them: session and user included, transaction control and SET not."""

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

CONTROL = ("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE", "SET ")


def statements(queries: CaptureQueriesContext) -> list[str]:
    return [query["sql"] for query in queries.captured_queries if not query["sql"].startswith(CONTROL)]


def statements_of(client: Client, path: str) -> list[str]:
    """What a GET of `path` asks the database, once caches are warm. Raises AssertionError unless it answers 200."""
    client.get(path)
    with CaptureQueriesContext(connection) as queries:
        answer = client.get(path)
    assert answer.status_code == 200, f"{path}: {answer.status_code}"
    return statements(queries)

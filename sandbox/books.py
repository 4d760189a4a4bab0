"""The sandbox's books: one SQLite file that survives a restart, written by one thread at a time."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_BUSY_SECONDS = 20
_TABLES = (
    """CREATE TABLE IF NOT EXISTS objects (
        sequence INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, created INTEGER NOT NULL,
        body TEXT NOT NULL CHECK (json_valid(body)))""",
    "CREATE INDEX IF NOT EXISTS objects_kind ON objects (kind, sequence)",
    "CREATE INDEX IF NOT EXISTS objects_intent ON objects (json_extract(body, '$.payment_intent'), kind)",
    """CREATE INDEX IF NOT EXISTS objects_open ON objects (json_extract(body, '$.expires_at'))
        WHERE kind = 'checkout.session' AND json_extract(body, '$.status') = 'open'""",
    "CREATE INDEX IF NOT EXISTS objects_customer ON objects (json_extract(body, '$.customer'), kind)",
    """CREATE INDEX IF NOT EXISTS objects_under_way ON objects (json_extract(body, '$.due_at'))
        WHERE kind = 'sandbox.transfer' AND json_extract(body, '$.status') = 'waiting'""",
    """CREATE TABLE IF NOT EXISTS deliveries (
        id INTEGER PRIMARY KEY AUTOINCREMENT, event_id TEXT NOT NULL, event_type TEXT NOT NULL, lane TEXT NOT NULL,
        state TEXT NOT NULL CHECK (state IN ('due', 'delivered', 'dropped', 'given_up')), due_at REAL NOT NULL,
        created_at REAL NOT NULL, attempts INTEGER NOT NULL DEFAULT 0, answer TEXT NOT NULL DEFAULT '', answered_at REAL)""",
    "CREATE INDEX IF NOT EXISTS deliveries_due ON deliveries (due_at, id) WHERE state = 'due'",
    """CREATE TABLE IF NOT EXISTS answers (
        key TEXT PRIMARY KEY, request_hash TEXT NOT NULL, status INTEGER NOT NULL, body TEXT NOT NULL, at REAL NOT NULL)""",
    """CREATE TABLE IF NOT EXISTS calls (
        id INTEGER PRIMARY KEY AUTOINCREMENT, at REAL NOT NULL, method TEXT NOT NULL, path TEXT NOT NULL,
        status INTEGER NOT NULL, idempotency_key TEXT NOT NULL, is_replay INTEGER NOT NULL)""",
    """CREATE TABLE IF NOT EXISTS faults (
        id INTEGER PRIMARY KEY AUTOINCREMENT, place TEXT NOT NULL, deed TEXT NOT NULL, match TEXT NOT NULL,
        remaining INTEGER NOT NULL, used INTEGER NOT NULL DEFAULT 0, details TEXT NOT NULL CHECK (json_valid(details)))""",
    # one e-mail to several people has one reference, and is one message for each of them
    """CREATE TABLE IF NOT EXISTS messages (
        sequence INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE,
        channel TEXT NOT NULL CHECK (channel IN ('sms', 'email')), address TEXT NOT NULL, sender TEXT NOT NULL,
        subject TEXT NOT NULL, text TEXT NOT NULL, html TEXT NOT NULL, reference TEXT NOT NULL, received_at REAL NOT NULL,
        clock_at REAL NOT NULL)""",
    "CREATE TABLE IF NOT EXISTS core_lines (line TEXT PRIMARY KEY, msisdn TEXT NOT NULL, state TEXT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS core_sims (line TEXT PRIMARY KEY, body TEXT NOT NULL CHECK (json_valid(body)))",
    "CREATE TABLE IF NOT EXISTS core_ports (line TEXT PRIMARY KEY, body TEXT NOT NULL CHECK (json_valid(body)))",
    """CREATE TABLE IF NOT EXISTS core_profiles (
        profile TEXT PRIMARY KEY, msisdn TEXT NOT NULL, iccid TEXT NOT NULL, matching_id TEXT NOT NULL,
        is_installed INTEGER NOT NULL)""",
    "CREATE TABLE IF NOT EXISTS core_groups (line TEXT PRIMARY KEY, body TEXT NOT NULL CHECK (json_valid(body)))",
    """CREATE TABLE IF NOT EXISTS core_periods (
        period TEXT PRIMARY KEY, line TEXT NOT NULL, body TEXT NOT NULL CHECK (json_valid(body)))""",
    "CREATE INDEX IF NOT EXISTS core_periods_line ON core_periods (line)",
    "CREATE TABLE IF NOT EXISTS core_commands (id TEXT PRIMARY KEY, hash TEXT NOT NULL)",
    """CREATE TABLE IF NOT EXISTS core_calls (
        sequence INTEGER PRIMARY KEY AUTOINCREMENT, command TEXT NOT NULL, line TEXT NOT NULL, kind TEXT NOT NULL,
        began_at REAL NOT NULL, ended_at REAL NOT NULL, is_new INTEGER NOT NULL)""",
    "CREATE INDEX IF NOT EXISTS core_lines_number ON core_lines (msisdn)",
    """CREATE TABLE IF NOT EXISTS network_players (
        number TEXT PRIMARY KEY, handed_until REAL NOT NULL, body TEXT NOT NULL CHECK (json_valid(body)))""",
    "CREATE TABLE IF NOT EXISTS repeats (message_id TEXT PRIMARY KEY, times INTEGER NOT NULL)",
    "CREATE TABLE IF NOT EXISTS reply_addresses (message_id TEXT PRIMARY KEY, address TEXT NOT NULL)",
    "CREATE UNIQUE INDEX IF NOT EXISTS messages_reference ON messages (channel, reference, address) WHERE reference <> ''",
)


class Books:
    """Every thread has a connection of its own."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._path = folder / "books.sqlite3"
        self._mine = threading.local()
        self._writer = threading.Lock()
        with self.writing() as sql:
            for statement in _TABLES:
                sql.execute(statement)

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """A transaction: kept when the block ends, undone when it raises. Never opened inside another one."""
        sql = self.reading()
        with self._writer:
            sql.execute("BEGIN IMMEDIATE")
            try:
                yield sql
            except BaseException:
                sql.execute("ROLLBACK")
                raise
            sql.execute("COMMIT")

    @contextmanager
    def looking(self) -> Iterator[sqlite3.Connection]:
        """One state of the books, while others go on writing; a statement that would change something raises."""
        sql = self.reading()
        sql.execute("PRAGMA query_only = 1")
        try:
            sql.execute("BEGIN")
            yield sql
        finally:
            if sql.in_transaction:
                sql.execute("ROLLBACK")
            sql.execute("PRAGMA query_only = 0")

    def reading(self) -> sqlite3.Connection:
        """The connection of the present thread, for statements that only read."""
        kept: sqlite3.Connection | None = getattr(self._mine, "sql", None)
        if kept is None:
            kept = sqlite3.connect(self._path, timeout=_BUSY_SECONDS, isolation_level=None)
            kept.row_factory = sqlite3.Row
            kept.execute("PRAGMA journal_mode=WAL")
            kept.execute("PRAGMA synchronous=NORMAL")
            self._mine.sql = kept
        return kept

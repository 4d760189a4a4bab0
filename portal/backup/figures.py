"""What is counted in a database before and after: rows of every table, the ledger by currency and pot, applied migrations."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql

#: Session keys open accounts to whoever holds them, and are worth nothing a day later: their rows stay out of backups.
LEFT_OUT = ("public.django_session", "public.usersessions_usersession")

#: (schema, name) of tables, but those that an extension brought
_TABLES = """
    SELECT n.nspname, c.relname FROM pg_catalog.pg_class c
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind = 'r' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
        AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d
            WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
    ORDER BY 1, 2
"""
_MIGRATIONS = "SELECT app || '.' || name FROM public.django_migrations ORDER BY 1"
_LEDGER_TABLES = {"public.billing_ledgerentry", "public.billing_ledgeraccount"}
_ENTRIES = "SELECT currency, count(*), sum(amount_minor)::bigint FROM public.billing_ledgerentry GROUP BY 1 ORDER BY 1"
_POTS = """
    SELECT a.currency, a.kind, sum(m.amount_minor)::bigint FROM public.billing_ledgeraccount a
    JOIN (SELECT target_id AS account_id, amount_minor FROM public.billing_ledgerentry
        UNION ALL SELECT source_id, -amount_minor FROM public.billing_ledgerentry) m ON m.account_id = a.id
    GROUP BY 1, 2 ORDER BY 1, 2
"""
_STORED = """
    SELECT currency, sum(balance_minor)::bigint FROM public.billing_ledgeraccount
    WHERE balance_minor IS NOT NULL GROUP BY 1 ORDER BY 1
"""


@dataclass(frozen=True)
class Figures:
    """`ledger` by currency, minor units: entries, what they moved in all, in − out of each kind of pot, and stored balances."""

    migrations: list[str]
    rows: Mapping[str, int]
    ledger: Mapping[str, Mapping[str, Any]]


def take(connection: psycopg.Connection[Any]) -> Figures:
    """Count in the connection's present transaction; each table is read once."""
    tables = [(schema, name) for schema, name in connection.execute(_TABLES)]
    names = {f"{schema}.{name}" for schema, name in tables}
    return Figures(
        migrations=[row[0] for row in connection.execute(_MIGRATIONS)] if "public.django_migrations" in names else [],
        rows={
            f"{schema}.{name}": _count(connection, schema, name)
            for schema, name in tables
            if f"{schema}.{name}" not in LEFT_OUT
        },
        ledger=_ledger(connection) if names >= _LEDGER_TABLES else {},
    )


def differences(expected: Figures, found: Figures) -> list[str]:
    """Each figure that is not as expected, in words. Empty is right."""
    told = [
        f"{name}: {_told(expected.rows.get(name))} in the backup, {_told(found.rows.get(name))} here"
        for name in _both(expected.rows, found.rows)
        if expected.rows.get(name) != found.rows.get(name)
    ]
    told += [
        f"ledger in {currency}: {expected.ledger.get(currency)} in the backup, {found.ledger.get(currency)} here"
        for currency in _both(expected.ledger, found.ledger)
        if expected.ledger.get(currency) != found.ledger.get(currency)
    ]
    if expected.migrations != found.migrations:
        told.append("the list of applied migrations is another")
    return told


def _count(connection: psycopg.Connection[Any], schema: str, name: str) -> int:
    ((count,),) = connection.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(schema, name))).fetchall()
    return int(count)


def _ledger(connection: psycopg.Connection[Any]) -> dict[str, dict[str, Any]]:
    ledger: dict[str, dict[str, Any]] = {
        currency: {"entries": entries, "moved_minor": moved_minor, "pots_minor": {}, "stored_minor": 0}
        for currency, entries, moved_minor in connection.execute(_ENTRIES)
    }
    for currency, kind, minor in connection.execute(_POTS):
        ledger[currency]["pots_minor"][kind] = minor
    for currency, minor in connection.execute(_STORED):
        if currency in ledger:
            ledger[currency]["stored_minor"] = minor
    return ledger


def _both(one: Collection[str], other: Collection[str]) -> list[str]:
    return sorted({*one, *other})


def _told(count: int | None) -> str:
    return "no table" if count is None else f"{count:,} rows"

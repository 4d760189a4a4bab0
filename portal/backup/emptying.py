"""Whether a database is empty, who else is connected to it, and making it empty inside a transaction."""

from typing import Any

import psycopg
from psycopg import sql

_FOREIGN = "n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'"
#: what an extension brought goes with it
_OF_AN_EXTENSION = """EXISTS (SELECT FROM pg_catalog.pg_depend d
    WHERE d.classid = 'pg_catalog.{catalogue}'::regclass AND d.objid = {alias}.oid AND d.deptype = 'e')"""

_RELATIONS = f"""
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'f', 'v', 'm', 'S') AND {_FOREIGN}
        AND NOT {_OF_AN_EXTENSION.format(catalogue="pg_class", alias="c")}
"""
_ROUTINES = f"""
    FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
    WHERE {_FOREIGN} AND NOT {_OF_AN_EXTENSION.format(catalogue="pg_proc", alias="p")}
"""
_TYPES = f"""
    FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
    LEFT JOIN pg_catalog.pg_class c ON c.oid = t.typrelid
    WHERE (t.typtype IN ('d', 'e', 'r') OR t.typtype = 'c' AND c.relkind = 'c') AND {_FOREIGN}
        AND NOT {_OF_AN_EXTENSION.format(catalogue="pg_type", alias="t")}
"""
_SCHEMAS = f"""
    FROM pg_catalog.pg_namespace n WHERE {_FOREIGN} AND n.nspname <> 'public'
        AND NOT {_OF_AN_EXTENSION.format(catalogue="pg_namespace", alias="n")}
"""

#: (word, name) to drop, in this order. The schema `public` stays, and with it the default privileges that were given in it.
_DROPS = (
    f"SELECT 'SCHEMA', quote_ident(n.nspname) {_SCHEMAS}",
    f"""SELECT CASE c.relkind WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW' WHEN 'S' THEN 'SEQUENCE'
        WHEN 'f' THEN 'FOREIGN TABLE' ELSE 'TABLE' END, quote_ident(n.nspname) || '.' || quote_ident(c.relname) {_RELATIONS}
        ORDER BY c.relkind = 'S'""",
    f"SELECT 'ROUTINE', p.oid::regprocedure::text {_ROUTINES}",
    f"SELECT 'TYPE', quote_ident(n.nspname) || '.' || quote_ident(t.typname) {_TYPES}",
)


def is_empty(connection: psycopg.Connection[Any]) -> bool:
    """Whether nobody has made a table, view, sequence, routine, type or schema in it."""
    parts = " UNION ALL ".join(f"SELECT 1 {part}" for part in (_RELATIONS, _ROUTINES, _TYPES, _SCHEMAS))
    return connection.execute(f"SELECT 1 WHERE EXISTS ({parts})".encode()).fetchone() is None


def empty(connection: psycopg.Connection[Any]) -> None:
    """Drop everything but extensions. The role must own it. Raises psycopg.Error, also when somebody holds a table."""
    connection.execute("SET LOCAL lock_timeout = '3s'")
    for query in _DROPS:
        for word, name in connection.execute(query.encode()).fetchall():
            # Names come quoted from Postgres; what a CASCADE has taken already is passed over.
            connection.execute(f"DROP {word} IF EXISTS {name} CASCADE".encode())


def others(connection: psycopg.Connection[Any]) -> list[str]:
    """The roles of other connections to this database, each as often as it is there."""
    found = connection.execute(
        sql.SQL("""SELECT coalesce(usename, '?') FROM pg_catalog.pg_stat_activity
            WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
            ORDER BY 1""")
    )
    return [str(row[0]) for row in found]

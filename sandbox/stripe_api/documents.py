"""Stripe's objects as JSON documents in the books. Fields that start with `_` are ours and are never shown."""

import json
import secrets
import sqlite3
import string
from collections.abc import Iterator, Mapping
from typing import Any

from sandbox.stripe_api.refusals import ParameterRefusal, unknown_object

Document = dict[str, Any]

_ALPHABET = string.ascii_letters + string.digits
#: prefix and length of the random part, as Stripe's own look
_IDS = {
    "checkout.session": ("cs_test_a1", 56),
    "payment_intent": ("pi_3", 23),
    "charge": ("ch_3", 23),
    "refund": ("re_3", 23),
    "dispute": ("du_1", 23),
    "payout": ("po_1", 23),
    "event": ("evt_1", 23),
    "customer": ("cus_", 14),
    "payment_method": ("pm_1", 23),
    "setup_intent": ("seti_1", 23),
    "mandate": ("mandate_1", 23),
    "item": ("li_1", 23),
    "price": ("price_1", 23),
    "product": ("prod_", 14),
    "balance_transaction": ("txn_3", 23),
    "bank_account": ("sba_", 14),
    "cash_balance_transaction": ("ccsbtxn_1", 23),
    "transfer": ("str_", 14),
    "request": ("req_", 14),
}


_MOST_TYPES = 20


def new_id(kind: str) -> str:
    prefix, length = _IDS[kind]
    number = secrets.randbits(6 * length)
    letters = []
    for _ in range(length):
        number, place = divmod(number, len(_ALPHABET))
        letters.append(_ALPHABET[place])
    return prefix + "".join(letters)


def add(sql: sqlite3.Connection, document: Document) -> Document:
    sql.execute(
        "INSERT INTO objects (id, kind, created, body) VALUES (?, ?, ?, ?)",
        (document["id"], document["object"], document["created"], json.dumps(document)),
    )
    return document


def save(sql: sqlite3.Connection, document: Document) -> Document:
    sql.execute("UPDATE objects SET body = ? WHERE id = ?", (json.dumps(document), document["id"]))
    return document


def age(sql: sqlite3.Connection, document: Document, seconds: int) -> Document:
    """Make it older; its place in lists stays."""
    document["created"] -= seconds
    sql.execute("UPDATE objects SET created = ? WHERE id = ?", (document["created"], document["id"]))
    return save(sql, document)


def find(sql: sqlite3.Connection, kind: str, object_id: str) -> Document | None:
    row = sql.execute("SELECT body FROM objects WHERE id = ? AND kind = ?", (object_id, kind)).fetchone()
    return None if row is None else json.loads(row["body"])


def get(sql: sqlite3.Connection, kind: str, object_id: str, *, param: str = "id") -> Document:
    """Raises Refusal when there is none."""
    document = find(sql, kind, object_id)
    if document is None:
        raise unknown_object(kind, object_id, param=param)
    return document


def every(sql: sqlite3.Connection, kind: str, *, newest_first: bool = True, limit: int = -1) -> Iterator[Document]:
    direction = "DESC" if newest_first else "ASC"
    rows = sql.execute(f"SELECT body FROM objects WHERE kind = ? ORDER BY sequence {direction} LIMIT ?", (kind, limit))  # noqa: S608
    return (json.loads(row["body"]) for row in rows.fetchall())


def matching(sql: sqlite3.Connection, kind: str, wanted: Mapping[str, Any]) -> Iterator[Document]:
    """Those whose fields (`a.b` is a field below) equal what is wanted, oldest first."""
    where = "".join(f" AND json_extract(body, '$.{name}') = ?" for name in wanted)
    rows = sql.execute(f"SELECT body FROM objects WHERE kind = ?{where} ORDER BY sequence", (kind, *wanted.values()))  # noqa: S608
    return (json.loads(row["body"]) for row in rows.fetchall())


def of_intent(sql: sqlite3.Connection, kind: str, intent_id: str) -> list[Document]:
    """What belongs to a PaymentIntent, oldest first."""
    rows = sql.execute(
        "SELECT body FROM objects WHERE kind = ? AND json_extract(body, '$.payment_intent') = ? ORDER BY sequence",
        (kind, intent_id),
    )
    return [json.loads(row["body"]) for row in rows.fetchall()]


def shown(document: Any) -> Any:
    """The document as the API answers it."""
    if isinstance(document, dict):
        return {name: shown(value) for name, value in document.items() if not name.startswith("_")}
    if isinstance(document, list):
        return [shown(value) for value in document]
    return document


def merged_metadata(old: Mapping[str, str], given: Any) -> dict[str, str]:
    """Metadata after an update: an empty value removes a key, an empty text all of them."""
    if given == "":
        return {}
    return {name: text for name, text in {**old, **(given or {})}.items() if text != ""}


def page(
    sql: sqlite3.Connection,
    kind: str,
    url: str,
    asked: Mapping[str, Any],
    *,
    wanted: Mapping[str, Any] | None = None,
    types: frozenset[str] | None = None,
) -> Document:
    """A list object, newest first (docs.stripe.com/api/pagination). `wanted`: equal fields. Raises Refusal."""
    where, values = _conditions(sql, kind, asked)
    for name, value in (wanted or {}).items():
        if value is not None:
            where.append(f"json_extract(body, '$.{name}') = ?")
            values.append(value)
    if types:
        if len(types) > _MOST_TYPES:
            raise ParameterRefusal(f"You may name at most {_MOST_TYPES} types.", param="types")
        one_of = " OR ".join(["json_extract(body, '$.type') GLOB ?"] * len(types))
        where.append(f"({one_of})")
        values += sorted(types)
    limit = asked.get("limit", 10)
    if not 1 <= limit <= 100:
        raise ParameterRefusal(
            "Invalid limit: must be between 1 and 100", code="parameter_invalid_integer", param="limit"
        )
    backwards = "ending_before" in asked
    rows = sql.execute(
        f"SELECT body FROM objects WHERE {' AND '.join(where)} ORDER BY sequence {'ASC' if backwards else 'DESC'} LIMIT ?",  # noqa: S608
        (*values, limit + 1),
    ).fetchall()
    found = [json.loads(row["body"]) for row in rows[:limit]]
    return {
        "object": "list",
        "data": found[::-1] if backwards else found,
        "has_more": len(rows) > limit,
        "url": url,
    }


def _conditions(sql: sqlite3.Connection, kind: str, asked: Mapping[str, Any]) -> tuple[list[str], list[Any]]:
    where: list[str] = ["kind = ?"]
    values: list[Any] = [kind]
    created = asked.get("created", {})
    comparisons = {"eq": created} if isinstance(created, int) else created
    signs = {"eq": "=", "gt": ">", "gte": ">=", "lt": "<", "lte": "<="}
    for name, seconds in comparisons.items():
        where.append(f"created {signs[name]} ?")
        values.append(seconds)
    if "starting_after" in asked and "ending_before" in asked:
        raise ParameterRefusal(
            "You may only specify one of these parameters: starting_after, ending_before.", code="parameters_exclusive"
        )
    for name, sign in (("starting_after", "<"), ("ending_before", ">")):
        if name in asked:
            row = sql.execute("SELECT sequence FROM objects WHERE id = ? AND kind = ?", (asked[name], kind)).fetchone()
            if row is None:
                raise unknown_object(kind, asked[name], param=name)
            where.append(f"sequence {sign} ?")
            values.append(row["sequence"])
    return where, values

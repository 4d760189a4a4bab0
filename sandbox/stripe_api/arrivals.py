"""Money on its way from a bank to a customer's cash balance: at once, or when its time has come."""

from dataclasses import dataclass

from sandbox.stripe_api import bank_accounts, bank_transfers, cash_balances, documents
from sandbox.stripe_api.amounts import MOST
from sandbox.stripe_api.desk import Desk
from sandbox.stripe_api.documents import Document
from sandbox.stripe_api.refusals import Refusal

KIND = "sandbox.transfer"
_LONGEST_SECONDS = 366 * 86400


@dataclass(frozen=True)
class Wanted:
    """A transfer as somebody orders it; `amount` in minor units. One of the first four says to whom."""

    reference: str | None = None
    iban: str | None = None
    intent: str | None = None
    customer: str | None = None
    amount: int | None = None
    currency: str | None = None
    sender: str = "Anna Alt"
    after_seconds: int = 0


def order(desk: Desk, wanted: Wanted) -> Document:
    """Send money; it arrives at once unless it takes seconds. Raises Refusal."""
    intent = documents.get(desk.sql, "payment_intent", wanted.intent, param="intent") if wanted.intent else None
    where = _account(desk, wanted, intent)
    amount = _amount(wanted, intent)
    currency = wanted.currency or where["currency"]
    if currency not in bank_accounts.TYPES:
        raise Refusal(f"currency must be one of {', '.join(bank_accounts.TYPES)}.")
    if not 0 <= wanted.after_seconds <= _LONGEST_SECONDS:
        raise Refusal("after_seconds must be a number from 0 to a year.")
    transfer = documents.add(
        desk.sql,
        {
            "id": documents.new_id("transfer"), "object": KIND, "created": desk.at, "status": "waiting",
            "due_at": desk.at + wanted.after_seconds, "account": where["id"], "customer": where["customer"],
            "amount": amount, "currency": currency, "sender": wanted.sender[:100],
            "reference": where["reference"], "transaction": None,
        },
    )  # fmt: skip
    return transfer if wanted.after_seconds else _arrive(desk, transfer)


def arrive_due(desk: Desk) -> int:
    """Let everything arrive whose time has come; how many."""
    rows = desk.sql.execute(
        f"SELECT id FROM objects WHERE kind = '{KIND}' AND json_extract(body, '$.status') = 'waiting'"  # noqa: S608
        " AND json_extract(body, '$.due_at') <= ? ORDER BY json_extract(body, '$.due_at'), sequence",
        (desk.at,),
    ).fetchall()
    for row in rows:
        _arrive(desk, documents.get(desk.sql, KIND, row["id"]))
    return len(rows)


def _arrive(desk: Desk, transfer: Document) -> Document:
    kind = bank_accounts.TYPES[transfer["currency"]]
    entry = cash_balances.add(
        desk, transfer["customer"], transfer["currency"], "funded", transfer["amount"],
        funded={
            "bank_transfer": {
                "type": kind, "reference": transfer["reference"],
                kind: {"sender_name": transfer["sender"], **_SENDERS.get(kind, {})},
            }
        },
    )  # fmt: skip
    transfer |= {"status": "arrived", "transaction": entry["id"]}
    documents.save(desk.sql, transfer)
    bank_transfers.reconcile(desk, transfer["customer"], transfer["currency"])
    return transfer


#: what else is told of the bank the money came from
_SENDERS: dict[str, Document] = {
    "eu_bank_transfer": {"bic": "SANDDEXX", "iban_last4": "4321"},
    "gb_bank_transfer": {"account_number_last4": "4321", "sort_code": "990000"},
    "us_bank_transfer": {"network": "ach"},
    "jp_bank_transfer": {"sender_bank": "Sandbox Bank", "sender_branch": "Sandbox"},
}


def _account(desk: Desk, wanted: Wanted, intent: Document | None) -> Document:
    """The account the money goes to. Raises Refusal."""
    if sum(bool(part) for part in (wanted.reference, wanted.iban, wanted.intent, wanted.customer)) != 1:
        raise Refusal("Say to whom: one of reference, iban, intent, customer.")
    if wanted.reference:
        found = bank_accounts.find(desk, reference=_squeezed(wanted.reference))
    elif wanted.iban:
        found = bank_accounts.find(desk, number=_squeezed(wanted.iban))
    elif intent:
        found = bank_accounts.find(desk, customer=intent["customer"] or "", currency=intent["currency"])
    else:
        found = bank_accounts.find(desk, customer=wanted.customer or "")
    if found is None:
        raise Refusal("Nobody was ever told to transfer money there.", status=404)
    return found


def _squeezed(number: str) -> str:
    return "".join(number.split()).upper()


def _amount(wanted: Wanted, intent: Document | None) -> int:
    """As it is said; for an intent that waits, by default what it lacks. Raises Refusal."""
    is_waiting = intent is not None and intent["status"] == "requires_action" and bank_transfers.is_one(intent)
    amount = bank_transfers.remaining(intent) if wanted.amount is None and intent and is_waiting else wanted.amount
    if amount is None or not 1 <= amount <= MOST:
        raise Refusal(f"amount must be a number from 1 to {MOST}, in minor units.")
    return amount

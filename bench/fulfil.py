"""`fulfilment.settle()` of a plan order that was paid by card: booked, applied, its messages written."""

from functools import partial
from itertools import count

from bench.report import Report, Scale
from bench.rounds import Deed, compare, rows_of
from billing.fulfilment import settle
from tests.billing.ordering import NOW, load_reference_data, order_plan, payment_for, received
from tests.cast import person

#: What an order leaves behind, without made ids and real time.
_ROWS = (
    "SELECT to_jsonb(o) - '{buyer_id,form_token,expires_at}'::text[] FROM billing_order o WHERE id = %(order)s",
    "SELECT to_jsonb(p) - '{idempotency_key,asked_at,created_at,expires_at}'::text[] FROM billing_payment p WHERE id = %(payment)s",
    "SELECT to_jsonb(e) - '{id,created_at}'::text[] FROM billing_ledgerentry e WHERE order_id = %(order)s ORDER BY key",
    "SELECT to_jsonb(e) - '{id}'::text[] FROM billing_orderevent e WHERE order_id = %(order)s AND kind <> 'placed' ORDER BY id",
    "SELECT to_jsonb(l) - '{state_since,created_at}'::text[] FROM accounts_line l WHERE id = %(line)s",
    "SELECT to_jsonb(p) - '{id,created_at}'::text[] FROM plans_planperiod p WHERE line_id = %(line)s",
    """SELECT to_jsonb(a) - '{id,period_id,created_at}'::text[] FROM plans_allowance a
       JOIN plans_planperiod p ON p.id = a.period_id WHERE a.line_id = %(line)s ORDER BY a.unit""",
    """SELECT (to_jsonb(c) #- '{payload,since}'::text[]) - '{id,sequence,created_at,next_try_at}'::text[] - CASE kind WHEN 'line_set' THEN 'key' ELSE '' END
       FROM provisioning_command c WHERE line_id = %(line)s ORDER BY sequence""",
    """SELECT to_jsonb(m) - '{id,created_at,due_at,not_after,next_try_at}'::text[] FROM notifications_message m
       WHERE subject = 'order:' || %(order)s ORDER BY key""",
)


def measure(scale: Scale) -> Report:
    """Raises bench.rounds.NotTheSame, BooksBroken."""
    return compare(Fulfil(), scale)


class Fulfil:
    """Each order is the first of a new line."""

    name = "fulfil"
    size = 20

    def __init__(self) -> None:
        load_reference_data()
        self._numbers = count()

    def deeds(self, count: int) -> list[Deed]:
        return [self._deed(next(self._numbers)) for _ in range(count)]

    def rows(self, deed: Deed) -> list[str]:
        return [row for statement in _ROWS for row in rows_of(statement, deed)]

    def _deed(self, number: int) -> Deed:
        payer = person(f"payer{number:05}", f"+4917604069{number:05}")
        order = order_plan(payer)
        payment = payment_for(order)
        fact = received(payment)
        own = {
            "line": str(order.line_id),
            "order": str(order.pk),
            "payment": str(payment.pk),
            "msisdn": order.line.msisdn,
            "email": order.payer_email,
            "reference": order.reference,
            "session": payment.session_id or "",
            "intent": fact.intent_id or "",
        }
        return Deed(kind="settle", own=own, run=partial(settle, payment, fact, now=NOW))

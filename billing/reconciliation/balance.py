"""The gateway's balance against the ledger, movement by movement, payout by payout, and as one sum."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection
from django.utils.translation import gettext as _

from billing.gateways import gateway
from billing.gateways.books import PayoutFact, PayoutFactState
from billing.models import EntryKind, GatewayMove, LedgerEntry, MoveKind, ReviewItem, ReviewKind
from billing.reconciliation import differences, matching, moves
from billing.reconciliation.differences import Difference
from lib.money import format_money

#: A payment and its notice cross: younger movements are left for the next night.
NEWS_TAKES = timedelta(hours=1)
#: What we booked must have reached the gateway's balance by then.
BALANCE_TAKES = timedelta(days=1)
#: A payout may fail weeks after it was begun.
PAYOUTS_CHANGE_FOR = timedelta(days=35)


def compare_moves(*, now: datetime, read_until: datetime) -> tuple[list[Difference], list[dict[str, Any]]]:
    """Match what was read up to `read_until` (real time); what differs, and the movements among it that our books lack."""
    matching.match()
    left = matching.left_over(before=read_until - NEWS_TAKES)
    told = differences.tell([_of_move(row) for row in left], area="balance", now=now)
    return told, [row for row in left if row["entry_id"] is None]


def compare_entries(*, now: datetime, read_until: datetime) -> list[Difference]:
    """Our bookings at the gateway of which its balance knows nothing a day later."""
    unheard = matching.unheard_of(before=read_until - BALANCE_TAKES)
    return differences.tell([_of_entry(row) for row in unheard], area="entry", now=now)


def _of_move(row: dict[str, Any]) -> Difference:
    words = {
        "kind": row["their_kind"] if row["kind"] == MoveKind.OTHER else str(MoveKind(row["kind"]).label),
        "amount": format_money(row["amount_minor"], row["currency"]),
        "day": _day(row["happened_at"]),
        "id": row["gateway_id"],
        "about": row["intent_id"] if row["kind"] == MoveKind.PAYMENT else row["object_id"],
        "booked": format_money(row["booked_minor"] or 0, row["booked_currency"] or row["currency"]),
    }
    if row["kind"] == MoveKind.OTHER:
        detail = _("At the gateway on %(day)s: %(kind)s, %(amount)s (%(id)s). The portal does not know what that is.")
    elif row["entry_id"] is None:
        detail = _("At the gateway on %(day)s: %(kind)s, %(amount)s (%(id)s, %(about)s). Our books do not have it.")
    elif row["is_taken"]:
        detail = _(
            "At the gateway on %(day)s: %(kind)s, %(amount)s (%(id)s, %(about)s). It is there twice, in our books once."
        )
    else:
        detail = _("At the gateway on %(day)s: %(kind)s, %(amount)s (%(id)s, %(about)s). Our books say %(booked)s.")
    return Difference(
        area="balance",
        about=row["gateway_id"],
        detail=detail % words,
        currency=row["currency"],
        order_id=row["order_id"],
    )


def _of_entry(row: dict[str, Any]) -> Difference:
    words = {
        "kind": EntryKind(row["kind"]).label,
        "amount": format_money(row["amount_minor"], row["currency"]),
        "day": _day(row["created_at"]),
        "key": row["key"],
    }
    detail = (
        _("In our books on %(day)s: %(kind)s, %(amount)s (%(key)s). The gateway's balance did not move so.") % words
    )
    return Difference(
        area="entry", about=str(row["id"]), detail=detail, currency=row["currency"], order_id=row["order_id"]
    )


def compare_payouts(*, now: datetime, read_until: datetime) -> list[Difference]:
    """Each payout the gateway lists has its entry, and each that failed its way back. Raises GatewayProblem."""
    waiting = ReviewItem.objects.filter(
        kind=ReviewKind.DIFFERENCE, closed_at=None, subject__startswith="difference:payout:"
    )
    oldest = waiting.order_by("opened_at").values_list("opened_at", flat=True).first()
    since = min(oldest or read_until, read_until) - PAYOUTS_CHANGE_FOR
    found: list[Difference] = []
    for page in gateway().payouts(since=since, until=read_until - NEWS_TAKES):
        found += _of_payouts(page)
    return differences.tell(found, area="payout", now=now)


def _of_payouts(page: Iterable[PayoutFact]) -> list[Difference]:
    wanted: dict[str, PayoutFact] = {}
    for fact in page:
        wanted[f"payout:{fact.gateway_id}"] = fact
        if fact.state == PayoutFactState.FAILED:
            wanted[f"payout:{fact.gateway_id}:failed"] = fact
    rows = LedgerEntry.objects.filter(key__in=wanted).values_list("key", "amount_minor", "currency")
    booked = {key: (minor, currency) for key, minor, currency in rows}
    return [
        _of_payout(fact, key, booked.get(key))
        for key, fact in wanted.items()
        if booked.get(key) != (fact.amount.minor, fact.amount.currency)
    ]


def _of_payout(fact: PayoutFact, key: str, booked: tuple[int, str] | None) -> Difference:
    words = {
        "id": fact.gateway_id,
        "amount": format_money(fact.amount.minor, fact.amount.currency),
        "booked": format_money(*booked) if booked else "",
    }
    if booked:
        detail = _("The gateway paid out %(amount)s to our bank (%(id)s). Our books say %(booked)s.")
    elif key.endswith(":failed"):
        detail = _("A payout of %(amount)s (%(id)s) came back to the gateway. Our books do not have that.")
    else:
        detail = _("The gateway paid out %(amount)s to our bank (%(id)s). Our books do not have it.")
    return Difference(
        area="payout", about=key.removeprefix("payout:"), detail=detail % words, currency=fact.amount.currency
    )


def compare_totals(*, now: datetime, read_until: datetime) -> list[Difference]:
    """The gateway's balance is the sum of its movements, and what clearing holds but for what was told one by one.

    Money moves while we ask: the balance may be that after any of the movements that came meanwhile. Raises GatewayProblem.
    """
    before, last_id = _moved(), GatewayMove.objects.order_by("-id").values_list("id", flat=True).first() or 0
    held = gateway().balance()
    moves.read(until=read_until)
    possible = {currency: {minor} for currency, minor in before.items()}
    running = dict(before)
    for currency, net_minor in _since(last_id):
        running[currency] = running.get(currency, 0) + net_minor
        possible.setdefault(currency, {0}).add(running[currency])
    found = [
        _of_balance(currency, held.get(currency, 0), running.get(currency, 0))
        for currency in sorted({*held, *possible})
        if held.get(currency, 0) not in possible.get(currency, {0})
    ]
    return differences.tell([*found, *_of_clearing()], area="total", now=now)


def _since(last_id: int) -> list[tuple[str, int]]:
    rows = GatewayMove.objects.filter(id__gt=last_id).order_by("happened_at", "id")
    return [(row.currency, row.amount_minor - row.fee_minor) for row in rows]


def _moved() -> dict[str, int]:
    """Net of every movement, by currency."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT currency, sum(amount_minor - fee_minor)::bigint FROM billing_gatewaymove GROUP BY 1")
        return dict(cursor.fetchall())


def _of_balance(currency: str, held_minor: int, moved_minor: int) -> Difference:
    detail = _("The gateway says it holds %(held)s for us, but the movements it tells come to %(moved)s.") % {
        "held": format_money(held_minor, currency),
        "moved": format_money(moved_minor, currency),
    }
    return Difference(area="total", about=f"gateway:{currency}", detail=detail, currency=currency)


#: One statement, one moment: every movement and every entry of clearing, what is matched and what is not.
_CLEARING = """
    WITH sides AS (
        SELECT e.id, e.key, e.currency, CASE WHEN a.id = e.source_id THEN e.amount_minor ELSE -e.amount_minor END AS minor
        FROM billing_ledgerentry e JOIN billing_ledgeraccount a ON a.id IN (e.source_id, e.target_id) AND a.kind = 'clearing')
    SELECT currency, 'moved' AS what, sum(amount_minor - fee_minor)::bigint AS minor FROM billing_gatewaymove GROUP BY 1
    UNION ALL SELECT currency, 'unmatched', sum(amount_minor)::bigint FROM billing_gatewaymove WHERE matched_at IS NULL GROUP BY 1
    UNION ALL SELECT currency, 'booked', sum(minor)::bigint FROM sides GROUP BY 1
    UNION ALL SELECT currency, 'unheard', sum(minor)::bigint FROM sides
        WHERE NOT EXISTS (SELECT FROM billing_gatewaymove m WHERE m.entry_id = sides.id)
            AND NOT EXISTS (SELECT FROM billing_gatewaymove m WHERE m.kind <> 'fee' AND 'fee:' || m.gateway_id = sides.key) GROUP BY 1"""


def _of_clearing() -> list[Difference]:
    sums: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    with connection.cursor() as cursor:
        cursor.execute(_CLEARING)
        for currency, what, minor in cursor.fetchall():
            sums[currency][what] = minor
    found = []
    for currency, of in sorted(sums.items()):
        known = of["unmatched"] - of["unheard"]
        if of["moved"] - of["booked"] == known:
            continue
        detail = _(
            "At the gateway by its movements: %(moved)s; in our books: %(booked)s. Of the difference %(known)s is told one by one, the rest is not."
        ) % {
            "moved": format_money(of["moved"], currency),
            "booked": format_money(of["booked"], currency),
            "known": format_money(known, currency),
        }
        found.append(Difference(area="total", about=f"books:{currency}", detail=detail, currency=currency))
    return found


def _day(at: datetime) -> str:
    return f"{at.astimezone(ZoneInfo(settings.BOOKS_TIME_ZONE)):%Y-%m-%d}"

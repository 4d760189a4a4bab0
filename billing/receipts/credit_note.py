"""What a credit note says: what it is about, what goes back, how that was counted, and which way it goes."""

from typing import Any

from django.utils.translation import gettext as _

from billing.giving_back import withdraw_page
from billing.giving_back.quotes import Quote, Rule, Share
from billing.models import Method, Order, RefundCause, RefundRequest
from billing.receipts.parts import About, Says, day
from billing.receipts.sale import method_of, title_of
from lib.money import Money
from lib.wording import moment_in_words


def says(about: About, request: RefundRequest) -> Says:
    order = about.order
    return Says(
        title=_("Credit note"),
        sum=_("Given back"),
        how=_how(order, request),
        facts=_about_which(about),
        item=[title_of(order), _cause(request)],
        counting=_counting(order, request),
    )


def _how(order: Order, request: RefundRequest) -> list[list[str]]:
    on = [[_("Decided on"), moment_in_words(request.decided_at, with_year=True)]] if request.decided_at else []
    return [*on, [_("Goes to"), _way(order, request)]]


def _about_which(about: About) -> list[list[str]]:
    """The receipt that it changes: Council Directive 2006/112/EC, Article 219."""
    if about.original is None:
        return []
    return [[_("About receipt"), f"{about.original.printed_number} ({day(about.original.issued_at)})"]]


def _cause(request: RefundRequest) -> str:
    return {
        RefundCause.WITHDRAWAL: _("Withdrawal within 14 days"),
        RefundCause.UNDONE: _("Undone within ten minutes"),
        RefundCause.CANCELLED: _("Cancelled before it began"),
        RefundCause.STAFF: _("Given back by our support"),
        RefundCause.DASHBOARD: _("Given back by our support"),
        RefundCause.DISPUTE: _("Taken back by your bank"),
        RefundCause.OUTSIDE: _("Taken back where it was paid"),
    }[RefundCause(request.cause)]


def _way(order: Order, request: RefundRequest) -> str:
    if request.cause == RefundCause.DISPUTE:
        return _("you, by your bank")
    if request.cause == RefundCause.OUTSIDE:
        return _("where it was paid")
    if request.formula.get("to") == "credit":
        return _("credit of the number")
    if order.method == Method.TRANSFER:
        return _("your bank account")
    return method_of(order)


def _counting(order: Order, request: RefundRequest) -> dict[str, Any]:
    """By the rules; a sum that somebody agreed on, or a bank took, was not counted by them."""
    quote = _quote(order, request)
    if quote is None or quote.amount.minor != request.amount_minor:
        return {}
    return {
        "title": _("How it is counted"),
        "why": withdraw_page.why(quote),
        "rows": [[share.title, share.says] for share in withdraw_page.shares(quote)],
        "formula": withdraw_page.formula(quote),
    }


def _quote(order: Order, request: RefundRequest) -> Quote | None:
    """What was counted when it was asked for."""
    kept = request.formula
    if kept.get("rule") not in set(Rule):
        return None
    return Quote(
        amount=Money(kept["counted"], request.currency),
        price=order.price,
        rule=Rule(kept["rule"]),
        shares=[Share(**share) for share in kept.get("shares", [])],
        before_minor=kept.get("before", 0),
    )

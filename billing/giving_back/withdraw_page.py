"""The page before withdrawing: the sum, and how it is counted."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from billing import wording
from billing.giving_back.quotes import Quote, Rule, Share
from billing.giving_back.withdrawal import Offer
from billing.models import Method, Order
from lib.money import format_money
from lib.wording import count_in_words, data_in_words, minutes_in_words, texts_in_words
from plans.models import Unit

_DAY, _HOUR = 86400, 3600


@dataclass(frozen=True)
class ShareWords:
    """What is left of one thing: in words, in percent (whole, rounded up), and whether it decides."""

    title: str
    says: str
    percent: int
    decides: bool


def facts(order: Order, offer: Offer) -> dict[str, Any]:
    """The context of the page."""
    quote = offer.quote
    return {
        "place": "orders",
        "order": order,
        "title": wording.title_of(order),
        "sum_minor": quote.amount.minor,
        "currency": quote.amount.currency,
        "why": why(quote),
        "formula": formula(quote),
        "shares": shares(quote),
        "until": offer.until,
        "way": _way(order, offer),
        "may_keep_as_credit": offer.may_keep_as_credit,
        "ends": order.plan_id is not None,
    }


def why(quote: Quote) -> str:
    """The rule in a sentence."""
    return {
        Rule.NOT_BEGUN: _("It has not begun, so all of it goes back."),
        Rule.NO_CONSENT: _("You did not ask us to start at once, so all of it goes back."),
        Rule.IN_PROPORTION: _("You pay for what you used. Of time and allowances, the one with the least left counts."),
        Rule.UNSPENT: _("What is left of this credit goes back. Bonus credit is not paid out."),
        Rule.NOTHING_LEFT: _("Nothing is left that could go back."),
    }[quote.rule]


def formula(quote: Quote) -> str:
    """`€15.00 × 66.7 % = €10.00`; empty when the whole price goes back."""
    smallest = quote.smallest
    if quote.rule != Rule.IN_PROPORTION or smallest is None:
        return ""
    percent = count_in_words((Decimal(smallest.left * 100) / smallest.whole).quantize(Decimal("0.1")))
    counted = f"{quote.price} × {percent} % = {quote.amount}"
    if quote.before_minor:
        before = format_money(quote.before_minor, quote.price.currency)
        return _("%(formula)s, of which %(before)s went back before") % {"formula": counted, "before": before}
    return counted


def shares(quote: Quote) -> list[ShareWords]:
    """Time and allowances, each with what is left of it."""
    return [_share(share, decides=share == quote.smallest) for share in quote.shares]


def _share(share: Share, *, decides: bool) -> ShareWords:
    titles = {"time": _("Time"), Unit.DATA: _("Data"), Unit.VOICE: _("Minutes"), Unit.TEXTS: _("Texts")}
    in_words = {"time": _time, Unit.DATA: data_in_words, Unit.VOICE: minutes_in_words, Unit.TEXTS: texts_in_words}
    says = _("%(left)s left of %(whole)s") % {
        "left": in_words[share.what](share.left),
        "whole": in_words[share.what](share.whole),
    }
    return ShareWords(titles[share.what], says, -(-share.left * 100 // share.whole), decides)


def _time(seconds: int) -> str:
    if seconds >= 2 * _DAY:
        days = -(-seconds // _DAY)
        return ngettext("%(count)s day", "%(count)s days", days) % {"count": count_in_words(days)}
    hours = -(-seconds // _HOUR)
    return ngettext("%(count)s hour", "%(count)s hours", hours) % {"count": count_in_words(hours)}


def _way(order: Order, offer: Offer) -> str:
    if offer.goes_to_credit:
        return _("It becomes credit of the number at once, as it was paid.")
    ways = {
        Method.CARD: _("Back to the card you paid with, usually within 5 to 10 days."),
        Method.PAYPAL: _("Back to the PayPal account you paid with, usually within 5 days."),
        Method.TRANSFER: _("Back to a bank account of yours; our payment provider asks you for it by e-mail."),
    }
    return ways[Method(order.method)]

"""Standing orders in words: one sentence on every page that shows them, and what to do when one is in trouble."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from accounts.models import Line
from billing.models import RunState
from billing.standing import auto_renew, auto_top_up
from billing.standing.auto_renew import Outlook
from lib.wording import date_in_words, end_in_words, moment_in_words


@dataclass(frozen=True)
class Said:
    """`sentence` with date, sum, way to pay and cut-off; `trouble` is set when something is wrong, `repair_url` where to mend it."""

    sentence: str
    trouble: str = ""
    repair_url: str = ""
    repair: str = ""


def of_line(line: Line, *, now: datetime) -> Said | None:
    """What auto-renew of the line will do next; None when it is off."""
    found = auto_renew.outlook(line, now=now)
    return say(found, now=now) if found else None


def say(outlook: Outlook, *, now: datetime) -> Said:
    """The outlook in the reader's language and time zone."""
    return Said(_sentence(outlook, now=now), *_trouble(outlook))


def paid_with(outlook: Outlook) -> str:
    """`Visa ···4242`, `credit`, or `credit, else Visa ···4242`."""
    if not outlook.auto_renew.uses_credit:
        return outlook.method_label
    if not outlook.method_label:
        return _("credit")
    return _("credit, else %(label)s") % {"label": outlook.method_label}


def _sentence(outlook: Outlook, *, now: datetime) -> str:
    facts = {"sum": outlook.price, "method": paid_with(outlook), "plan": outlook.plan.title}
    if outlook.renews_at is None or outlook.cut_off is None:
        if outlook.state:
            return _("Auto-renew is on; %(plan)s, %(sum)s from %(method)s, is not paid yet.") % facts
        return _("Auto-renew is on: once a plan runs, %(plan)s follows it for %(sum)s from %(method)s.") % facts
    facts |= {"date": date_in_words(outlook.renews_at, now=now), "new": outlook.plan.price}
    if words := _in_the_way(outlook):
        return words % facts
    if outlook.cut_off <= now:
        return _("Renews by itself on %(date)s, %(sum)s from %(method)s. It is being paid.") % facts
    is_at_the_end = outlook.cut_off == outlook.renews_at
    cut_off = end_in_words(outlook.cut_off, now=now) if is_at_the_end else moment_in_words(outlook.cut_off, now=now)
    words = _("Renews by itself on %(date)s, %(sum)s from %(method)s; switch off until %(cut_off)s.")
    return words % {**facts, "cut_off": cut_off}


def _in_the_way(outlook: Outlook) -> str:
    """Why nothing will be renewed, or not yet."""
    if outlook.obstacle == "plan_gone":
        return _("%(plan)s is no longer sold, so it does not renew by itself on %(date)s. Choose another plan.")
    if outlook.obstacle:
        return _("%(plan)s now costs %(new)s, so it does not renew by itself at %(sum)s on %(date)s.")
    if outlook.state == RunState.DUE:
        return _("Another order of the number is on its way. Until it is clear what becomes of it, nothing is renewed.")
    return ""


def _trouble(outlook: Outlook) -> tuple[str, str, str]:
    """What is wrong, where to mend it, and what stands on the button."""
    sums = {"sum": outlook.price}
    match outlook.state:
        case RunState.WANTS_BANK:
            words = _("Your bank wants you to confirm the payment of %(sum)s. Until then nothing is taken.") % sums
            return words, outlook.repair_url, _("Confirm and pay")
        case RunState.RETRYING:
            words = _("Your bank said no to %(sum)s. You have not been charged; we try again, or pay now.") % sums
            return words, outlook.repair_url, _("Pay now")
    return "", "", ""


def stopped(reason: str) -> str:
    """Why auto-renew was switched off by itself; empty when its owner did it."""
    said = {
        "given_up": _("It could not be paid after several tries."),
        "plan_gone": _("The plan is no longer sold."),
        "price": _("The price has changed and was not agreed to."),
        "line": _("Nothing could be ordered for the number."),
        "waits": _("Another order of the number was on its way."),
        "method": _("There was nothing left to pay with."),
        "method_revoked": _("The permission to pay with it was withdrawn at the bank or PayPal."),
        "method_expired": _("The card it was paid with has expired."),
        "method_removed": _("What it was paid with was removed."),
    }
    return said.get(reason, "")


def top_up_of_line(line: Line, *, now: datetime) -> str:
    """What auto top-up of the line does; empty when it is off."""
    found = auto_top_up.outlook(line, now=now)
    if found is None:
        return ""
    facts = {"below": found.below, "add": found.add, "most": found.at_most, "method": found.method_label}
    return _("Below %(below)s we add %(add)s from %(method)s, at most %(most)s times a month.") % facts

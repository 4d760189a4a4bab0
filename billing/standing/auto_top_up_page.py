"""The page of a line's auto top-up."""

from datetime import datetime
from typing import Any

from accounts import hold
from accounts.models import Line, Subscriber
from billing import ledger
from billing.models import AutoTopUp
from billing.saved_methods import choosing
from billing.standing import auto_top_up
from billing.standing.auto_renew_page import Choice
from billing.standing.forms import AutoTopUpForm
from lib.money import format_money


def initial(line: Line, subscriber: Subscriber, *, now: datetime) -> dict[str, Any]:
    """What is chosen before the reader chooses: what is on, else the middle of what is offered."""
    on = auto_top_up.outlook(line, now=now)
    if on:
        order = on.auto_top_up
        return {
            "below_minor": order.below_minor,
            "add_minor": order.add_minor,
            "at_most": order.at_most,
            "method": str(order.method_id or ""),
            "backup": str(order.backup_id or ""),
        }
    ways = choosing.saved(subscriber)
    backup = next((way for way in ways if way.is_backup), None)
    return {
        "below_minor": auto_top_up.thresholds()[1],
        "add_minor": auto_top_up.sums()[1],
        "at_most": 3,
        "method": str(ways[0].pk) if ways else "",
        "backup": str(backup.pk) if backup else "",
    }


def facts(line: Line, subscriber: Subscriber, form: AutoTopUpForm, *, now: datetime) -> dict[str, Any]:
    """The context of the page."""
    paid, bonus = ledger.credit_of(line)
    ways = list(form.ways.values())
    method = str(form["method"].value() or "")
    last = AutoTopUp.objects.filter(line=line, subscriber=subscriber).order_by("-on_at", "-pk").first()
    return {
        "place": "home",
        "line": line,
        "form": form,
        "on": auto_top_up.outlook(line, now=now),
        "stopped": last.off_reason if last and not last.is_on else "",
        "credit_minor": (paid + bonus).minor,
        "belows": _sums(auto_top_up.thresholds(), str(form["below_minor"].value()), line.currency),
        "adds": _sums(auto_top_up.sums(), str(form["add_minor"].value()), line.currency),
        "methods": [Choice(str(way.pk), way.label, is_chosen=str(way.pk) == method) for way in ways],
        "has_saved": bool(ways),
        "has_several": len(ways) > 1,
        "held_until": hold.until(subscriber),
    }


def _sums(minors: list[int], chosen: str, currency: str) -> list[Choice]:
    return [Choice(str(minor), format_money(minor, currency), is_chosen=str(minor) == chosen) for minor in minors]

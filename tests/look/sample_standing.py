"""Contexts of the pages of auto-renew and auto top-up."""

from datetime import timedelta
from types import SimpleNamespace as Like
from typing import Any
from uuid import UUID

from billing.standing.auto_renew_page import Choice
from billing.standing.forms import CREDIT, AutoRenewForm, AutoTopUpForm
from billing.standing.words import Said
from lib.money import Money
from tests.look.sample_back import NOW

LINE = Like(
    id=UUID(int=11),
    msisdn="+4917604069011",
    label="Donaudampfschifffahrtsgesellschaftskapitän 备用",
    currency="EUR",
    time_zone="Asia/Shanghai",
    country="DE",
)
WAYS: Any = [Like(pk=UUID(int=1), label="Visa ···4242"), Like(pk=UUID(int=2), label="American Express ···0005")]
END = NOW + timedelta(days=9)
SENTENCE = "Renews by itself on Wed 2 Dec, €15.00 from credit, else Visa ···4242; switch off until Tue 1 Dec, 14:20."
SAID = Said(SENTENCE)
TROUBLE = Said(
    SENTENCE,
    "Your bank wants you to confirm the payment of €15.00. Until then nothing is taken.",
    "/orders/",
    "Confirm and pay",
)


def _renew(data: dict[str, str] | None = None, *, ways: Any = (), **more: Any) -> dict[str, Any]:
    form = AutoRenewForm(data, initial={"plan": "month-15:1500", "backup": ""}, methods=ways)
    methods = [Choice(str(way.pk), way.label, is_chosen=way is ways[0]) for way in ways]
    says = "When it is not enough, nothing is taken and we tell you."
    plans = [
        ("month-5:800", "Month 5", "€8.00"),
        ("long:9900", "包月流量畅享套餐（含欧盟漫游）Überraschungspaket", "€99.00"),
    ]
    return {
        "place": "home",
        "line": LINE,
        "form": form,
        "on": None,
        "said": None,
        "paid_next": None,
        "own_plan": Choice("month-15:1500", "Month 15", "€15.00", "for a month", is_chosen=True),
        "other_plans": [Choice(value, title, price, "for a month") for value, title, price in plans],
        "methods": [*methods, Choice(CREDIT, "Credit of the number alone", says=says, is_chosen=not ways)],
        "has_saved": bool(ways),
        "has_several": len(ways) > 1,
        "held_until": None,
    } | more


def renew_first() -> dict[str, Any]:
    """Nothing saved yet."""
    return _renew()


def renew_on() -> dict[str, Any]:
    """On, in trouble, with a new price told."""
    on = Like(
        plan=Like(title="Month 15"),
        price=Money(1500, "EUR"),
        renews_at=END,
        cut_off=END - timedelta(days=1),
        backup_label="American Express ···0005",
        new_price=Money(1700, "EUR"),
        new_from=END + timedelta(days=20),
    )
    return _renew(ways=WAYS, on=on, said=TROUBLE, paid_with="credit, else Visa ···4242")


def renew_off() -> dict[str, Any]:
    """Switched off after the next period was paid."""
    period = Like(plan=Like(title="Month 15"), starts_at=END, ends_at=END + timedelta(days=30))
    return _renew(ways=WAYS, paid_next=period, stopped="It could not be paid after several tries.")


def renew_refused() -> dict[str, Any]:
    return _renew({"plan": "x", "method": "y"}, ways=WAYS)


def renew_held() -> dict[str, Any]:
    return _renew(ways=WAYS, held_until=NOW + timedelta(hours=20))


def _top_up(data: dict[str, str] | None = None, *, ways: Any = WAYS, **more: Any) -> dict[str, Any]:
    sums = [(100, "€1.00"), (250, "€2.50"), (500, "€5.00"), (1000, "€10.00"), (2000, "€20.00")]
    return {
        "place": "home",
        "line": LINE,
        "form": AutoTopUpForm(data, initial={"at_most": 3}, methods=ways),
        "on": None,
        "stopped": "",
        "credit_minor": 420,
        "belows": [Choice(str(minor), words, is_chosen=minor == 500) for minor, words in sums],
        "adds": [Choice(str(minor), words, is_chosen=minor == 1000) for minor, words in sums],
        "methods": [Choice(str(way.pk), way.label, is_chosen=way is ways[0]) for way in ways],
        "has_saved": bool(ways),
        "has_several": len(ways) > 1,
        "held_until": None,
    } | more


def top_up_first() -> dict[str, Any]:
    return _top_up(ways=[], stopped="declined")


def top_up_on() -> dict[str, Any]:
    on = Like(
        below=Money(500, "EUR"),
        add=Money(1000, "EUR"),
        at_most=3,
        done=1,
        method_label="Visa ···4242",
        backup_label="American Express ···0005",
    )
    return _top_up(on=on)


def top_up_refused() -> dict[str, Any]:
    return _top_up({"at_most": "99"})

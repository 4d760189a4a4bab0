"""Contexts of pages about saved ways to pay."""

from types import SimpleNamespace as Like
from typing import Any
from uuid import UUID

from billing.saved_methods.page import Row
from billing.saved_methods.save_form import SaveForm


def method(number: int, label: str, *, way: str = "card", state: str = "saved", **flags: bool) -> Any:
    facts = {"is_default": False, "is_backup": False, "is_saved": state == "saved"}
    return Like(id=UUID(int=number), label=label, way=way, state=state, **facts | flags)


def row(found: Any, ends: str = "", tone: str = "plain", rests: str = "") -> Row:
    is_other = found.is_saved and not found.is_default
    return Row(
        method=found,
        icon="credit-card" if found.way == "card" else "wallet",
        ends=ends,
        tone=tone,
        rests=rests,
        has_first=is_other,
        has_backup=is_other and not found.is_backup,
    )


def ways() -> dict[str, Any]:
    """One of each: first, for when it fails, spare, withdrawn, expired."""
    long_name = "auto-renew of Donaudampfschifffahrtsgesellschaftskapitän 备用"
    rows = [
        row(
            method(1, "Visa ···4242", is_default=True),
            "Good until 03/2031",
            rests=f"{long_name} and auto top-up of 妈妈",
        ),
        row(method(2, "PayPal", way="paypal", is_backup=True)),
        row(method(3, "Mastercard ···4444"), "Good until 12/2026", "warn", "auto-renew of +49 176 04069019"),
        row(method(4, "PayPal", way="paypal", state="revoked"), "Permission withdrawn at the bank or PayPal", "bad"),
        row(method(5, "American Express ···0005", state="expired"), "Expired 10/2026", "bad"),
    ]
    return {"rows": rows, "has_several": True}


def ways_none() -> dict[str, Any]:
    return {"rows": [], "has_several": False}


def save(data: dict[str, str] | None = None) -> dict[str, Any]:
    ways = [{"value": way, "is_chosen": way == "card"} for way in ("card", "paypal")]
    return {"form": SaveForm(data, initial={"next": "/home/"}, ways=["card", "paypal"]), "ways": ways}


def save_refused() -> dict[str, Any]:
    return save({"way": "card", "next": ""})


def remove() -> dict[str, Any]:
    return {
        "method": method(1, "Visa ···4242"),
        "stops": ["auto-renew of Anna’s number"],
        "goes_on": ["auto top-up of Donaudampfschifffahrtsgesellschaftskapitän 备用"],
    }

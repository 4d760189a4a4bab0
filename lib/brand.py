"""The operator's name, contact and texts, read from the `brand/` folder."""

import re
import tomllib
from dataclasses import dataclass, field
from datetime import time, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

_WEEK = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


@dataclass(frozen=True)
class LegalText:
    """One text as an HTML fragment, the language it is in, and the version that is stored with an acceptance."""

    kind: str
    version: str
    language: str
    html: SafeString


@dataclass(frozen=True)
class Operator:
    """Who sells, as it stands on receipts: Council Directive 2006/112/EC, Article 226(3) and (5)."""

    name: str
    address: list[str]
    vat_id: str
    register: str


@dataclass(frozen=True)
class LifeSpans:
    """How long a line lives on: `after_top_up` and `after_use` in use, then `grace`, then `suspended`; a number given up rests for `quarantine`."""

    after_top_up: timedelta = timedelta(days=180)
    after_use: timedelta = timedelta(days=90)
    grace: timedelta = timedelta(days=30)
    suspended: timedelta = timedelta(days=60)
    quarantine: timedelta = timedelta(days=90)


@dataclass(frozen=True)
class Opening:
    """When support is there: from Monday on, opening and closing time of each day, None for a day off; by the clocks of `zone`."""

    zone: ZoneInfo
    days: tuple[tuple[time, time] | None, ...]


@dataclass(frozen=True)
class AccessPoint:
    """What a device that does not go online by itself is told (3GPP TS 23.003, 9)."""

    name: str
    apn: str = "internet"
    user: str = ""
    password: str = ""


@dataclass(frozen=True)
class Brand:
    """`colour` is its hue in degrees and its chroma (oklch), as the pages have them. `versions` maps a text's name (`terms`, `privacy`, `start-at-once`, …) to what is stored with an acceptance.

    `mark` is an SVG; `receipt_letters` how the numbers of each series of receipts begin; `short_plans_ahead`: whether auto-renew pays
    plans of less than seven days ahead of their end. `identity_by_language`: where to show who one is; `low_credit`: from what sum down, in minor
    units by currency, the owner is told. `opening`: None is round the clock.
    """

    folder: Path
    name: str
    mail: str
    phone: str
    hours_by_language: dict[str, str]
    versions: dict[str, str]
    colour: tuple[float, float]
    operator: Operator
    mark: str
    receipt_letters: dict[str, str]
    short_plans_ahead: bool = False
    life: LifeSpans = field(default_factory=LifeSpans)
    identity_by_language: dict[str, str] = field(default_factory=dict)
    low_credit: dict[str, int] = field(default_factory=dict)
    opening: Opening | None = None
    access_point: dict[str, str] = field(default_factory=dict)

    @property
    def apn(self) -> AccessPoint:
        """The operator's access point."""
        return AccessPoint(**{"name": self.name, **self.access_point})

    @property
    def where_to_identify(self) -> str:
        """One sentence in the reader's language."""
        return self.identity_by_language.get(get_language() or "en") or self.identity_by_language.get("en", "")

    @property
    def hours(self) -> str:
        """Support hours in the reader's language."""
        return self.hours_by_language.get(get_language() or "en") or self.hours_by_language.get("en", "")

    def text(self, name: str) -> "LegalText":
        """A legal text in the reader's language, else in English. Raises FileNotFoundError."""
        own = self.folder / "texts" / f"{name}.{get_language()}.html"
        language = (get_language() or "en") if own.exists() else "en"
        path = self.folder / "texts" / f"{name}.{language}.html"
        html = mark_safe(path.read_text(encoding="utf-8"))  # noqa: S308  the operator's own file
        return LegalText(kind=name, version=self.versions[name], language=language, html=html)


@cache
def brand() -> Brand:
    """The brand of this installation."""
    folder = Path(settings.BRAND_DIR)
    read: dict[str, Any] = tomllib.loads((folder / "brand.toml").read_text(encoding="utf-8"))
    return Brand(
        folder=folder,
        name=read["name"],
        mail=read["mail"],
        phone=read["phone"],
        hours_by_language=read["hours"],
        versions=read["versions"],
        operator=_operator(read),
        mark=(folder / "static" / "brand" / "mark.svg").read_text(encoding="utf-8"),
        receipt_letters={"sale": "S", "top_up": "T", "credit_note": "C"} | read.get("receipts", {}),
        short_plans_ahead=bool(read.get("auto_renew", {}).get("short_plans_ahead", False)),
        life=_life(read.get("life", {})),
        identity_by_language=read.get("identity", {}),
        low_credit=read.get("low_credit", {}),
        opening=_opening(read["opening"]) if "opening" in read else None,
        access_point=read.get("access_point", {}),
        colour=_colour((folder / "static" / "brand" / "tokens.css").read_text(encoding="utf-8")),
    )


def _operator(read: dict[str, Any]) -> Operator:
    told: dict[str, Any] = read.get("operator", {})
    return Operator(
        name=told.get("name", read["name"]),
        address=told.get("address", []),
        vat_id=told.get("vat_id", ""),
        register=told.get("register", ""),
    )


def _life(told: dict[str, int]) -> LifeSpans:
    return LifeSpans(**{name.removesuffix("_days"): timedelta(days=days) for name, days in told.items()})


def _opening(told: dict[str, Any]) -> Opening:
    days = [tuple(time.fromisoformat(moment) for moment in told.get(day, [])) for day in _WEEK]
    return Opening(zone=ZoneInfo(told["zone"]), days=tuple((day[0], day[1]) if day else None for day in days))


def _colour(sheet: str) -> tuple[float, float]:
    """Hue and chroma from the operator's own sheet, so that they stand in one place. Raises ValueError."""
    found = [re.search(rf"--brand-{name}:\s*([0-9.]+)\s*;", sheet) for name in ("hue", "chroma")]
    if not all(found):
        raise ValueError("static/brand/tokens.css of the brand: --brand-hue and --brand-chroma must be numbers")
    hue, chroma = (float(match[1]) for match in found if match)
    return hue, chroma

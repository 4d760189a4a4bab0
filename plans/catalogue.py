"""The catalogue as the operator writes it: reviewed TOML files, read and checked as a whole before anything is stored."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

from plans.calendar import Validity, ValidityUnit
from plans.models import AddOnEnd, PlanKind, Unit

DATA = Path(__file__).parent / "data"
#: amount key of the file -> unit and how much of the unit's base one of it is
_AMOUNTS = {"data_gb": (Unit.DATA, 10**9), "minutes": (Unit.VOICE, 60), "texts": (Unit.TEXTS, 1)}
_UNLIMITED = "unlimited"
_PLAN_KEYS = {"family", "kind", "ends", "days", "months", "price_minor", "zone", "needs_plan", "name", "blurb"}
_PLAN_KEYS |= {
    "roaming_gb",
    "full_speed_gb",
    "speed_after_kbit",
    "on_sale_from",
    "on_sale_until",
    "currency",
    "tax_class",
    "download_mbit",
    "upload_mbit",
    "beyond",
}
_PLAN_KEYS |= set(_AMOUNTS)


class CatalogueRefused(Exception):
    """The files cannot be loaded; `problems` has a line for each reason."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


@dataclass(frozen=True)
class RateEntry:
    """As `plans.models.ZoneRate`: so many minor units of `currency` for each `per` bytes, seconds or messages."""

    currency: str
    unit: Unit
    price_minor: int
    per: int
    from_date: date


@dataclass(frozen=True)
class ZoneEntry:
    code: str
    name: Mapping[str, str]
    countries: frozenset[str]
    rates: tuple[RateEntry, ...] = ()


@dataclass(frozen=True)
class AmountEntry:
    """As `plans.models.PlanAllowance`: bytes, seconds or messages, None for unlimited."""

    unit: Unit
    amount: int | None
    full_speed_amount: int | None = None
    speed_after_kbit: int | None = None
    zone_cap: int | None = None


@dataclass(frozen=True)
class PlanEntry:
    """`fields` are the columns of `plans.models.Plan`, but for code and zone."""

    code: str
    zone: str
    fields: Mapping[str, Any]
    amounts: tuple[AmountEntry, ...]

    @property
    def validity(self) -> Validity:
        return Validity(self.fields["validity_count"], self.fields["validity_unit"])


@dataclass(frozen=True)
class Catalogue:
    zones: tuple[ZoneEntry, ...]
    plans: tuple[PlanEntry, ...]


def read(folder: Path, *, languages: frozenset[str]) -> Catalogue:
    """`zones.toml` and `plans.toml` of `folder`. Raises CatalogueRefused with everything that is wrong, at once."""
    problems: list[str] = []
    zones = _zones(_table(folder / "zones.toml", problems).get("zones", {}), problems)
    raw = _table(folder / "plans.toml", problems)
    defaults = {key: value for key, value in raw.items() if key != "plans"}
    plans = [
        _plan(code, defaults | row, position, problems)
        for position, (code, row) in enumerate(raw.get("plans", {}).items())
    ]
    catalogue = Catalogue(tuple(zones), tuple(plan for plan in plans if plan))
    problems += _problems(catalogue, languages)
    if problems:
        raise CatalogueRefused(problems)
    return catalogue


def _table(path: Path, problems: list[str]) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        problems.append(f"{path.name}: {error}")
        return {}


def _zones(rows: Mapping[str, Mapping[str, Any]], problems: list[str]) -> Iterator[ZoneEntry]:
    known: dict[str, frozenset[str]] = {}
    for code, row in rows.items():
        countries = frozenset(row.get("countries", ()))
        for included in row.get("includes", ()):
            if included not in known:
                problems.append(f"{code}: includes the unknown zone {included}")
            countries |= known.get(included, frozenset())
        problems += [
            f"{code}: {country} is no ISO 3166 code" for country in countries if not re.fullmatch("[A-Z]{2}", country)
        ]
        known[code] = countries
        rates = row.get("rates", {})
        problems += [
            f"{code}: {problem}" for currency in rates for problem in _rate_problems(currency, rates[currency])
        ]
        yield ZoneEntry(code, row.get("name", {}), countries, () if problems else tuple(_rates(rates)))


def _rate_problems(currency: str, row: Mapping[str, Any]) -> Iterator[str]:
    if not re.fullmatch("[A-Z]{3}", currency):
        yield f"rates: {currency} is no currency, three capital letters (ISO 4217)"
    if not isinstance(row.get("from"), date) or isinstance(row.get("from"), datetime):
        yield f"rates in {currency}: from is the day on which they begin"
    if set(row) - {"from"} - set(_AMOUNTS) or not set(row) & set(_AMOUNTS):
        yield f"rates in {currency}: name the price of {', '.join(_AMOUNTS)}, and from"
    yield from (
        f"rates in {currency}: {key} is a whole number of minor units above 0"
        for key in _AMOUNTS
        if key in row and not _is_count(row[key])
    )


def _rates(rows: Mapping[str, Mapping[str, Any]]) -> Iterator[RateEntry]:
    for currency, row in rows.items():
        for key, (unit, base) in _AMOUNTS.items():
            if key in row:
                yield RateEntry(currency, unit, row[key], base, row["from"])


def _plan(code: str, row: Mapping[str, Any], position: int, problems: list[str]) -> PlanEntry | None:
    found = [f"{code}: {problem}" for check in _ROW_CHECKS for problem in check(row)]
    problems += found
    return None if found else PlanEntry(code, row["zone"], _fields(row, position), tuple(_amounts(row)))


def _column_problems(row: Mapping[str, Any]) -> Iterator[str]:
    yield from (f"unknown key {key}" for key in sorted(set(row) - _PLAN_KEYS))
    yield from (f"{key} is missing" for key in ("price_minor", "zone", "currency", "on_sale_from") if key not in row)
    if "price_minor" in row and not _is_count(row["price_minor"]):
        yield "price_minor is a whole number of minor units above 0"
    if not re.fullmatch("[A-Z]{3}", str(row.get("currency", "EUR"))):
        yield "currency is three capital letters (ISO 4217)"
    for key in ("download_mbit", "upload_mbit"):
        if key in row and not _is_count(row[key]):
            yield f"{key} is a whole number above 0"
    if row.get("beyond", "credit") != "credit" or ("beyond" in row and row.get("kind", PlanKind.PLAN) != PlanKind.PLAN):
        yield 'beyond is "credit", and of a plan: what it does not cover is paid from credit'
    for key in ("on_sale_from", "on_sale_until"):
        if key in row and not (isinstance(row[key], datetime) and row[key].tzinfo):
            yield f"{key} is a date and time with its offset"


def _validity_problems(row: Mapping[str, Any]) -> Iterator[str]:
    ends_with_plan = row.get("ends") == AddOnEnd.WITH_PLAN
    found = [key for key in ("days", "months") if key in row]
    if ends_with_plan and found:
        yield "give no validity: it ends with the running plan"
    elif not ends_with_plan and (len(found) != 1 or not _is_count(row[found[0]])):
        yield "give days or months, one of them"
    if row.get("kind", PlanKind.PLAN) not in PlanKind.values or row.get("ends", AddOnEnd.OWN) not in AddOnEnd.values:
        yield "kind is plan or add_on, ends is own or with_plan"
    elif row.get("kind", PlanKind.PLAN) == PlanKind.PLAN and (row.get("needs_plan") or "ends" in row):
        yield "only an add-on needs a plan or ends with one"


def _amount_problems(row: Mapping[str, Any]) -> Iterator[str]:
    written = {key: row[key] for key in _AMOUNTS if key in row}
    if not written:
        yield "grants nothing"
    for key, amount in written.items():
        if amount != _UNLIMITED and not _is_count(amount):
            yield f'{key} is a whole number above 0 or "unlimited"'
    for key in ("roaming_gb", "full_speed_gb", "speed_after_kbit"):
        if key in row and not _is_count(row[key]):
            yield f"{key} is a whole number above 0"
    slows = "full_speed_gb" in row and "speed_after_kbit" in row
    if row.get("data_gb") == _UNLIMITED and not slows:
        yield "unlimited data names full_speed_gb and speed_after_kbit"
    if _is_count(row.get("data_gb")) and _is_count(row.get("roaming_gb")) and row["roaming_gb"] > row["data_gb"]:
        yield "roaming_gb is at most data_gb"


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


_ROW_CHECKS = (_column_problems, _validity_problems, _amount_problems)


def _fields(row: Mapping[str, Any], position: int) -> dict[str, Any]:
    ends = row.get("ends", AddOnEnd.OWN)
    return {
        "kind": row.get("kind", PlanKind.PLAN),
        "family": row.get("family", ""),
        "validity_count": row.get("days") or row.get("months") or 0,
        "validity_unit": ValidityUnit.DAY if "days" in row else ValidityUnit.MONTH,
        "price_minor": row["price_minor"],
        "currency": row["currency"],
        "tax_class": row.get("tax_class", "telecom"),
        "download_mbit": row.get("download_mbit"),
        "upload_mbit": row.get("upload_mbit"),
        "on_sale_from": row["on_sale_from"],
        "on_sale_until": row.get("on_sale_until"),
        "needs_plan": row.get("needs_plan", ends == AddOnEnd.WITH_PLAN),
        "ends": ends,
        "beyond_by_credit": row.get("beyond") == "credit",
        "position": position,
        "name": row.get("name", {}),
        "blurb": row.get("blurb", {}),
    }


def _amounts(row: Mapping[str, Any]) -> Iterator[AmountEntry]:
    for key, (unit, base) in _AMOUNTS.items():
        if key not in row:
            continue
        amount = None if row[key] == _UNLIMITED else row[key] * base
        if unit != Unit.DATA:
            yield AmountEntry(unit, amount)
            continue
        full_speed = row["full_speed_gb"] * base if "full_speed_gb" in row else None
        cap = row["roaming_gb"] * base if "roaming_gb" in row else None
        yield AmountEntry(unit, amount, full_speed, row.get("speed_after_kbit"), cap)


def _problems(catalogue: Catalogue, languages: frozenset[str]) -> Iterator[str]:
    """What only shows when all rows are seen together."""
    zones = {zone.code for zone in catalogue.zones}
    for zone in catalogue.zones:
        yield from _untold(zone.code, "name", zone.name, languages)
        if not zone.countries:
            yield f"{zone.code}: has no country"
    for plan in catalogue.plans:
        if plan.zone not in zones:
            yield f"{plan.code}: unknown zone {plan.zone}"
        for text in ("name", "blurb"):
            yield from _untold(plan.code, text, plan.fields[text], languages)
    yield from _families_that_do_not_save(catalogue.plans)


def _untold(code: str, what: str, by_language: Mapping[str, str], languages: frozenset[str]) -> Iterator[str]:
    for language in sorted(languages):
        if not str(by_language.get(language, "")).strip():
            yield f"{code}: {what} is missing in {language}"


def _families_that_do_not_save(plans: tuple[PlanEntry, ...]) -> Iterator[str]:
    families: dict[str, list[PlanEntry]] = {}
    for plan in plans:
        if plan.fields["family"]:
            families.setdefault(plan.fields["family"], []).append(plan)
    for members in families.values():
        members.sort(key=lambda plan: plan.validity.days)
        for shorter, longer in pairwise(members):
            if (
                longer.fields["price_minor"] * shorter.validity.days
                >= shorter.fields["price_minor"] * longer.validity.days
            ):
                yield f"{longer.code}: costs no less per day than {shorter.code} of the same family"

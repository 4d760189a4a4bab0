"""Puts a catalogue into the database: any number of times, and without taking anything from anybody.

No plan is deleted: what left the files goes off sale. Orders and periods keep what was frozen with them.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from lib.money import format_money
from plans.catalogue import AmountEntry, Catalogue, CatalogueRefused, PlanEntry, ZoneEntry
from plans.models import Allowance, Plan, PlanAllowance, PlanPeriod, Zone, ZoneCountry, ZoneRate

#: columns that say what a code means; see the trigger `plan_keeps_its_meaning`
_MEANING = ("kind", "validity_count", "validity_unit", "currency", "needs_plan", "ends")


@transaction.atomic
def load(catalogue: Catalogue, *, now: datetime, confirmed: bool = False) -> list[str]:
    """Store `catalogue`; returns a line for each thing that changed, none when nothing did.

    Raises CatalogueRefused, with nothing stored, when a code would change its meaning; and, unless `confirmed`, when the price of
    a plan that somebody has bought would change or a country would leave a zone in which somebody's allowance works.
    """
    loading = _Loading(now)
    zones = {entry.code: loading.zone(entry) for entry in catalogue.zones}
    for entry in catalogue.plans:
        loading.plan(entry, zones[entry.zone])
    loading.end_sale_of_others({entry.code for entry in catalogue.plans})
    refused = loading.refused + ([] if confirmed else loading.to_confirm)
    if refused:
        raise CatalogueRefused(refused)
    return loading.changes


class _Loading:
    """One run: what changed, what is refused, and what somebody must confirm."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.changes: list[str] = []
        self.refused: list[str] = []
        self.to_confirm: list[str] = []

    def zone(self, entry: ZoneEntry) -> Zone:
        zone, is_new = Zone.objects.get_or_create(code=entry.code, defaults={"name": entry.name})
        if is_new:
            self.changes.append(f"zone {zone.code}: new, {len(entry.countries)} countries")
        elif zone.name != entry.name:
            zone.name = dict(entry.name)
            zone.save(update_fields=["name"])
            self.changes.append(f"zone {zone.code}: renamed")
        self._countries(zone, entry.countries, is_new=is_new)
        self._rates(zone, entry)
        return zone

    def _countries(self, zone: Zone, wanted: frozenset[str], *, is_new: bool) -> None:
        present = set(zone.countries.values_list("country", flat=True))
        ZoneCountry.objects.bulk_create(ZoneCountry(zone=zone, country=country) for country in sorted(wanted - present))
        if wanted - present and not is_new:
            self.changes.append(f"zone {zone.code}: now works in {' '.join(sorted(wanted - present))}")
        if not present - wanted:
            return
        line = f"zone {zone.code}: no longer works in {' '.join(sorted(present - wanted))}"
        if in_use := Allowance.objects.filter(zone=zone, expires_at__gt=self.now).count():
            self.to_confirm.append(
                f"{line}; {in_use} allowances that are paid for work there. Confirm to take it from them."
            )
        zone.countries.filter(country__in=present - wanted).delete()
        self.changes.append(line)

    def _rates(self, zone: Zone, entry: ZoneEntry) -> None:
        """Those that are new. What holds on a day somebody has lived through is not changed: a price gets a later day."""
        for rate in entry.rates:
            known = {"unit": rate.unit, "currency": rate.currency, "from_date": rate.from_date}
            price = {"price_minor": rate.price_minor, "per": rate.per}
            row, is_new = ZoneRate.objects.get_or_create(zone=zone, **known, defaults=price)
            words = f"zone {zone.code}: {rate.unit} at {format_money(rate.price_minor, rate.currency, 'en')} from {rate.from_date}"
            if (
                is_new
                and rate.from_date < self.now.date()
                and zone.rates.filter(unit=rate.unit, currency=rate.currency).count() > 1
            ):
                self.refused.append(f"{words}: that day is past. Give the new rate a day to come.")
            elif is_new:
                self.changes.append(words)
            elif (row.price_minor, row.per) != (rate.price_minor, rate.per):
                self.refused.append(f"{words}: from that day it is {row.price}. Give the new rate a later day.")

    def plan(self, entry: PlanEntry, zone: Zone) -> None:
        plan = Plan.objects.filter(code=entry.code).first()
        if plan is None:
            plan = Plan.objects.create(code=entry.code, zone=zone, **entry.fields)
            self.changes.append(f"{plan.code}: new at {format_money(plan.price_minor, plan.currency, 'en')}")
        elif meanings := [name for name in _MEANING if getattr(plan, name) != entry.fields[name]]:
            words = ", ".join(name.replace("_", " ") for name in meanings)
            self.refused.append(
                f"{plan.code}: its {words} cannot change under a code that exists. Give the plan a new code."
            )
            return
        else:
            self._update(plan, {**entry.fields, "zone": zone})
        self._amounts(plan, entry.amounts)

    def _update(self, plan: Plan, wanted: Mapping[str, Any]) -> None:
        differing = {name: value for name, value in wanted.items() if getattr(plan, name) != value}
        if not differing:
            return
        if "price_minor" in differing:
            self._price(plan, differing["price_minor"])
        if differing.get("beyond_by_credit") and PlanPeriod.objects.filter(plan=plan, ends_at__gt=self.now).exists():
            self.refused.append(
                f"{plan.code}: somebody has it, and was told that nothing is taken from credit. Give the plan a new code."
            )
        if others := sorted(set(differing) - {"price_minor"}):
            self.changes.append(f"{plan.code}: {', '.join(name.replace('_', ' ') for name in others)} changed")
        for name, value in differing.items():
            setattr(plan, name, value)
        plan.save(update_fields=list(differing))

    def _price(self, plan: Plan, price_minor: int) -> None:
        before, after = (format_money(minor, plan.currency, "en") for minor in (plan.price_minor, price_minor))
        self.changes.append(f"{plan.code}: {before} becomes {after} for new orders")
        if sold := PlanPeriod.objects.filter(plan=plan).count():
            self.to_confirm.append(
                f"{plan.code}: {before} would become {after}. {sold} periods were sold and stay as they are; orders that wait for "
                f"their payment keep {before} until they expire; who renews from now on pays {after}. Confirm to go on."
            )

    def _amounts(self, plan: Plan, wanted: tuple[AmountEntry, ...]) -> None:
        columns = ("unit", "amount", "full_speed_amount", "speed_after_kbit", "zone_cap")
        present = {row["unit"]: row for row in plan.allowances.values(*columns)}
        rows = {str(entry.unit): {name: getattr(entry, name) for name in columns} for entry in wanted}
        if present == rows:
            return
        if present:
            self.changes.append(f"{plan.code}: grants changed for new orders")
        plan.allowances.exclude(unit__in=rows).delete()
        for unit, row in rows.items():
            PlanAllowance.objects.update_or_create(plan=plan, unit=unit, defaults=row)

    def end_sale_of_others(self, codes: set[str]) -> None:
        for plan in Plan.objects.on_sale(self.now).exclude(code__in=codes):
            plan.on_sale_until = self.now
            plan.save(update_fields=["on_sale_until"])
            self.changes.append(f"{plan.code}: off sale; what was sold runs on")

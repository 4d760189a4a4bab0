"""Which uses are wanted, as an address says it: every figure of the usage pages opens the list with filters like these."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import BigIntegerField, Exists, F, OuterRef, Q, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce
from django.http import Http404
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from lib import wording
from network.models import UsageCharge, UsageCreditCharge, UsageDay, UsageRecord
from network.pages import charges
from network.pages.owned import Owned
from network.pages.stretches import midnight
from plans.models import Allowance, PlanPeriod, Unit

ABROAD = "abroad"
ALLOWANCE, GROUP, CREDIT, NOBODY = "allowance", "group", "credit", "nobody"
_DAY, _HOUR = timedelta(days=1), timedelta(hours=1)
_NO_CHOICE = {"invalid_choice": gettext_lazy("Choose one of the list.")}
_NO_DAY = {"invalid": gettext_lazy("Enter a day, such as 2026-11-30.")}
_NO_LINK = {"invalid": gettext_lazy("This address is incomplete. Leave the filters out and choose again.")}


def _is_near(messages: dict[str, Any]) -> Callable[[date], None]:
    """A year that calendars can still count from."""

    def check(at: date) -> None:
        if not 2000 <= at.year < 2200:
            raise ValidationError(messages["invalid"])

    return check


_DAYS: dict[str, Any] = {
    "error_messages": _NO_DAY,
    "input_formats": ["%Y-%m-%d"],
    "validators": [_is_near(_NO_DAY)],
    "widget": forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
}


class FilterForm(forms.Form):
    """The last three come with links alone: `period` and `hour` are times, `during` is a unit while an allowance of it was valid."""

    unit = forms.ChoiceField(label=gettext_lazy("What"), required=False, error_messages=_NO_CHOICE)
    country = forms.ChoiceField(label=gettext_lazy("Where"), required=False, error_messages=_NO_CHOICE)
    paid = forms.ChoiceField(label=gettext_lazy("How it was paid"), required=False, error_messages=_NO_CHOICE)
    allowance = forms.UUIDField(label=gettext_lazy("Plan or add-on"), required=False, error_messages=_NO_LINK)
    since = forms.DateField(label=gettext_lazy("From day"), required=False, **_DAYS)
    until = forms.DateField(label=gettext_lazy("To day"), required=False, **_DAYS)
    period = forms.UUIDField(required=False, error_messages=_NO_LINK, widget=forms.HiddenInput)
    during = forms.UUIDField(required=False, error_messages=_NO_LINK, widget=forms.HiddenInput)
    hour = forms.DateTimeField(
        required=False, error_messages=_NO_LINK, widget=forms.HiddenInput, validators=[_is_near(_NO_LINK)]
    )

    def __init__(self, data: Any, *, own: Owned, allowances: list[Allowance]) -> None:
        super().__init__(data)
        everything: tuple[str, str | Promise] = ("", _("Everything"))
        units = [(unit.value, unit.label.capitalize()) for unit in Unit]
        self.fields["unit"].choices = [everything, *units]  # type: ignore[attr-defined]  # a ChoiceField
        self.fields["country"].choices = _countries(own)  # type: ignore[attr-defined]
        self.fields["paid"].choices = [everything, *ways()]  # type: ignore[attr-defined]
        names = [(str(row.pk), _named(row, own)) for row in allowances]
        self.fields["allowance"].widget = forms.Select(choices=[("", _("Every plan and add-on")), *names])

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = self.cleaned_data
        for name in {"since", "until"} & self.errors.keys():
            self.fields[name].widget.input_type = "text"  # a field for days would show nothing of what was written
        since, until = cleaned.get("since"), cleaned.get("until")
        if since and until and until < since:
            self.add_error("until", _("This day is before the first one."))
        return cleaned


@dataclass(frozen=True)
class Wanted:
    """What is asked for, once it is known to be theirs."""

    unit: str = ""
    country: str = ""
    paid: str = ""
    allowance: Allowance | None = None
    since: date | None = None
    until: date | None = None
    period: PlanPeriod | None = None
    during: Allowance | None = None
    hour: datetime | None = None

    @property
    def is_everything(self) -> bool:
        return self == Wanted()


def allowances_of(own: Owned) -> list[Allowance]:
    """Those of which single uses may be known, newest first."""
    found = Allowance.objects.filter(line=own.line, expires_at__gt=own.opens_from).select_related("period__plan")
    return list(found.order_by("-starts_at", "unit", "id"))


def wanted_of(cleaned: dict[str, Any], own: Owned, allowances: list[Allowance]) -> Wanted:
    """Raises Http404 for an allowance or a plan of somebody else's."""
    by_id = {row.pk: row for row in allowances}
    period = None
    if cleaned["period"]:
        period = PlanPeriod.objects.filter(line=own.line, ends_at__gt=own.since, pk=cleaned["period"]).first()
        if period is None:
            raise Http404
    plain = {name: cleaned[name] for name in ("unit", "country", "paid", "since", "until", "hour")}
    allowance, during = (_known(by_id, cleaned[name]) for name in ("allowance", "during"))
    return Wanted(period=period, allowance=allowance, during=during, **plain)


def records(own: Owned, wanted: Wanted) -> QuerySet[UsageRecord]:
    """The uses, each with `part`: what of it is meant, `by_credit` and `cost_minor`."""
    found = UsageRecord.objects.filter(_when(own, wanted), line=own.line).annotate(**_PAID)
    if wanted.unit:
        found = found.filter(unit=wanted.unit)
    if wanted.country == ABROAD:
        found = found.exclude(country=own.line.country)
    elif wanted.country:
        found = found.filter(country=wanted.country)
    if wanted.allowance:
        taken = _of_record(UsageCharge).filter(allowance=wanted.allowance)
        return _paid(found.filter(Exists(taken)), wanted).annotate(part=Subquery(taken.values("amount")))
    part = _of_group() if wanted.paid == GROUP else _PARTS.get(wanted.paid, F("amount"))
    return _paid(found, wanted).annotate(part=part)


def _paid(found: QuerySet[UsageRecord], wanted: Wanted) -> QuerySet[UsageRecord]:
    if wanted.paid == ALLOWANCE:
        return found.filter(Exists(_of_record(UsageCharge)))
    if wanted.paid == GROUP:
        return found.filter(Exists(_of_record(UsageCharge).exclude(member=None)))
    if wanted.paid == CREDIT:
        return found.filter(Exists(_of_record(UsageCreditCharge)))
    return found.filter(overrun__gt=0) if wanted.paid == NOBODY else found


def _when(own: Owned, wanted: Wanted) -> Q:
    """All the times that are asked for, together."""
    times: list[tuple[datetime | None, datetime | None]] = [(own.opens_from, None)]
    if wanted.since:
        times.append((midnight(wanted.since, own.zone), None))
    if wanted.until:
        times.append((None, midnight(wanted.until + _DAY, own.zone)))
    if wanted.period:
        times.append((wanted.period.starts_at, wanted.period.ends_at))
    if wanted.hour:
        times.append((wanted.hour, wanted.hour + _HOUR))
    times += [(row.starts_at, row.expires_at) for row in (wanted.allowance, wanted.during) if row]
    within = Q(used_at__gte=max(starts for starts, _ends in times if starts))
    ends = min((ends for _starts, ends in times if ends), default=None)
    within &= Q(used_at__lt=ends) if ends else Q()
    return within & Q(unit=wanted.during.unit) if wanted.during else within


def _of_record(model: type[UsageCharge | UsageCreditCharge]) -> QuerySet[Any]:
    key = {name: OuterRef(name) for name in ("used_at", "source", "record_id")}
    return model._default_manager.filter(**key).order_by()


def _of_group() -> Subquery:
    """What of a use the owner of the line's group had bought."""
    taken = _of_record(UsageCharge).exclude(member=None)
    return Subquery(taken.values("record_id").annotate(all=Sum("amount")).values("all"), output_field=BigIntegerField())


def _sum_paid(name: str) -> Coalesce:
    return Coalesce(Subquery(_of_record(UsageCreditCharge).values(name)), Value(0), output_field=BigIntegerField())


_PAID = {"by_credit": _sum_paid("amount"), "cost_minor": _sum_paid("cost_minor")}
_PARTS = {
    ALLOWANCE: F("amount") - F("overrun") - F("by_credit"),
    CREDIT: F("by_credit"),
    NOBODY: F("overrun"),
}


def _countries(own: Owned) -> list[tuple[str, str]]:
    """Where the line was used since it is the reader's; by name."""
    since = own.since.astimezone(own.zone).date()
    days = UsageDay.objects.filter(line=own.line, day__gte=since).order_by()
    named = sorted((wording.country_in_words(code), code) for code in days.values_list("country", flat=True).distinct())
    home = wording.country_in_words(own.line.country)
    abroad = (ABROAD, _("Everywhere but %(country)s") % {"country": home})
    return [("", _("Everywhere")), abroad, *((code, name) for name, code in named)]


def ways() -> list[tuple[str, str]]:
    return [
        (ALLOWANCE, _("From plans and add-ons")),
        (GROUP, _("From your sharing group")),
        (CREDIT, _("Paid from credit")),
        (NOBODY, _("Not covered, and not charged")),
    ]


def _named(allowance: Allowance, own: Owned) -> str:
    day = wording.date_in_words(allowance.starts_at, zone=own.zone)
    return f"{charges.full_title(allowance)}, {day}"


def _known(by_id: dict[UUID, Allowance], wanted: UUID | None) -> Allowance | None:
    if wanted is None:
        return None
    if wanted not in by_id:
        raise Http404
    return by_id[wanted]

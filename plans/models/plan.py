"""What is on sale."""

from datetime import datetime
from typing import ClassVar

import pgtrigger
from django.db import models
from django.utils.translation import gettext_lazy as _

from lib.money import Money
from plans.calendar import Validity, ValidityUnit
from plans.models.zone import Zone
from plans.wording import Wording


class PlanKind(models.TextChoices):
    PLAN = "plan", _("plan")
    ADD_ON = "add_on", _("add-on")


class AddOnEnd(models.TextChoices):
    OWN = "own", _("after its own validity")
    WITH_PLAN = "with_plan", _("with the running plan")


class Length(models.TextChoices):
    """How people think of validity: the tabs of the plan list."""

    DAY = "day", _("Day")
    MONTH = "month", _("Month")
    QUARTER = "quarter", _("Quarter")
    ADD_ON = "add_on", _("Add-ons")


class Unit(models.TextChoices):
    """What an allowance counts: data in bytes, voice in seconds, texts in messages."""

    DATA = "data", _("data")
    VOICE = "voice", _("minutes")
    TEXTS = "texts", _("texts")


class PlanQuerySet(models.QuerySet["Plan"]):
    def on_sale(self, now: datetime) -> "PlanQuerySet":
        """Plans that can be bought at `now` (aware datetime)."""
        open_end = models.Q(on_sale_until=None) | models.Q(on_sale_until__gt=now)
        return self.filter(open_end, on_sale_from__lte=now)


class Plan(models.Model):
    """Price (gross), validity, where it works. `family` joins the day, month and quarter sizes of one idea, for the saving.

    What a code once meant it means for ever: kind, validity, currency and end never change (a trigger refuses it), since periods
    that are queued are counted from them. An add-on that ends with the running plan has no validity of its own: 0.
    `beyond_by_credit`: while it runs, what no allowance covers is paid from credit at the zone's rate; else it stops.
    """

    code = models.SlugField(_("code"), unique=True)
    kind = models.CharField(_("kind"), max_length=6, choices=PlanKind, default=PlanKind.PLAN)
    family = models.SlugField(_("family"), blank=True)
    validity_count = models.PositiveSmallIntegerField(_("validity"))
    validity_unit = models.CharField(_("validity unit"), max_length=5, choices=ValidityUnit)
    price_minor = models.BigIntegerField(_("price in minor units, VAT included"))
    currency = models.CharField(_("currency"), max_length=3)
    tax_class = models.SlugField(_("tax class"), default="telecom")
    on_sale_from = models.DateTimeField(_("on sale from"))
    on_sale_until = models.DateTimeField(_("on sale until"), null=True, blank=True)
    zone = models.ForeignKey(Zone, models.PROTECT, verbose_name=_("zone"))
    download_mbit = models.PositiveIntegerField(_("estimated maximum download, Mbit/s"), null=True, blank=True)
    upload_mbit = models.PositiveIntegerField(_("estimated maximum upload, Mbit/s"), null=True, blank=True)
    needs_plan = models.BooleanField(_("only beside a running plan"), default=False)
    ends = models.CharField(_("an add-on ends"), max_length=9, choices=AddOnEnd, default=AddOnEnd.OWN)
    beyond_by_credit = models.BooleanField(_("use beyond it is paid from credit"), default=False)
    position = models.PositiveSmallIntegerField(_("position in lists"), default=0)
    name = models.JSONField(_("name by language"), default=dict)
    blurb = models.JSONField(_("one sentence by language"), default=dict)

    objects: ClassVar[PlanQuerySet] = PlanQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("plan")
        verbose_name_plural = _("plans")
        ordering = ["position", "code"]
        constraints = [
            models.CheckConstraint(name="plan_price_positive", condition=models.Q(price_minor__gt=0)),
            models.CheckConstraint(
                name="plan_validity_or_with_plan",
                condition=models.Q(ends="own", validity_count__gt=0) | models.Q(ends="with_plan", validity_count=0),
            ),
            models.CheckConstraint(
                name="plan_leans_only_as_add_on",
                condition=models.Q(kind="add_on") | models.Q(needs_plan=False, ends="own"),
            ),
            models.CheckConstraint(
                name="plan_ends_with_needed_plan", condition=models.Q(ends="own") | models.Q(needs_plan=True)
            ),
            models.CheckConstraint(
                name="plan_beyond_only_as_plan", condition=models.Q(kind="plan") | models.Q(beyond_by_credit=False)
            ),
            models.CheckConstraint(name="plan_currency_iso", condition=models.Q(currency__regex=r"^[A-Z]{3}$")),
            models.CheckConstraint(
                name="plan_sale_in_order",
                condition=models.Q(on_sale_until=None) | models.Q(on_sale_until__gt=models.F("on_sale_from")),
            ),
        ]
        triggers = [
            pgtrigger.ReadOnly(
                name="plan_keeps_its_meaning",
                fields=["code", "kind", "validity_count", "validity_unit", "currency", "needs_plan", "ends"],
            ),
        ]

    def __str__(self) -> str:
        return self.code

    @property
    def title(self) -> str:
        """The name in the reader's language."""
        return Wording(self.name).text

    @property
    def sentence(self) -> str:
        """The blurb in the reader's language."""
        return Wording(self.blurb).text

    @property
    def price(self) -> Money:
        """What it costs, VAT included."""
        return Money(self.price_minor, self.currency)

    @property
    def validity(self) -> Validity:
        """How long it runs; not for an add-on that ends with the running plan."""
        return Validity(self.validity_count, ValidityUnit(self.validity_unit))

    @property
    def length(self) -> "Length":
        """The tab of the plan list it stands under."""
        if self.kind == PlanKind.ADD_ON:
            return Length.ADD_ON
        if self.validity_unit == ValidityUnit.DAY:
            return Length.DAY
        return Length.QUARTER if self.validity_count >= 3 else Length.MONTH


class PlanAllowance(models.Model):
    """How much of what a plan grants; `amount` in the unit's base (bytes, seconds, messages), null for unlimited."""

    plan = models.ForeignKey(Plan, models.CASCADE, related_name="allowances")
    unit = models.CharField(_("unit"), max_length=5, choices=Unit)
    amount = models.BigIntegerField(_("amount"), null=True, blank=True)
    full_speed_amount = models.BigIntegerField(_("amount at full speed"), null=True, blank=True)
    speed_after_kbit = models.PositiveIntegerField(_("speed after, kbit/s"), null=True, blank=True)
    zone_cap = models.BigIntegerField(_("of which outside the home country"), null=True, blank=True)

    class Meta:
        verbose_name = _("plan allowance")
        verbose_name_plural = _("plan allowances")
        constraints = [
            models.UniqueConstraint(fields=["plan", "unit"], name="plan_allowance_unit_unique"),
            models.CheckConstraint(
                name="plan_allowance_positive", condition=models.Q(amount=None) | models.Q(amount__gt=0)
            ),
            models.CheckConstraint(
                name="plan_allowance_slows_when_unlimited",
                condition=models.Q(full_speed_amount=None, speed_after_kbit=None)
                | models.Q(amount=None, full_speed_amount__gt=0, speed_after_kbit__gt=0),
            ),
            models.CheckConstraint(
                name="plan_allowance_cap_within",
                condition=models.Q(zone_cap=None)
                | models.Q(zone_cap__gt=0) & (models.Q(amount=None) | models.Q(zone_cap__lte=models.F("amount"))),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.plan_id} {self.unit}"

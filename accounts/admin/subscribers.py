"""People. Support sees them; an administrator may stop somebody from signing in and say what staff may do."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.forms import CheckboxSelectMultiple
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from accounts.models import Consent, LineOwnership, Subscriber
from lib import audit
from lib.admin.columns import column, masked_address_of, moment_of, number_of
from lib.admin.reading import ReadOnlyInline, RecordedAdmin
from lib.admin.showing import badge, linked, whole_number


class OwnershipsOfSubscriber(ReadOnlyInline):
    model = LineOwnership
    fields = ["number", "since", "until"]
    verbose_name_plural = _("lines")
    ordering = ["from_at"]

    number = column(_("line"), lambda row: linked(row.line, whole_number(row.line.msisdn)))
    since = moment_of("from_at", _("from"))
    until = moment_of("until_at", _("until"))

    def get_queryset(self, request: HttpRequest) -> QuerySet[LineOwnership]:
        return super().get_queryset(request).select_related("line")


class ConsentsOfSubscriber(ReadOnlyInline):
    model = Consent
    fields = ["kind", "text_version", "given"]
    ordering = ["-given_at"]

    given = moment_of("given_at", _("given"))


_RIGHTS = {"is_active", "is_superuser", "groups"}


def _before_and_after(form: Any, name: str) -> list[Any]:
    return [_plain(form.initial.get(name)), _plain(form.cleaned_data[name])]


def _plain(value: Any) -> Any:
    return value if isinstance(value, bool | None) else sorted(str(one) for one in value)


def _standing(person: Subscriber) -> SafeString:
    if not person.is_active:
        return badge(str(_("may not sign in")), "bad")
    if person.is_staff:
        return badge(str(_("support staff")), "busy")
    if person.msisdn is None:
        return badge(str(_("number not proven")), "warn")
    return badge(str(_("subscriber")), "good")


@admin.register(Subscriber)
class SubscriberAdmin(RecordedAdmin):
    """Made by signing up or by `create_staff`, ended by erasure: never added or deleted here. Number and e-mail are proven by
    their owner, and nobody becomes staff by a tick: neither is edited here.
    """

    is_personal = True
    list_display = ["shown", "number_masked", "email_masked", "standing", "joined"]
    list_filter = ["is_staff", "is_active", "language"]
    list_per_page = 50
    show_full_result_count = False
    ordering = ["-pk"]
    actions = None
    inlines = [OwnershipsOfSubscriber, ConsentsOfSubscriber]
    readonly_fields = ["email", "number", "pending", "language", "time_zone", "standing", "joined", "signed_in"]
    view_on_site = False

    shown = column(_("name"), str, ordering="name")
    number = number_of("msisdn", _("mobile number"))
    number_masked = masked_address_of("msisdn", _("mobile number"))
    pending = number_of("msisdn_pending", _("mobile number not yet proven"))
    email_masked = masked_address_of("email", _("e-mail"))
    standing = column(_("state"), _standing)
    joined = moment_of("created_at", _("since"))
    signed_in = moment_of("last_login", _("last signed in"))

    def get_fields(self, request: HttpRequest, obj: Subscriber | None = None) -> list[Any]:
        rights = ["is_superuser", "groups"] if obj and obj.is_staff else []
        return ["name", *self.readonly_fields, "is_active", *rights]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Subscriber | None = None) -> bool:
        """Rights can be given here, so only those who have them all may."""
        return bool(request.user.is_active and request.user.is_superuser)

    def has_delete_permission(self, request: HttpRequest, obj: Subscriber | None = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Subscriber, form: Any, change: Any) -> None:
        """With a row that says what was changed; rights with what they were and what they are, names without."""
        changed = {name: _before_and_after(form, name) for name in form.changed_data if name in _RIGHTS}
        super().save_model(request, obj, form, change)
        audit.done(
            request, "person.changed", subject=self.subject_of(obj), fields=sorted(form.changed_data), rights=changed
        )

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        kwargs["widget"] = CheckboxSelectMultiple()
        return super().formfield_for_manytomany(db_field, request, **kwargs)

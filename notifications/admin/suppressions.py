"""Addresses that mails come back from: nothing is sent there until their reader proves them again, or somebody at the desk knows better."""

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from lib import audit
from lib.admin.acts import Act, ActingAdmin, Refusal
from lib.admin.columns import column, masked_address_of, moment_of
from lib.admin.showing import NOTHING
from notifications import codes, suppressions
from notifications.models import Suppression

_LIFT = Act(
    name="lift",
    words=gettext_lazy("Write to it again"),
    right=suppressions.RIGHT,
    reason=gettext_lazy("How do you know that it works again?"),
)


@admin.register(Suppression)
class SuppressionAdmin(ActingAdmin):
    is_personal = True
    subject_name = "suppression"
    acts = (_LIFT,)
    list_display = ["address_masked", "reason", "meaning", "since", "lifted"]
    list_filter = ["reason", ("lifted_at", admin.EmptyFieldListFilter)]
    ordering = ["-since_at"]
    fields = ["address_masked", "reason", "meaning", "since", "lifted"]

    address_masked = masked_address_of("address", gettext_lazy("address"))
    meaning = column(gettext_lazy("what the carrier said"), lambda row: codes.words(row.code) if row.code else NOTHING)
    since = moment_of("since_at", gettext_lazy("since"))
    lifted = moment_of("lifted_at", gettext_lazy("lifted"))

    def offers(self, request: HttpRequest, row: Suppression) -> dict[str, str]:
        return {} if row.lifted_at else {_LIFT.name: ""}

    def do_lift(self, request: HttpRequest, row: Suppression, reason: str) -> str:
        audit.done(request, "address.lifted", subject=self.subject_of(row), reason=reason)
        if not suppressions.lift(row.address):
            raise Refusal(_("It was lifted already; nothing changed."))
        return _("Messages go out to it again.")

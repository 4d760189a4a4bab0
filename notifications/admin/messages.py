"""Messages as they were sent. A code is a secret of its reader: staff see dots."""

from django import forms
from django.contrib import admin
from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from lib import audit
from lib.admin.acts import REASON_LENGTH, Act, ActingAdmin, Refusal
from lib.admin.columns import column, masked_address_of, moment_of, state_of
from lib.admin.form_page import Fact
from lib.admin.reading import ReadOnlyInline
from lib.admin.showing import NOTHING, masked_address
from notifications import again, codes
from notifications.kinds import KINDS
from notifications.models import DeliveryReport, Message, MessageState

TONES = {
    MessageState.DUE: "busy",
    MessageState.CLAIMED: "busy",
    MessageState.ACCEPTED: "good",
    MessageState.DELIVERED: "good",
    MessageState.UNDELIVERED: "bad",
    MessageState.UNKNOWN: "warn",
    MessageState.FAILED: "bad",
}
DOTS = "••••••"


def is_secret(message: Message) -> bool:
    """Whether its words are for its reader alone; a kind nobody declares any more counts as one."""
    kind = KINDS.get(message.kind)
    return kind is None or kind.is_secret


def _title(message: Message) -> str:
    return DOTS if is_secret(message) else message.sent_title or NOTHING


def _text(message: Message) -> str:
    return DOTS if is_secret(message) else message.sent_text or NOTHING


def _context(message: Message) -> str:
    return DOTS if is_secret(message) else str(message.context or NOTHING)


def _reason(message: Message) -> str:
    """The carrier's code, and what it means."""
    if not message.error_code:
        return NOTHING
    meaning = codes.words(message.error_code)
    return message.error_code if meaning == message.error_code else f"{message.error_code}: {meaning}"


class ReportsOfMessage(ReadOnlyInline):
    model = DeliveryReport
    fields = ["came", "provider", "status", "meaning"]

    came = moment_of("received_at", _("received"))
    meaning = column(_("reason"), lambda report: codes.words(report.code) if report.code else NOTHING)


class AgainForm(forms.Form):
    """Why it is sent once more."""

    reason = forms.CharField(
        label=_("Reason"), max_length=REASON_LENGTH, help_text=_("For the file; the reader is not told.")
    )


_AGAIN = Act(name="send-again", words=_("Send again"), right=again.RIGHT, asks=AgainForm)


def _why_not(message: Message) -> str:
    try:
        again.check(message)
    except again.IsSecret:
        return str(_("A code is not sent twice: its reader asks for a new one."))
    except again.IsOnItsWay:
        return str(_("It is on its way."))
    return ""


@admin.register(Message)
class MessageAdmin(ActingAdmin):
    is_personal = True
    acts = [_AGAIN]
    list_display = ["kind", "channel", "address_masked", "standing", "created"]
    list_filter = ["state", "channel", "kind"]
    ordering = ["-pk"]
    inlines = [ReportsOfMessage]
    fields = [
        "kind",
        "channel",
        "address_masked",
        "language",
        "standing",
        "title",
        "text",
        "context_shown",
        "subject",
        "key",
        "segments",
        "attempts",
        "provider",
        "provider_reference",
        "reason",
        "due",
        "useful_until",
        "accepted",
        "created",
    ]

    def offers(self, request: HttpRequest, row: Message) -> dict[str, str]:
        return {_AGAIN.name: _why_not(row)}

    def facts_of(self, request: HttpRequest, row: Message, act: Act) -> list[Fact]:
        """What is known of the first one: it may have arrived."""
        told = [report.status for report in row.reports.all()]
        return [
            (_("to"), masked_address(row.address)),
            (_("state"), row.get_state_display()),
            (_("reason"), _reason(row)),
            (_("the carrier says"), ", ".join(told) or NOTHING),
            (_("sent again already"), str(again.again_of(row).count())),
            (_("text as sent"), _text(row)),
        ]

    def do_send_again(self, request: HttpRequest, row: Message, form: AgainForm) -> str:
        reason = str(form.cleaned_data["reason"])
        try:
            with transaction.atomic():
                audit.done(request, "message.sent_again", subject=self.subject_of(row), reason=reason)
                again.send(row)
        except again.CannotBeSentAgain as error:
            raise Refusal(_why_not(row)) from error
        return str(_("It is sent once more."))

    address_masked = masked_address_of("address", _("to"))
    standing = state_of(_("state"), TONES)
    title = column(_("title as sent"), _title)
    text = column(_("text as sent"), _text)
    context_shown = column(_("context"), _context)
    reason = column(_("reason"), _reason)
    due = moment_of("due_at", _("due"))
    useful_until = moment_of("not_after", _("of use until"))
    accepted = moment_of("accepted_at", _("accepted at"))
    created = moment_of("created_at", _("created"))

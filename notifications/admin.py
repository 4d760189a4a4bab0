"""Messages as they were sent. A code is a secret of its reader: staff see dots."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from lib.admin.columns import column, masked_address_of, moment_of, state_of
from lib.admin.reading import ReadOnlyAdmin, ReadOnlyInline
from lib.admin.showing import NOTHING
from notifications import codes
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


@admin.register(Message)
class MessageAdmin(ReadOnlyAdmin):
    is_personal = True
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

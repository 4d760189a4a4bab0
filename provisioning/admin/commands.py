"""What the operator's core was told of a line, and what became of it."""

import json

from django.contrib import admin
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from lib.admin.columns import column, masked_address_of, moment_of, state_of
from lib.admin.reading import ReadOnlyAdmin
from provisioning.models import Command, CommandState

TONES = {
    CommandState.DUE: "busy",
    CommandState.CLAIMED: "busy",
    CommandState.ACCEPTED: "good",
    CommandState.FAILED: "bad",
}


def _payload(command: Command) -> SafeString:
    return format_html("<pre>{}</pre>", json.dumps(command.payload, indent=2, ensure_ascii=False))


@admin.register(Command)
class CommandAdmin(ReadOnlyAdmin):
    is_personal = True
    line_path = "line_id"
    list_display = ["kind", "number", "subject", "standing", "created", "accepted"]
    list_filter = ["state", "kind"]
    ordering = ["-sequence"]
    fields = [
        "kind",
        "number",
        "line_id",
        "subject",
        "key",
        "standing",
        "payload_shown",
        "attempts",
        "error_code",
        "next_try",
        "created",
        "accepted",
    ]

    number = masked_address_of("msisdn", _("number"))
    standing = state_of(_("state"), TONES)
    payload_shown = column(_("what it says"), _payload)
    next_try = moment_of("next_try_at", _("next try"))
    created = moment_of("created_at", _("created"))
    accepted = moment_of("accepted_at", _("accepted at"))

    def heading(self, row: Command) -> str:
        return str(row.get_kind_display())

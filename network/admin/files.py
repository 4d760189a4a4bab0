"""What came from the network, and the rows that could not be taken: unknown numbers, closed lines, and what is wrong."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from lib.admin.columns import column, link_to, masked_address_of, moment_of, state_of
from lib.admin.reading import ReadOnlyAdmin
from network.models import UsageFile, UsageFileState, UsageRowError
from network.wording import reason

_TONES = {UsageFileState.LOADING: "busy", UsageFileState.DONE: "good"}


@admin.register(UsageFile)
class UsageFileAdmin(ReadOnlyAdmin):
    list_display = ["name", "source", "standing", "rows_read", "rows_new", "rows_known", "rows_wrong", "begun"]
    list_filter = ["state", "source"]
    ordering = ["-begun_at"]
    fields = [
        "name",
        "source",
        "standing",
        "rows_read",
        "rows_new",
        "rows_known",
        "rows_wrong",
        "begun",
        "done",
        "sha256",
    ]

    standing = state_of(_("state"), _TONES)
    begun = moment_of("begun_at", _("begun"))
    done = moment_of("done_at", _("loaded at"))


@admin.register(UsageRowError)
class UsageRowErrorAdmin(ReadOnlyAdmin):
    is_personal = True
    list_display = ["file_linked", "row", "why", "record_id", "number"]
    list_filter = ["reason"]
    list_select_related = ["file"]
    ordering = ["-file__begun_at", "row"]
    fields = ["file_linked", "row", "why", "record_id", "number", "told"]

    file_linked = link_to("file", _("usage file"))
    why = column(_("why"), lambda row: reason(row.reason))
    number = masked_address_of("msisdn", _("number"))

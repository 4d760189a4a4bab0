"""Why a row of usage was not taken, in words for the desk."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

REASONS: dict[str, Promise] = {
    "unreadable": _("It is not made of the six columns."),
    "record": _("The record's id is missing, too long, or holds other signs than printable ASCII."),
    "number": _("The number is not in international form (+491760…)."),
    "time": _("The time is no date with hour, minute, second and offset."),
    "unit": _("The unit is none of data, voice, texts."),
    "amount": _("The amount is no whole number from 1 to 9,999,999,999,999."),
    "country": _("The country is no code of two capital letters."),
    "too_old": _("It is older than records are kept."),
    "future": _("It lies in the future: a clock is wrong."),
    "unknown_number": _("No line of ours has this number."),
    "closed_line": _("The line had been given up or moved away by then."),
    "differs": _("A record with this id and time came before, with other values."),
}


def reason(code: str) -> str:
    """A code without words stands for itself."""
    return str(REASONS.get(code, code))

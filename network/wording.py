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


#: Why a top-up, or its reversal, was not taken: for the people who make the seller's system, so not translated.
FAULTS = {
    "unreadable": "Send one JSON object in UTF-8 that names each field once.",
    "missing": "This field is missing.",
    "unknown_field": "We know no such field.",
    "reference": "1 to 80 printable ASCII signs without blanks.",
    "number": "The number in international form: +491760…",
    "amount_minor": "A whole number of minor units above zero (1000 for 10.00 EUR).",
    "currency": "Three capital letters (ISO 4217).",
    "plan": "The code of a plan: letters, digits, - and _.",
    "paid_at": "Date and time with seconds and offset: 2026-11-29T08:15:00+01:00.",
    "place": "At most 40 letters, digits, blanks and , ' ( ) & # - beginning with a letter or digit; no address of a site.",
    "till": "At most 40 printable ASCII signs.",
    "future": "It lies in the future: a clock is wrong.",
    "too_old": "It was paid more than {} days ago.",
    "unknown_number": "No line of ours has this number.",
    "closed_line": "The number was given up or moved away.",
    "not_payable": "The number cannot be topped up now. Its owner may ask our support.",
    "other_currency": "The number is charged in another currency.",
    "out_of_bounds": "We take {} minor units at once.",
    "unknown_plan": "We have no plan of this code.",
    "not_sold": "The plan was not sold then, or not for this number.",
    "needs_plan": "It goes beside a running plan, and there is none.",
    "price": "It costs {} in minor units.",
    "top_up": "The reference of the top-up: 1 to 80 printable ASCII signs without blanks.",
    "unknown_top_up": "No top-up of yours has this reference.",
    "taken_back": "It was taken back before, or given back otherwise.",
    "too_late": "It came more than {} hours ago.",
    "used": "Some of it is used. Nothing has changed.",
}


def fault(code: str, told: str) -> str:
    """In words; `told` fills the gap where there is one."""
    return FAULTS[code].format(told)

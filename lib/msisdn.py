"""Mobile numbers in E.164 (ITU-T E.164: `+`, country code, at most 15 digits) whatever way people write them."""

import re
import unicodedata

import phonenumbers
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

#: For CHECK constraints and URLs: one E.164 number.
E164_PATTERN = r"^\+[1-9][0-9]{6,14}$"
_LONGEST_INPUT = 40
_MOBILE = {phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE}


class NotAnMsisdn(ValidationError):
    """The text is no mobile number; the message says what to write instead."""


def parse_msisdn(text: str, *, region: str | None = None) -> str:
    """One spelling for each number: `0176 040 690 11`, `0049…`, full-width or Arabic-Indic digits all become `+4917604069011`.

    `region` (ISO 3166) is assumed for numbers without a country code; default: the operator's home.
    Raises NotAnMsisdn for what is no valid mobile number.
    """
    if len(text) > 4 * _LONGEST_INPUT:  # before anything is done with it
        raise _refusal()
    plain = unicodedata.normalize("NFKC", text)
    plain = "".join(map(_plain, plain)).strip()
    if len(plain) > _LONGEST_INPUT or re.search(r"[^\d\s()+./\-]", plain):
        raise _refusal()
    try:
        number = phonenumbers.parse(plain, region or settings.HOME_REGION)
    except phonenumbers.NumberParseException as error:
        raise _refusal() from error
    if not phonenumbers.is_valid_number(number) or phonenumbers.number_type(number) not in _MOBILE:
        raise _refusal()
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def format_msisdn(msisdn: str) -> str:
    """For reading: `+49 176 04069011`. Left as it is when it cannot be parsed."""
    try:
        return phonenumbers.format_number(phonenumbers.parse(msisdn), phonenumbers.PhoneNumberFormat.INTERNATIONAL)
    except phonenumbers.NumberParseException:
        return msisdn


def mask(msisdn: str) -> str:
    """For logs and for whoever may not see it: `+49•••••9011`. Anything that is no E.164 becomes dots only."""
    if not re.fullmatch(E164_PATTERN, msisdn):
        return "•••"
    try:
        country = phonenumbers.parse(msisdn).country_code
    except phonenumbers.NumberParseException:  # no country has this code
        return "•••"
    return f"+{country}•••••{msisdn[-4:]}"


def is_served(msisdn: str) -> bool:
    """Whether the number lies in a range of this operator (setting `MSISDN_PREFIXES`; empty: every range)."""
    prefixes = tuple(settings.MSISDN_PREFIXES)
    return not prefixes or msisdn.startswith(prefixes)


def _plain(char: str) -> str:
    """Dashes of every width as one, and nothing for what cannot be seen."""
    category = unicodedata.category(char)
    if category in {"Cf", "Cc"}:
        return ""
    return "-" if category == "Pd" or char == "\N{MINUS SIGN}" else char


def _refusal() -> NotAnMsisdn:
    return NotAnMsisdn(
        _("Write your mobile number with its country code, for example +49 176 04069011."), code="msisdn"
    )

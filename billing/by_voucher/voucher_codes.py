"""The code on a voucher: how it is made, read whatever way it is typed, and kept only as a keyed hash.

Nineteen random signs out of 25 are 88 bits; the twentieth tells slips of the pen before anything is looked up. The hash is keyed,
since below 112 bits a plain one would not do (OWASP ASVS 5.0, 6.5.2).
"""

import hmac
import re
import secrets
import unicodedata

from django.conf import settings
from django.utils.crypto import salted_hmac

from billing.models.voucher import ALPHABET

LENGTH = 20
_GROUP = 5
_LONGEST_INPUT = 200
_SALT = "billing.voucher"
#: What is typed for what is printed: the other of each confusable pair, and letters of other scripts that look the same.
_READ_AS = str.maketrans(
    "OQILZSGBU" + "АВСЕНІКМОРТХУ" + "ΑΒΕΖΗΙΚΜΝΟΡΤΥΧ",
    "00112568V" + "A8CEH1KM0PTXY" + "A8E2H1KMN0PTYX",
)


class NotACode(ValueError):
    """What was typed is no code of ours, whatever the database says."""


class NotWhole(NotACode):
    """Too short or too long: `count` signs."""

    def __init__(self, count: int) -> None:
        super().__init__(f"{count} signs")
        self.count = count


class Mistyped(NotACode):
    """A sign that is never printed, or one that is not as printed: the last sign does not fit the others."""


class ASerial(NotACode):
    """The serial was typed, which is printed beside the code."""


def new_code() -> str:
    """A code as it is hashed: 20 signs without blanks. From the operating system's randomness."""
    body = "".join(secrets.choice(ALPHABET) for _index in range(LENGTH - 1))
    return body + _check_sign(body)


def printed(code: str) -> str:
    """For people: `7KM4T-0D1XC-99HJW-3FRPN`."""
    return "-".join(code[start : start + _GROUP] for start in range(0, len(code), _GROUP))


def read(typed: str) -> str:
    """The code somebody typed or pasted: any case, width, script of digits, blanks and dashes. Raises NotWhole, Mistyped, ASerial."""
    signs = _signs(typed)
    if as_serial(typed):
        raise ASerial
    if len(signs) != LENGTH:
        raise NotWhole(len(signs))
    if not set(signs) <= set(ALPHABET) or _check_sign(signs[:-1]) != signs[-1]:
        raise Mistyped
    return signs


def as_serial(typed: str) -> str:
    """`7KM4T-00042` however it is typed; empty for what is no serial."""
    found = re.fullmatch(rf"([{ALPHABET}]{{5}})([0-9]{{5}})", _signs(typed))
    return f"{found[1]}-{found[2]}" if found else ""


def serial(series: str, number: int) -> str:
    """The serial of the voucher with that number, from 1, in its batch."""
    return f"{series}-{number:05}"


def hashed(code: str) -> bytes:
    """What is kept of a code: HMAC-SHA-256 under the installation's present key."""
    return _hash(code, _keys()[0])


def hashes(code: str) -> list[bytes]:
    """The hashes a code may be kept under: of the present key and of each former one that still opens."""
    return [_hash(code, key) for key in _keys()]


def key_name() -> str:
    """Names the present key without telling it, so that somebody notices when it is gone."""
    return _name(_keys()[0])


def opens(name: str) -> bool:
    """Whether the key of that name is still here."""
    return any(hmac.compare_digest(_name(key), name) for key in _keys())


def _signs(typed: str) -> str:
    """Letters and digits only, each the sign that is meant."""
    if len(typed) > _LONGEST_INPUT:  # before anything is done with it
        raise NotWhole(len(typed))
    plain = unicodedata.normalize("NFKC", typed).upper()
    return "".join(map(_plain, plain)).translate(_READ_AS)


def _plain(char: str) -> str:
    """ASCII for a digit of any script, nothing for what only separates."""
    if char.isalnum():
        return str(unicodedata.digit(char, char))
    return ""


def _check_sign(body: str) -> str:
    """Weights 1 to 4 and their differences have no divisor in common with 25: one wrong sign and two swapped within three always show."""
    total = sum(ALPHABET.index(sign) * ((place % 4) + 1) for place, sign in enumerate(reversed(body), start=1))
    return ALPHABET[-total % len(ALPHABET)]


def _keys() -> list[str]:
    return [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS, *settings.VOUCHER_OLD_KEYS]


def _hash(code: str, key: str) -> bytes:
    digest: bytes = salted_hmac(_SALT, code, secret=key, algorithm="sha256").digest()
    return digest


def _name(key: str) -> str:
    name: str = salted_hmac(f"{_SALT}.name", "", secret=key, algorithm="sha256").hexdigest()[:8]
    return name

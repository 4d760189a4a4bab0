"""The code of an invitation: how it is made, read whatever way it is typed, and kept only as a keyed hash.

Twelve of the 32 signs of Crockford's base 32 are 60 bits, for a week and a few guesses an hour (lib.guessing).
"""

import secrets
import unicodedata

from django.conf import settings
from django.utils.crypto import salted_hmac

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH = 12
_GROUP = 4
_LONGEST_INPUT = 100
_SALT = "plans.group_invite"
_READ_AS = str.maketrans("OIL", "011")


class NotACode(ValueError):
    """What was typed is no code of ours, whatever the database says."""


def new_code() -> str:
    """As it is hashed: 12 signs without blanks. From the operating system's randomness."""
    return "".join(secrets.choice(ALPHABET) for _index in range(LENGTH))


def printed(code: str) -> str:
    """For people: `7KM4-T0D1-XC99`."""
    return "-".join(code[start : start + _GROUP] for start in range(0, len(code), _GROUP))


def read(typed: str) -> str:
    """The code somebody typed or pasted: any case, width, blanks and dashes. Raises NotACode."""
    if len(typed) > _LONGEST_INPUT:  # before anything is done with it
        raise NotACode
    plain = unicodedata.normalize("NFKC", typed).upper()
    signs = "".join(char for char in plain if char.isalnum()).translate(_READ_AS)
    if len(signs) != LENGTH or not set(signs) <= set(ALPHABET):
        raise NotACode
    return signs


def hashed(code: str) -> bytes:
    """What is kept of a code: HMAC-SHA-256 under the installation's present key."""
    return _hash(code, settings.SECRET_KEY)


def hashes(code: str) -> list[bytes]:
    """The hashes it may be kept under: of the present key and of each former one that still opens."""
    return [_hash(code, key) for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)]


def _hash(code: str, key: str) -> bytes:
    digest: bytes = salted_hmac(_SALT, code, secret=key, algorithm="sha256").digest()
    return digest

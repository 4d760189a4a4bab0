"""Which of the operator's systems asks: each has a key of its own, and its name stands beside what it handed in."""

import hmac
from collections.abc import Mapping

from django.http import HttpRequest


def of(request: HttpRequest, keys: Mapping[str, str]) -> str | None:
    """Whose key is in `Authorization: Bearer …`, of those in `keys` (name -> key). Every key is compared, so that time tells nothing."""
    kind, _blank, key = request.headers.get("Authorization", "").partition(" ")
    fits = [name for name, own in keys.items() if hmac.compare_digest(own.encode(), key.encode()) and own]
    return fits[0] if kind == "Bearer" and fits else None

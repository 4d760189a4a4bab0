"""Codes at rest: encrypted under the installation's secret key, old keys still open."""

import base64
import hashlib
import json
from collections.abc import Mapping
from typing import Any

from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings


def seal(context: Mapping[str, Any]) -> bytes:
    """`context` as JSON, encrypted (Fernet: AES-128-CBC and HMAC-SHA256)."""
    return _box().encrypt(json.dumps(dict(context)).encode())


def unseal(sealed: bytes | memoryview) -> dict[str, Any]:
    """Raises cryptography.fernet.InvalidToken for what no key of ours has sealed."""
    opened: dict[str, Any] = json.loads(_box().decrypt(bytes(sealed)))
    return opened


def _box() -> MultiFernet:
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return MultiFernet([Fernet(_derived(key)) for key in keys])


def _derived(key: str) -> bytes:
    return base64.urlsafe_b64encode(hashlib.blake2b(key.encode(), digest_size=32, person=b"messages").digest())

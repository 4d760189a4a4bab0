"""Secrets at rest: encrypted under the installation's secret key, old keys still open."""

import base64
import hashlib
import json
from collections.abc import Mapping
from typing import Any

from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings


def seal(content: Mapping[str, Any], *, purpose: str) -> bytes:
    """`content` as JSON, encrypted (Fernet: AES-128-CBC and HMAC-SHA256). `purpose`, at most 16 letters, opens nothing of another."""
    return _box(purpose).encrypt(json.dumps(dict(content)).encode())


def unseal(sealed: bytes | memoryview, *, purpose: str) -> dict[str, Any]:
    """Raises cryptography.fernet.InvalidToken for what no key of ours has sealed for this purpose."""
    opened: dict[str, Any] = json.loads(_box(purpose).decrypt(bytes(sealed)))
    return opened


def _box(purpose: str) -> MultiFernet:
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return MultiFernet([Fernet(_derived(key, purpose)) for key in keys])


def _derived(key: str, purpose: str) -> bytes:
    digest = hashlib.blake2b(key.encode(), digest_size=32, person=purpose.encode()).digest()
    return base64.urlsafe_b64encode(digest)

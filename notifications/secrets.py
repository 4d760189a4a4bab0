"""Codes at rest."""

from collections.abc import Mapping
from typing import Any

from lib import sealing

_PURPOSE = "messages"


def seal(context: Mapping[str, Any]) -> bytes:
    """`context`, encrypted."""
    return sealing.seal(context, purpose=_PURPOSE)


def unseal(sealed: bytes | memoryview) -> dict[str, Any]:
    """Raises cryptography.fernet.InvalidToken for what no key of ours has sealed."""
    return sealing.unseal(sealed, purpose=_PURPOSE)

"""Fixtures of the messages' tests."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.notifications.post_office import PostOffice


@pytest.fixture
def post(monkeypatch: pytest.MonkeyPatch) -> "PostOffice":
    """Takes what delivery hands over, on every channel."""
    from notifications import delivery
    from tests.notifications.post_office import PostOffice

    office = PostOffice()
    monkeypatch.setattr(delivery, "carrier", lambda _channel: office)
    return office


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    from django.utils import translation

    with translation.override("en"):
        yield

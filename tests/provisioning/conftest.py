"""Fixtures of the network's tests."""

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.provisioning.cores import PlayedCore


@pytest.fixture
def network(monkeypatch: pytest.MonkeyPatch) -> "PlayedCore":
    """Takes what delivery tells, and says what it was told to know."""
    from plans import core_differences
    from provisioning import delivery
    from tests.provisioning.cores import PlayedCore

    played = PlayedCore()
    monkeypatch.setattr(delivery, "core", lambda: played)
    monkeypatch.setattr(core_differences, "core", lambda: played)
    return played

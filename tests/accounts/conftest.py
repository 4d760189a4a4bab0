"""Whose accounts they are. Django is set up after this file is read, so models are imported where they are used."""

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from accounts.models import Line, Subscriber


@pytest.fixture
def owner(db: None) -> "Subscriber":
    from tests import cast

    return cast.anna()


@pytest.fixture
def line(owner: "Subscriber") -> "Line":
    return owner.lines[0]

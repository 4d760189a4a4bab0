"""Fixtures of the network's tests."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from tests.conftest import free_port
from tests.notifications.stubs import HttpStub, running
from tests.sandbox_process import Sandbox

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


@pytest.fixture(scope="session")
def running_sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    sandbox = Sandbox(tmp_path_factory.mktemp("sandbox"), port=free_port())
    sandbox.start()
    yield sandbox
    sandbox.kill()


@pytest.fixture
def sandbox(running_sandbox: Sandbox, settings: Any) -> Sandbox:
    running_sandbox.mend()
    running_sandbox.forget_core()
    settings.CORE_API_URL, settings.CORE_API_KEY = f"{running_sandbox.url}/core", "sandbox"
    return running_sandbox


@pytest.fixture
def stub(settings: Any) -> Iterator[HttpStub]:
    made = HttpStub()
    settings.CORE_API_URL, settings.CORE_API_KEY = f"{made.url}/core/", "the-key"
    with running(made):
        yield made

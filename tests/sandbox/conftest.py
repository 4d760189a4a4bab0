"""One sandbox in a process of its own for the session, and one inside the test for the many small cases."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import stripe
from flask import Flask
from flask.testing import FlaskClient

from sandbox.app import create_app
from sandbox.configuration import Configuration
from sandbox.running import Running
from tests.conftest import free_port
from tests.sandbox.asking import Asking, sdk
from tests.sandbox.receiver import Receiver, listening
from tests.sandbox_process import Sandbox


@pytest.fixture(scope="session")
def _receiver() -> Iterator[Receiver]:
    with listening() as receiver:
        yield receiver


@pytest.fixture(scope="session")
def _process(_receiver: Receiver, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    sandbox = Sandbox(tmp_path_factory.mktemp("sandbox"), port=free_port(), webhook_url=f"{_receiver.url}/hook?a=b")
    sandbox.start()
    yield sandbox
    sandbox.stop()


@pytest.fixture
def receiver(_receiver: Receiver) -> Iterator[Receiver]:
    _receiver.reset()
    yield _receiver
    _receiver.reset()


@pytest.fixture
def sandbox(_process: Sandbox, receiver: Receiver) -> Iterator[Sandbox]:
    """The session's process, without faults and messages of another test. Its books keep what other tests paid."""
    yield _process
    _process.mend()
    _process.forget_messages()
    _process.turn_clock(0)


@pytest.fixture
def client(sandbox: Sandbox) -> stripe.StripeClient:
    """The SDK as it comes, only with another address."""
    return sdk(sandbox.url)


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    return {"PORTAL_ENV": "test", "SANDBOX_STATE_DIR": str(tmp_path), "SANDBOX_WEBHOOK_URL": ""}


@pytest.fixture(scope="session")
def _application(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    app = create_app({"SANDBOX_STATE_DIR": str(tmp_path_factory.mktemp("unused")), "SANDBOX_WEBHOOK_URL": ""})
    app.extensions["sandbox"].courier.stop()
    return app


@pytest.fixture
def app(_application: Flask, environment: dict[str, str]) -> Iterator[Flask]:
    """The application itself, with empty books. Its events stay at home."""
    running = Running.start(Configuration.read(environment))
    _application.extensions["sandbox"] = running
    yield _application
    running.courier.stop()


@pytest.fixture
def http(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def api(http: FlaskClient) -> Asking:
    """Raw requests to the API, for what the SDK would never send."""
    return Asking(http)

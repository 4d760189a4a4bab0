"""One set of processes for each process that runs tests; a database and an inbox that are empty again for each test."""

from collections.abc import Iterator

import pytest

from billing.gateways.protocol import Gateway
from sandbox.embedded.valkey import EmbeddedValkey
from tests.conftest import free_port
from tests.sandbox_process import Sandbox
from tests.stack import contracting
from tests.stack.running import Portal


@pytest.fixture(scope="session")
def processes(
    django_db_setup: None, valkey: EmbeddedValkey, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Portal]:
    running = Portal(tmp_path_factory.mktemp("stack"), port=free_port())
    try:
        running.start()
        yield running
    finally:
        running.stop()


@pytest.fixture
def unheard(processes: Portal) -> Iterator[Sandbox]:
    """A sandbox whose notices reach nobody, for tests after which no database is emptied."""
    processes.empty()
    processes.sandbox.fault("webhook", "drop", times=100_000)
    yield processes.sandbox
    processes.sandbox.mend()


@pytest.fixture(params=contracting.KINDS)
def gateway(request: pytest.FixtureRequest, unheard: Sandbox) -> Gateway:
    """Each gateway that has to keep the contract."""
    return contracting.at_stripe() if request.param == "stripe" else contracting.in_the_sandbox(unheard)


@pytest.fixture
def sandbox(unheard: Sandbox) -> Sandbox:
    return unheard


@pytest.fixture
def played(sandbox: Sandbox) -> Gateway:
    """The sandbox alone, for what needs a payer or a bank."""
    return contracting.in_the_sandbox(sandbox)


@pytest.fixture
def portal(processes: Portal, transactional_db: None) -> Iterator[Portal]:
    """Web server and sandbox answer, the catalogue is on sale, nobody is there yet, and no worker runs."""
    from tests.billing.ordering import load_reference_data

    load_reference_data()
    processes.empty()
    try:
        yield processes
    finally:
        processes.stop_workers()
        processes.sandbox.turn_clock(0)


@pytest.fixture
def worker(portal: Portal) -> Portal:
    """The same, with a worker."""
    portal.start_worker()
    return portal

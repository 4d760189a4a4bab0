"""The account's capabilities: all on at first, switched by the control, and held against what is asked."""

from collections.abc import Iterator

import pytest
import stripe
from stripe import StripeClient

from tests.sandbox.asking import intent_wanted, session_wanted
from tests.sandbox_process import Sandbox

ALL = {
    "card_payments": "active",
    "paypal_payments": "active",
    "sepa_bank_transfer_payments": "active",
    "gb_bank_transfer_payments": "active",
    "us_bank_transfer_payments": "active",
    "jp_bank_transfer_payments": "active",
    "mx_bank_transfer_payments": "active",
}


@pytest.fixture(autouse=True)
def _all_on_again(sandbox: Sandbox) -> Iterator[None]:
    yield
    sandbox.capabilities(**ALL)


def _capabilities(client: StripeClient) -> object:
    capabilities = client.v1.accounts.retrieve_current().capabilities
    assert capabilities is not None
    return capabilities.to_dict()


def test_every_way_of_paying_is_on_until_it_is_switched_off(client: StripeClient, sandbox: Sandbox) -> None:
    account = client.v1.accounts.retrieve_current()
    assert (account.object, account.charges_enabled, account.payouts_enabled) == ("account", True, True)
    assert _capabilities(client) == ALL
    told = sandbox.capabilities(paypal_payments="inactive", sepa_bank_transfer_payments="pending")
    changed = ALL | {"paypal_payments": "inactive", "sepa_bank_transfer_payments": "pending"}
    assert told == changed
    assert _capabilities(client) == changed
    event = client.v1.events.list({"limit": 1}).data[0]
    assert (event.type, event.data.object["capabilities"].to_dict()) == ("account.updated", changed)


def test_what_is_switched_off_is_refused_and_leaves_nothing(client: StripeClient, sandbox: Sandbox) -> None:
    sandbox.capabilities(card_payments="inactive")
    before = client.v1.events.list({"limit": 1}).data[0].id
    with pytest.raises(stripe.InvalidRequestError, match="type provided: card is invalid") as refused:
        client.v1.checkout.sessions.create(session_wanted())
    assert (refused.value.http_status, refused.value.code, refused.value.param) == (
        400,
        None,
        "allowed_payment_method_types",
    )
    with pytest.raises(stripe.InvalidRequestError, match="type provided: card is invalid"):
        client.v1.payment_intents.create(intent_wanted(confirm=True, payment_method="pm_card_visa"))
    assert client.v1.events.list({"limit": 1}).data[0].id == before
    sandbox.capabilities(card_payments="active")
    assert client.v1.checkout.sessions.create(session_wanted()).status == "open"


@pytest.mark.parametrize("wanted", [{"teleport_payments": "active"}, {"card_payments": "maybe"}])
def test_an_unknown_capability_or_state_changes_nothing(
    client: StripeClient, sandbox: Sandbox, wanted: dict[str, str]
) -> None:
    with pytest.raises(AssertionError):
        sandbox.capabilities(**wanted)
    assert _capabilities(client) == ALL

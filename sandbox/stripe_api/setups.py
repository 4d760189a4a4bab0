"""SetupIntents of Checkout pages on which a way to pay is kept and nothing is paid (docs.stripe.com/api/setup_intents)."""

from collections.abc import Mapping
from typing import Any

from sandbox.stripe_api import charges, documents, events, payment_methods
from sandbox.stripe_api.cards import Card, decline
from sandbox.stripe_api.desk import Desk
from sandbox.stripe_api.documents import Document
from sandbox.stripe_api.paypal import Payer

KIND = "setup_intent"
_EMPTY = ("application", "cancellation_reason", "description", "last_setup_error", "latest_attempt", "mandate", "next_action",
    "on_behalf_of", "payment_method", "single_use_mandate", "_details", "_email", "_name")  # fmt: skip


def add(desk: Desk, session: Document, *, metadata: dict[str, str]) -> Document:
    """The intent of a page that is about to be shown."""
    setup_id = documents.new_id(KIND)
    return documents.add(
        desk.sql,
        {
            "id": setup_id,
            "object": KIND,
            **dict.fromkeys(_EMPTY),
            "client_secret": f"{setup_id}_secret_{documents.new_id('request')[4:]}",
            "created": desk.at,
            "customer": session["customer"],
            "livemode": False,
            "metadata": metadata,
            "payment_method_options": {},
            "payment_method_types": session["payment_method_types"],
            "status": "requires_payment_method",
            "usage": "off_session",
        },
    )


def retrieve(desk: Desk, _asked: Mapping[str, Any], setup_id: str) -> Document:
    return documents.get(desk.sql, KIND, setup_id)


def try_card(desk: Desk, setup: Document, card: Card, expires: tuple[int, int] | None = None) -> Document:
    """The setup then is succeeded, requires_action or requires_payment_method."""
    setup |= {
        "_details": charges.method_details(card, expires),
        "payment_method": documents.new_id("payment_method"),
        "last_setup_error": None,
    }
    if card.outcome == "declined" and not card.can_be_kept:
        return decline_it(desk, setup, decline(card.decline_code))
    if card.outcome == "asks":
        return _ask(desk, setup)
    return succeed(desk, setup)


def ask_paypal(desk: Desk, setup: Document, payer: Payer) -> Document:
    setup |= {"_details": payer.details(setup["id"]), "payment_method": documents.new_id("payment_method")}
    return _ask(desk, setup)


def succeed(desk: Desk, setup: Document) -> Document:
    method = payment_methods.keep(desk, setup)
    setup |= {"status": "succeeded", "next_action": None, "last_setup_error": None, "mandate": method["_mandate"]}
    events.tell(desk, "setup_intent.succeeded", documents.save(desk.sql, setup))
    return setup


def decline_it(desk: Desk, setup: Document, why: dict[str, str]) -> Document:
    setup |= {
        "status": "requires_payment_method",
        "last_setup_error": {"type": "card_error", **why},
        "payment_method": None,
        "next_action": None,
    }
    events.tell(desk, "setup_intent.setup_failed", documents.save(desk.sql, setup))
    return setup


def _ask(desk: Desk, setup: Document) -> Document:
    setup |= {"status": "requires_action", "last_setup_error": None}
    return documents.save(desk.sql, setup)

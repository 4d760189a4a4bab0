"""Events: a snapshot of an object at the moment something happened to it (docs.stripe.com/api/events)."""

from collections.abc import Mapping
from typing import Any

from sandbox.stripe_api import deliveries, documents
from sandbox.stripe_api.desk import Desk
from sandbox.stripe_api.documents import Document
from sandbox.stripe_api.refusals import ParameterRefusal


def tell(desk: Desk, kind: str, document: Document) -> Document:
    """Record an event and have it delivered; those of one payment leave in the order they were told."""
    event: Document = {
        "id": documents.new_id("event"),
        "object": "event",
        "api_version": desk.api_version,
        "created": desk.at,
        "data": {"object": documents.shown(document)},
        "livemode": False,
        "pending_webhooks": 1,
        "request": {"id": desk.request_id, "idempotency_key": desk.idempotency_key},
        "type": kind,
    }
    documents.add(desk.sql, event)
    deliveries.schedule(desk.sql, event, lane=_lane(document))
    return event


def _lane(document: Document) -> str:
    """Whose news it is: the payment's, the customer's where it is about their cash, else the object's own."""
    if document["object"] in {"cash_balance", "customer_cash_balance_transaction"}:
        customer: str = document["customer"]
        return customer
    lane: str = document.get("payment_intent") or document["id"]
    return lane


def retrieve(desk: Desk, _asked: Mapping[str, Any], event_id: str) -> Document:
    return documents.get(desk.sql, "event", event_id)


def listed(desk: Desk, asked: Mapping[str, Any]) -> Document:
    """Newest first; `type` may end in a star."""
    if "type" in asked and "types" in asked:
        raise ParameterRefusal(
            "You may only specify one of these parameters: type, types.", code="parameters_exclusive"
        )
    wanted = [asked["type"]] if "type" in asked else asked.get("types", [])
    return documents.page(desk.sql, "event", "/v1/events", asked, types=frozenset(wanted))

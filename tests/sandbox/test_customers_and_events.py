"""Customers, charges and the list of events, with filters and pages, through the SDK as it comes."""

import time

import pytest
import stripe
from stripe import StripeClient

from tests.sandbox.asking import Asking, intent_wanted, session_wanted, told
from tests.sandbox_process import DECLINED, Sandbox


def test_a_customer_is_kept_changed_and_found_by_mail(client: StripeClient) -> None:
    mail = f"emma-{time.time_ns()}@example.com"
    customer = client.v1.customers.create(
        {"name": "Emma", "email": mail, "phone": "+4917604069012", "metadata": {"line": "1"}}
    )
    changed = client.v1.customers.update(customer.id, {"name": "Emma B.", "metadata": {"line": "2"}})
    assert (changed.name, changed.phone, changed.email, changed.metadata and changed.metadata.to_dict()) == (
        "Emma B.",
        "+4917604069012",
        mail,
        {"line": "2"},
    )
    assert client.v1.customers.retrieve(customer.id).to_dict() == changed.to_dict()
    assert [found.id for found in client.v1.customers.list({"email": mail}).data] == [customer.id]
    with pytest.raises(stripe.InvalidRequestError, match="No such customer: 'cus_none'"):
        client.v1.customers.retrieve("cus_none")


def test_the_events_of_one_payment_tell_its_whole_story(api: Asking) -> None:
    session = api.session(metadata={"payment_id": "p1"})
    api.pay(session["id"], card=DECLINED)
    paid = api.pay(session["id"])
    api.made("/v1/refunds", {"payment_intent": paid["payment_intent"], "amount": 500})
    events = told(api.get("/v1/events", {"limit": 100}))["data"][::-1]
    assert [event["type"] for event in events] == [
        "payment_intent.created",
        "payment_intent.payment_failed",
        "charge.succeeded",
        "payment_intent.succeeded",
        "checkout.session.completed",
        "refund.created",
        "charge.refunded",
        "refund.updated",
    ]
    snapshots = {event["type"]: event["data"]["object"] for event in events}
    assert snapshots["checkout.session.completed"]["payment_status"] == "paid"
    assert snapshots["checkout.session.completed"]["metadata"] == {"payment_id": "p1"}
    assert snapshots["payment_intent.payment_failed"]["last_payment_error"]["code"] == "card_declined"
    assert snapshots["charge.refunded"]["amount_refunded"] == 500
    assert all(not name.startswith("_") for snapshot in snapshots.values() for name in snapshot)


def test_an_event_is_a_picture_of_its_moment(client: StripeClient) -> None:
    intent = client.v1.payment_intents.create(intent_wanted())
    client.v1.payment_intents.confirm(intent.id, {"payment_method": "pm_card_visa"})
    created = client.v1.events.list({"type": "payment_intent.created", "limit": 1}).data[0]
    assert created.data.object["status"] == "requires_payment_method"
    again = client.v1.events.retrieve(created.id)
    assert again.to_dict() == created.to_dict()
    assert (again.livemode, again.api_version) == (False, stripe.api_version)


def test_an_event_names_the_request_that_caused_it(client: StripeClient) -> None:
    key = f"key-{time.time_ns()}"
    client.v1.payment_intents.create(intent_wanted(), {"idempotency_key": key})
    event = client.v1.events.list({"limit": 1}).data[0]
    assert event.request is not None
    assert event.request.idempotency_key == key
    assert (event.request.id or "").startswith("req_")


def test_events_are_chosen_by_type(client: StripeClient, sandbox: Sandbox) -> None:
    session = client.v1.checkout.sessions.create(session_wanted())
    sandbox.pay(session.id)

    def newest(**asked: object) -> list[str]:
        return [event.type for event in client.v1.events.list({"limit": 3, **asked}).data]  # type: ignore[arg-type]

    assert newest() == ["checkout.session.completed", "payment_intent.succeeded", "charge.succeeded"]
    assert newest(type="payment_intent.*")[:2] == ["payment_intent.succeeded", "payment_intent.created"]
    assert newest(types=["charge.succeeded", "checkout.session.completed"])[:2] == [
        "checkout.session.completed",
        "charge.succeeded",
    ]
    assert newest(type="no.such.thing") == []
    with pytest.raises(stripe.InvalidRequestError, match="only specify one of these parameters: type, types"):
        newest(type="charge.succeeded", types=["charge.succeeded"])
    with pytest.raises(stripe.InvalidRequestError, match="at most 20"):
        newest(types=[f"type{number}" for number in range(21)])


def test_events_are_chosen_by_their_second(api: Asking) -> None:
    for _ in range(3):
        api.intent()
    with api.http.application.extensions["sandbox"].books.writing() as sql:
        sql.execute("UPDATE objects SET created = 1000 + sequence WHERE kind = 'event'")
        seconds = [row[0] for row in sql.execute("SELECT created FROM objects WHERE kind = 'event' ORDER BY 1")]

    def many(**created: object) -> int:
        return len(told(api.get("/v1/events", {f"created[{name}]": str(at) for name, at in created.items()}))["data"])

    assert many(gte=seconds[0]) == 3
    assert many(gt=seconds[0]) == 2
    assert many(lte=seconds[1]) == 2
    assert many(lt=seconds[0]) == 0
    assert many(gt=seconds[0], lt=seconds[2]) == 1
    assert len(told(api.get("/v1/events", {"created": seconds[1]}))["data"]) == 1


def test_pages_walk_through_every_object_once_in_both_directions(client: StripeClient) -> None:
    customer = client.v1.customers.create({"name": "Carla"})
    made = [client.v1.payment_intents.create(intent_wanted(customer=customer.id)).id for _ in range(5)]
    listed = client.v1.payment_intents.list({"customer": customer.id, "limit": 2})
    assert (listed.has_more, [intent.id for intent in listed.data]) == (True, [made[4], made[3]])
    assert [intent.id for intent in listed.auto_paging_iter()] == made[::-1]
    back = client.v1.payment_intents.list({"customer": customer.id, "limit": 2, "ending_before": made[0]})
    assert (back.has_more, [intent.id for intent in back.data]) == (True, [made[2], made[1]])
    last = client.v1.payment_intents.list({"customer": customer.id, "limit": 2, "starting_after": made[1]})
    assert (last.has_more, [intent.id for intent in last.data]) == (False, [made[0]])


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"limit": 0}, "between 1 and 100"),
        ({"limit": 101}, "between 1 and 100"),
        ({"starting_after": "evt_none"}, "No such event: 'evt_none'"),
        ({"starting_after": "evt_1", "ending_before": "evt_2"}, "only specify one"),
    ],
)
def test_a_page_that_cannot_be_is_refused(client: StripeClient, asked: dict[str, object], words: str) -> None:
    with pytest.raises(stripe.InvalidRequestError, match=words) as refused:
        client.v1.events.list(asked)  # type: ignore[arg-type]
    assert refused.value.http_status == 400

"""What is said between the gateway and the portal: webhooks sent again, keys aged, calls and deliveries looked at."""

from flask import jsonify, request
from werkzeug.wrappers import Response

from sandbox.control.asked import asked
from sandbox.running import running
from sandbox.stripe_api import deliveries, documents, idempotency
from sandbox.stripe_api.refusals import Refusal

_MOST_CALLS = 1000
_LONGEST_SECONDS = 366 * 86400


def redeliver(event_id: str) -> tuple[Response, int]:
    """Send an event once more, or `copies` times at once."""
    copies = asked(copies=int).get("copies", 1)
    if not 1 <= copies <= 200:
        raise Refusal("copies must be a number from 1 to 200.")
    with running().desk() as desk:
        deliveries.again(desk.sql, documents.get(desk.sql, "event", event_id), copies=copies)
    return jsonify(event=event_id, copies=copies), 202


def age() -> Response:
    """Make every idempotency key `seconds` older (a day by default), so that Stripe's forgetting can be tried."""
    seconds = asked(seconds=int).get("seconds", idempotency.FORGOTTEN_AFTER_SECONDS)
    if not 0 <= seconds <= _LONGEST_SECONDS:
        raise Refusal("seconds must be a number from 0 to a year.")
    with running().books.writing() as sql:
        return jsonify(aged=idempotency.age(sql, seconds))


def list_deliveries() -> Response:
    found = deliveries.listed(running().books.reading(), event_id=request.args.get("event"))
    return jsonify(deliveries=found)


def list_calls() -> Response:
    """Requests to the API, newest first: what the portal asked, and what it was answered."""
    rows = running().books.reading().execute("SELECT * FROM calls ORDER BY id DESC LIMIT ?", (_MOST_CALLS,))
    return jsonify(calls=[{**dict(row), "is_replay": bool(row["is_replay"])} for row in rows])

"""What becomes of ways to pay that are kept: a new card by the network, a permission withdrawn, all of them forgotten."""

from flask import jsonify
from werkzeug.wrappers import Response

from sandbox.control.asked import asked
from sandbox.control.payments import month_of
from sandbox.running import running
from sandbox.stripe_api import charges, customers, documents, payment_methods
from sandbox.stripe_api.cards import BY_NUMBER
from sandbox.stripe_api.refusals import Refusal


def change(method_id: str) -> Response:
    """`expires` (`2027-03`): the network tells the date of the new card. `revoke`: the payer withdraws the permission at their bank or
    PayPal. `detach`: somebody removes it in the gateway's dashboard.
    """
    wanted = asked(expires=str, revoke=bool, detach=bool)
    with running().desk() as desk:
        method = documents.get(desk.sql, payment_methods.KIND, method_id)
        if expires := month_of(wanted.get("expires")):
            if method["type"] != "card":
                raise Refusal("Only a card expires.")
            payment_methods.renew_card(desk, method, year=expires[0], month=expires[1])
        if wanted.get("revoke"):
            payment_methods.revoke(desk, method)
        if wanted.get("detach"):
            payment_methods.detach(desk, {}, method_id)
    return jsonify(payment_method=method_id, mandate=method["_mandate"], customer=method["customer"])


_MOST_AT_ONCE = 1000


def keep_many() -> Response:
    """`{"count": 500}`: so many new customers, each with a card of the same number (`card`) that is kept; for figures of many."""
    wanted = asked(count=int, card=str)
    count, card = wanted.get("count", 1), BY_NUMBER.get(wanted.get("card", "4242424242424242"))
    if card is None or not 1 <= count <= _MOST_AT_ONCE:
        raise Refusal(f"card must be one of {', '.join(BY_NUMBER)}, count at most {_MOST_AT_ONCE}.")
    made = []
    with running().desk() as desk:
        for _number in range(count):
            customer = customers.create(desk, {})
            set_up = {
                "payment_method": documents.new_id("payment_method"),
                "customer": customer["id"],
                "created": desk.at,
                "_details": charges.method_details(card),
            }
            made.append({"customer": customer["id"], "payment_method": payment_methods.keep(desk, set_up)["id"]})
    return jsonify(made=made)

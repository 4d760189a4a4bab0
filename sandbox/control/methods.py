"""What becomes of ways to pay that are kept: a new card by the network, a permission withdrawn, all of them forgotten."""

from flask import jsonify
from werkzeug.wrappers import Response

from sandbox.control.asked import asked
from sandbox.control.payments import month_of
from sandbox.running import running
from sandbox.stripe_api import documents, payment_methods
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

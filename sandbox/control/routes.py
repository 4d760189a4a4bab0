"""Everything under /control."""

from flask import Blueprint, jsonify
from werkzeug.wrappers import Response

from sandbox.control import balance, disputes, methods, money_back, notices, payments
from sandbox.stripe_api.refusals import Refusal


def blueprint() -> Blueprint:
    """Everything under /control."""
    routes = Blueprint("control", __name__)
    for path, view in (
        ("/control/capabilities", payments.change_capabilities),
        ("/control/pay/<session_id>", payments.pay),
        ("/control/methods", methods.keep_many),
        ("/control/methods/<method_id>", methods.change),
        ("/control/transfer", payments.transfer),
        ("/control/dispute", disputes.dispute),
        ("/control/disputes/<dispute_id>", disputes.end_dispute),
        ("/control/payout", balance.pay_out),
        ("/control/payouts/<payout_id>", balance.end_payout),
        ("/control/balance-transaction", balance.book),
        ("/control/refund", money_back.refund),
        ("/control/refund-details/<refund_id>", money_back.give_details),
        ("/control/age/<intent_id>", money_back.age_payment),
        ("/control/settle/<object_id>", payments.settle),
        ("/control/redeliver/<event_id>", notices.redeliver),
        ("/control/idempotency/age", notices.age),
    ):
        routes.add_url_rule(path, view_func=view, methods=["POST"])
    routes.add_url_rule("/control/deliveries", view_func=notices.list_deliveries)
    routes.add_url_rule("/control/calls", view_func=notices.list_calls)
    routes.register_error_handler(Refusal, _refused)
    return routes


def _refused(refusal: Refusal) -> tuple[Response, int]:
    return jsonify(error=str(refusal)), refusal.status

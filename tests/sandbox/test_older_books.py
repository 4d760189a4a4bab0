"""Books that were written before there were balance transactions, opened by the sandbox of today."""

import json
from typing import Any

from flask import Flask

from sandbox.configuration import Configuration
from sandbox.running import Running
from tests.sandbox.asking import Asking, flat, intent_wanted, told

_TODAY = "SELECT id, body FROM objects WHERE kind IN ('payment_intent', 'charge', 'refund') ORDER BY sequence"


def _made_old(app: Flask) -> None:
    """As an earlier sandbox would have left them: no transactions, the card by its name, ids that lead nowhere."""
    running: Running = app.extensions["sandbox"]
    with running.books.writing() as sql:
        for row in sql.execute(_TODAY).fetchall():
            document: dict[str, Any] = json.loads(row["body"])
            if document["object"] == "payment_intent":
                document["_card"] = "pm_card_authenticationRequiredOnSetup" if document.pop("_details") else None
            sql.execute("UPDATE objects SET body = ? WHERE id = ?", (json.dumps(document), row["id"]))
        sql.execute("DELETE FROM objects WHERE kind = 'balance_transaction'")
        sql.execute("PRAGMA user_version = 0")
    running.courier.stop()


def test_what_was_paid_and_given_back_is_booked_once_and_open_payments_go_on(
    app: Flask, environment: dict[str, str]
) -> None:
    api = Asking(app.test_client())
    session = api.session()
    api.pay(session["id"], card="4000002500003155")
    wanted = flat(intent_wanted(confirm=True, payment_method="pm_card_visa"))
    paid = api.made("/v1/payment_intents", wanted)
    refunds = [api.made("/v1/refunds", {"payment_intent": paid["id"], "amount": amount}) for amount in (500, 300)]
    api.http.post(f"/control/settle/{refunds[1]['id']}", json={"outcome": "fail"})
    _made_old(app)
    for _ in range(2):
        app.extensions["sandbox"] = Running.start(Configuration.read(environment))
        app.extensions["sandbox"].courier.stop()
        booked = told(api.get("/v1/balance_transactions"))["data"][::-1]
        assert [(entry["type"], entry["net"]) for entry in booked] == [
            ("charge", 1944),
            ("refund", -500),
            ("refund", -300),
            ("refund_failure", 300),
        ]
        charge = told(api.get(f"/v1/charges/{paid['latest_charge']}", {"expand[0]": "balance_transaction"}))
        assert charge["balance_transaction"] == booked[0]
    ended = api.http.post(f"/pay/{session['id']}/bank", data={"answer": "approve"})
    assert ended.status_code == 303
    assert told(api.get(f"/v1/checkout/sessions/{session['id']}"))["payment_status"] == "paid"

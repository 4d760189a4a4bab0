"""The page, the bank's page behind it, and the way back to the shop. Everything works without JavaScript."""

from urllib.parse import urlsplit

from flask import Blueprint, make_response, redirect, render_template, request
from werkzeug.wrappers import Response

from sandbox.pay_page.card_form import CardForm
from sandbox.pay_page.prices import price
from sandbox.pay_page.words import words
from sandbox.running import running
from sandbox.stripe_api import checkout, paypal
from sandbox.stripe_api.cards import CARDS
from sandbox.stripe_api.desk import Desk
from sandbox.stripe_api.documents import Document
from sandbox.stripe_api.refusals import Refusal

#: the test cards shown on the page, and the names of the words beside them
_SAMPLES = {
    "4242424242424242": "card_paid",
    "4000002500003155": "card_asks",
    "4000000000000002": "card_generic_decline",
    "4000000000009995": "card_insufficient_funds",
}
#: and beside a card that is kept
_SAMPLES_KEPT = {"4000002760003184": "card_asks_always", "4000000000000341": "card_kept_and_declined"}


def blueprint() -> Blueprint:
    """Everything under /pay/."""
    routes = Blueprint("pay_page", __name__)
    routes.add_url_rule("/pay/<session_id>", view_func=show, methods=["GET"])
    routes.add_url_rule("/pay/<session_id>", view_func=pay, methods=["POST"])
    routes.add_url_rule("/pay/<session_id>/bank", view_func=show_bank, methods=["GET"])
    routes.add_url_rule("/pay/<session_id>/bank", view_func=answer_bank, methods=["POST"])
    routes.add_url_rule("/pay/<session_id>/paypal", view_func=show_paypal, methods=["GET"])
    routes.add_url_rule("/pay/<session_id>/paypal", view_func=answer_paypal, methods=["POST"])
    return routes


def show(session_id: str) -> Response:
    """The form, filled with a test card when the address names one."""
    session, intent = _looked_up(session_id)
    if session is None or session["status"] != "open":
        return _closed(session)
    form = CardForm.filled(request.args.get("card", ""))
    error = _error_of(intent or {}) or {}
    has_left_paypal = error.get("code") == paypal.DECLINED["code"] and not form.card
    return _form(session, form, refused=error["code"] if has_left_paypal else "")


def pay(session_id: str) -> Response:
    """One attempt. A second click finds the session complete and goes where the first one went."""
    with running().desk() as desk:
        session = _current(desk, session_id)
        if session is None or session["status"] == "expired":
            return _closed(session)
        if session["status"] == "complete":
            return redirect(_success_url(session), 303)
        if (method := request.form.get("method", "card")) != "card" or method not in session["payment_method_types"]:
            return redirect(_way_on(desk, session, method), 303)
        form = CardForm.read(request.form, asks_email=_asks_email(session))
        if form.mistakes or form.card is None:
            return _form(session, form, status=422)
        intent = checkout.pay(
            desk, session, form.card, email=form.email or None, name=form.name or None, expires=form.expires
        )
    if intent["status"] == "requires_action":
        return redirect(f"/pay/{session_id}/bank", 303)
    return _after(session, intent, form)


def _way_on(desk: Desk, session: Document, method: str) -> str:
    """Where another method than a card leads: to PayPal, or back where it is not offered."""
    if method not in session["payment_method_types"]:
        return f"/pay/{session['id']}"
    checkout.ask_paypal(desk, session)
    return f"/pay/{session['id']}/paypal"


def show_bank(session_id: str) -> Response:
    return _show_asking(session_id, "card", "pay/bank.html")


def show_paypal(session_id: str) -> Response:
    return _show_asking(session_id, "paypal", "pay/paypal.html")


def answer_bank(session_id: str) -> Response:
    return _answer(session_id, "card")


def answer_paypal(session_id: str) -> Response:
    """Consent pays; anything else leads back to the page, where the way to the shop is."""
    return _answer(session_id, "paypal")


def _show_asking(session_id: str, who: str, template: str) -> Response:
    """The page of whoever asks the payer; the payment page when they do not."""
    session, intent = _looked_up(session_id)
    if session is None or session["status"] != "open":
        return _closed(session)
    if intent is None or checkout.asks(intent) != who:
        return redirect(f"/pay/{session_id}", 303)
    return _page(template, session, payer=intent["_details"].get("paypal"), keeps=_keeps(session))


def _answer(session_id: str, who: str) -> Response:
    with running().desk() as desk:
        session = _current(desk, session_id)
        if session is None or session["status"] == "expired":
            return _closed(session)
        if session["status"] == "complete":
            return redirect(_success_url(session), 303)
        intent = checkout.intent_of(desk, session)
        if checkout.asks(intent) != who:
            return redirect(f"/pay/{session_id}", 303)
        intent = checkout.answer(desk, session, is_approved=request.form.get("answer") == "approve")
    if who == "paypal" and intent["status"] == "requires_payment_method":
        return redirect(f"/pay/{session_id}", 303)
    return _after(session, intent, CardForm())


def _current(desk: Desk, session_id: str) -> Document | None:
    try:
        return checkout.current(desk, session_id)
    except Refusal:
        return None


def _looked_up(session_id: str) -> tuple[Document | None, Document | None]:
    """The session as of now, and its intent if there is one."""
    with running().desk() as desk:
        session = _current(desk, session_id)
        return session, checkout.intent_of(desk, session) if session else None


def _after(session: Document, intent: Document, form: CardForm) -> Response:
    """Back to the shop, or to the form with what the bank said."""
    if intent["status"] in checkout.DONE:
        return redirect(_success_url(session), 303)
    error = _error_of(intent)
    return _form(session, form, status=402, refused=error.get("decline_code") or error["code"])


def _error_of(intent: Document) -> Document:
    found: Document = intent.get("last_payment_error") or intent.get("last_setup_error") or {}
    return found


def _success_url(session: Document) -> str:
    address: str = session["success_url"]
    return address.replace("{CHECKOUT_SESSION_ID}", session["id"])


def _asks_email(session: Document) -> bool:
    return not session["customer_email"] and not session["customer"]


def _form(session: Document, form: CardForm, *, status: int = 200, refused: str = "") -> Response:
    keeps = _keeps(session)
    samples = {**_SAMPLES, **_SAMPLES_KEPT} if "card" in keeps else _SAMPLES
    return _page(
        "pay/form.html",
        session,
        status=status,
        form=form,
        refused=refused,
        cards=[(card, said_of) for card in CARDS if (said_of := samples.get(card.number))],
        asks_email=_asks_email(session),
        ways=session["payment_method_types"],
        keeps=keeps,
    )


def _keeps(session: Document) -> list[str]:
    """The ways of paying that are kept when they are used here."""
    of_all = checkout.is_setup(session) or session["_intent_data"].get("setup_future_usage")
    options = session["_options"]
    ways: list[str] = session["payment_method_types"] if session["customer"] else []
    return [way for way in ways if of_all or options.get(way, {}).get("setup_future_usage")]


def _closed(session: Document | None) -> Response:
    """Why this page takes no money: unknown, expired, paid, on its way."""
    if session is None:
        return _page("pay/closed.html", None, status=404, why="unknown", go_to="")
    if session["status"] == "expired":
        return _page("pay/closed.html", session, status=410, why="expired", go_to=session["cancel_url"] or "")
    why = {"paid": "paid", "no_payment_required": "kept"}.get(session["payment_status"], "underway")
    return _page("pay/closed.html", session, why=why, go_to=_success_url(session))


def _page(template: str, session: Document | None, *, status: int = 200, **context: object) -> Response:
    said = words(session["locale"] if session else None)

    def money(amount_minor: int, currency: str) -> str:
        return price(amount_minor, currency, said)

    response = make_response(
        render_template(template, said=said, language=said["language"], session=session, money=money, **context), status
    )
    response.headers["Content-Security-Policy"] = _policy(session)
    response.headers["Content-Language"] = said["language"]
    return response


def _policy(session: Document | None) -> str:
    """No script at all. A form may end at the shop: browsers hold a redirect after a POST to form-action too."""
    shop = ""
    if session:
        address = urlsplit(session["success_url"])
        shop = f" {address.scheme}://{address.netloc}"
    return (
        "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'; frame-ancestors 'none'; "
        f"form-action 'self'{shop}"
    )

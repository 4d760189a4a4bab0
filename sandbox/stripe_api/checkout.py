"""A Checkout Session's life: paid on its page, paid later, expired. Every way of paying goes through here."""

from sandbox.stripe_api import documents, events, intents, paypal, setups
from sandbox.stripe_api.cards import Card
from sandbox.stripe_api.desk import Desk
from sandbox.stripe_api.documents import Document
from sandbox.stripe_api.refusals import Refusal

_AUTHENTICATION_FAILED = {
    "code": "payment_intent_authentication_failure",
    "message": "The provided payment method has failed authentication. Provide another one to try again.",
}


#: of an intent: its payer has done their part
DONE = frozenset({"succeeded", "processing", "requires_capture"})


def current(desk: Desk, session_id: str) -> Document:
    """The session as of now: an open one whose time is over expires on being looked at. Raises Refusal."""
    session = documents.get(desk.sql, "checkout.session", session_id)
    if session["status"] == "open" and session["expires_at"] <= desk.at:
        return expire(desk, session)
    return session


def of_intent(desk: Desk, intent_id: str) -> Document | None:
    """The session that made a PaymentIntent, if one did."""
    return next(iter(documents.of_intent(desk.sql, "checkout.session", intent_id)), None)


def expire_overdue(desk: Desk) -> int:
    """Expire every open session whose time is over; how many."""
    rows = desk.sql.execute(
        "SELECT id FROM objects WHERE kind = 'checkout.session' AND json_extract(body, '$.status') = 'open'"
        " AND json_extract(body, '$.expires_at') <= ?",
        (desk.at,),
    ).fetchall()
    for row in rows:
        current(desk, row["id"])
    return len(rows)


def expire(desk: Desk, session: Document) -> Document:
    """Close an open session; an attempt that is not finished is cancelled with it."""
    session |= {"status": "expired", "url": None}
    documents.save(desk.sql, session)
    intent = documents.find(desk.sql, "payment_intent", session["payment_intent"] or "")
    if intent and intent["status"] in intents.PAYABLE:
        intents.cancel(desk, intent, "automatic")
    events.tell(desk, "checkout.session.expired", session)
    return session


def pay(
    desk: Desk,
    session: Document,
    card: Card,
    *,
    email: str | None = None,
    name: str | None = None,
    expires: tuple[int, int] | None = None,
) -> Document:
    """Try a card for a session, or keep it; the intent that came of it. The session completes if the bank agrees."""
    intent = _intent(desk, session)
    _note_payer(session, email, name)
    intent |= {"_email": (session["customer_details"] or {}).get("email"), "_name": name}
    attempt = setups.try_card if is_setup(session) else intents.charge_card
    attempt(desk, intent, card, expires)
    return _followed(desk, session, intent)


def is_setup(session: Document) -> bool:
    """Whether a way to pay is kept on the page, and nothing paid."""
    return bool(session["mode"] == "setup")


def intent_of(desk: Desk, session: Document) -> Document | None:
    """The session's PaymentIntent or SetupIntent, if it has one."""
    if is_setup(session):
        return documents.find(desk.sql, setups.KIND, session["setup_intent"])
    return documents.find(desk.sql, "payment_intent", session["payment_intent"] or "")


def ask_paypal(desk: Desk, session: Document, payer: paypal.Payer | None = None) -> Document:
    """Begin a payment by PayPal; the intent that waits for `answer`. Without a payer it is the session's."""
    intent = _intent(desk, session)
    customer = documents.find(desk.sql, "customer", session["customer"] or "")
    email = (session["customer_details"] or customer or {}).get("email") or paypal.SOMEBODY
    payer = payer or paypal.Payer(email)
    intent |= {"_email": email, "_name": payer.name}
    ask = setups.ask_paypal if is_setup(session) else intents.ask_paypal
    ask(desk, intent, payer)
    return _followed(desk, session, intent)


def asks(intent: Document | None) -> str:
    """Who wants the payer's answer on a page of their own: `card` (the bank), `paypal`, or nobody."""
    if intent is None or intent["status"] != "requires_action":
        return ""
    kind: str = intent["_details"]["type"]
    return kind


def answer(desk: Desk, session: Document, *, is_approved: bool) -> Document:
    """The payer's answer on their bank's or PayPal's page. Raises Refusal when nobody asks."""
    intent = intent_of(desk, session)
    asking = asks(intent)
    if intent is None or not asking:
        raise Refusal("Nobody asks the payer about this payment.", code="payment_intent_unexpected_state")
    if not is_approved:
        refuse = setups.decline_it if is_setup(session) else intents.decline_it
        refuse(desk, intent, paypal.DECLINED if asking == "paypal" else _AUTHENTICATION_FAILED)
        return _followed(desk, session, intent)
    if asking == "paypal":
        payer = intent["_details"]["paypal"]
        _note_payer(session, payer["payer_email"], payer["payer_name"])
    agree = setups.succeed if is_setup(session) else intents.pay
    agree(desk, intent)
    return _followed(desk, session, intent)


def settle(desk: Desk, intent: Document, *, is_paid: bool) -> Document:
    """Money that was on its way arrives, or does not. Raises Refusal when none is on its way."""
    if intent["status"] != "processing":
        raise Refusal(
            f"This PaymentIntent's status is {intent['status']}: nothing is on its way.",
            code="payment_intent_unexpected_state",
        )
    session = of_intent(desk, intent["id"])
    if is_paid:
        intents.succeed(desk, intent)
    else:
        intents.decline_it(
            desk, intent, {"code": "payment_intent_payment_attempt_failed", "message": "The payment failed."}
        )
    if session is None:
        return intent
    if is_paid:
        _take_over_sums(session, intent)
    documents.save(desk.sql, session)
    events.tell(desk, f"checkout.session.async_payment_{'succeeded' if is_paid else 'failed'}", session)
    return intent


def _followed(desk: Desk, session: Document, intent: Document) -> Document:
    """Bring the session after its intent."""
    if intent["status"] in DONE:
        session |= {"status": "complete", "url": None}
        if intent["status"] == "succeeded" and not is_setup(session):
            _take_over_sums(session, intent)
    documents.save(desk.sql, session)
    if session["status"] == "complete":
        events.tell(desk, "checkout.session.completed", session)
    return intent


def _take_over_sums(session: Document, intent: Document) -> None:
    session |= {"payment_status": "paid", "amount_total": intent["amount_received"], "currency": intent["currency"]}


def _intent(desk: Desk, session: Document) -> Document:
    """The session's SetupIntent, or its PaymentIntent, made at the first attempt as Stripe does."""
    if is_setup(session):
        return documents.get(desk.sql, setups.KIND, session["setup_intent"])
    if session["payment_intent"]:
        return documents.get(desk.sql, "payment_intent", session["payment_intent"])
    data = session["_intent_data"]
    intent = intents.add(
        desk,
        intents.NewIntent(
            amount=session["amount_total"],
            currency=session["currency"],
            customer=session["customer"],
            description=data.get("description"),
            metadata=documents.merged_metadata({}, data.get("metadata")),
            receipt_email=data.get("receipt_email"),
            session_id=session["id"],
            setup_future_usage=data.get("setup_future_usage"),
            capture_method=data.get("capture_method", "automatic_async"),
            method_types=tuple(session["payment_method_types"]),
            options=session["_options"],
        ),
    )
    session["payment_intent"] = intent["id"]
    return intent


def payer(*, email: str | None = None, name: str | None = None) -> Document:
    """A session's `customer_details`."""
    return {"address": None, "email": email, "name": name, "phone": None, "tax_exempt": "none", "tax_ids": None}


def _note_payer(session: Document, email: str | None, name: str | None) -> None:
    details = session["customer_details"] or payer()
    session["customer_details"] = {**details, "email": details["email"] or email, "name": name or details["name"]}

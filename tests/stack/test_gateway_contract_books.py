"""What a gateway promises of its own books: events again, every movement of the balance, payouts, and pages found by what they are for."""

import uuid
from datetime import UTC, datetime, timedelta

from billing.gateways.books import MoveFact, MoveFactKind, PayoutFact, PayoutFactState
from billing.gateways.protocol import Gateway
from lib.money import Money
from tests.sandbox_process import Sandbox
from tests.stack.running import Portal
from tests.stack.test_gateway_contract import asked, paid

EUR = "EUR"


def since() -> datetime:
    return datetime.now(UTC) - timedelta(hours=1)


def until() -> datetime:
    return datetime.now(UTC) + timedelta(minutes=1)


def moves(gateway: Gateway) -> list[MoveFact]:
    return [move for page in gateway.balance_moves(since=since(), until=until()) for move in page]


def about(gateway: Gateway, object_id: str) -> list[MoveFact]:
    """Oldest first."""
    return [move for move in moves(gateway) if object_id in {move.object_id, move.intent_id}][::-1]


def intent_of(gateway: Gateway, sandbox: Sandbox) -> str:
    intent_id = gateway.page_fact(paid(gateway, sandbox).session_id).intent_id
    assert intent_id
    return intent_id


def test_a_page_is_found_by_its_payment_open_or_not(gateway: Gateway) -> None:
    request = asked()
    assert request.payment_id
    page = gateway.open_page(request)
    assert gateway.find_page(request.payment_id, since=since()) == page
    gateway.close_page(page.session_id)
    found = gateway.find_page(request.payment_id, since=since())
    assert found
    assert (found.session_id, found.url) == (page.session_id, "")
    assert gateway.find_page(uuid.uuid4(), since=since()) is None


def test_the_balance_is_the_sum_of_its_movements_less_what_the_gateway_kept(played: Gateway, sandbox: Sandbox) -> None:
    before = played.balance().get(EUR, 0)
    intent_id = intent_of(played, sandbox)
    (move,) = about(played, intent_id)
    assert (move.kind, move.amount, move.their_kind) == (MoveFactKind.PAYMENT, Money(1500, EUR), "charge")
    assert move.fee.minor > 0
    assert move.payment_id
    assert played.balance()[EUR] - before == 1500 - move.fee.minor


def test_refunds_and_disputes_name_themselves_and_their_payment(played: Gateway, sandbox: Sandbox) -> None:
    intent_id = intent_of(played, sandbox)
    refund_id = uuid.uuid4()
    back = played.give_back(
        intent_id=intent_id, amount=Money(500, EUR), refund_id=refund_id, idempotency_key=f"contract:{refund_id}"
    )
    sandbox.settle(back.gateway_id, "fail")
    case = sandbox.dispute(intent_id, amount=700)["dispute"]
    sandbox.end_dispute(case, "won")
    refund, failed, dispute, won = about(played, intent_id)[1:]
    assert [(row.kind, row.amount.minor, row.object_id) for row in (refund, failed, dispute, won)] == [
        (MoveFactKind.REFUND, -500, back.gateway_id),
        (MoveFactKind.REFUND_FAILED, 500, back.gateway_id),
        (MoveFactKind.DISPUTE, -700, case),
        (MoveFactKind.DISPUTE_WON, 700, case),
    ]
    assert refund.refund_id == refund_id
    assert dispute.fee.minor > 0


def test_a_payout_takes_the_balance_to_our_bank_and_a_failed_one_brings_it_back(
    played: Gateway, sandbox: Sandbox
) -> None:
    intent_of(played, sandbox)
    amount = played.balance()[EUR]
    payout_id = sandbox.payout()["payout"]
    assert played.balance().get(EUR, 0) == 0
    assert payouts(played)[0] == PayoutFact(gateway_id=payout_id, state=PayoutFactState.PAID, amount=Money(amount, EUR))
    sandbox.fail_payout(payout_id)
    assert payouts(played)[0].state == PayoutFactState.FAILED
    assert [(move.kind, move.amount.minor) for move in about(played, payout_id)] == [
        (MoveFactKind.PAYOUT, -amount),
        (MoveFactKind.PAYOUT_FAILED, amount),
    ]


def payouts(gateway: Gateway) -> list[PayoutFact]:
    return [payout for page in gateway.payouts(since=since(), until=until()) for payout in page]


def test_a_movement_nobody_knows_is_other_and_a_fee_is_a_fee(played: Gateway, sandbox: Sandbox) -> None:
    strange, fee = (
        sandbox.book(amount, type=kind)["id"] for amount, kind in ((-300, "reserved_funds"), (-25, "stripe_fee"))
    )
    found = {move.gateway_id: move for move in moves(played)}
    assert (found[strange].kind, found[strange].their_kind) == (MoveFactKind.OTHER, "reserved_funds")
    assert (found[fee].kind, found[fee].amount.minor, found[fee].object_id) == (MoveFactKind.FEE, -25, "")


def test_more_movements_than_fit_a_page_come_once_each(played: Gateway, sandbox: Sandbox) -> None:
    made = {sandbox.book(1, type="adjustment")["id"] for _number in range(101)}
    pages = list(played.balance_moves(since=since(), until=until()))
    ids = [move.gateway_id for page in pages for move in page]
    assert made <= set(ids)
    assert len(ids) == len(set(ids))
    assert max(len(page) for page in pages) == 100


def test_events_tell_what_notices_tell(played: Gateway, processes: Portal, sandbox: Sandbox) -> None:
    request = asked()
    page = played.open_page(request)
    sandbox.pay(page.session_id)
    found = [notice for page in played.events(since=since(), until=until()) for notice in page]
    ours = [notice for notice in found if notice.payment_id == request.payment_id]
    assert {notice.kind for notice in ours} >= {"checkout.session.completed", "payment_intent.succeeded"}
    assert all(notice.event_id.startswith("evt_") for notice in ours)
    assert list(played.events(since=until(), until=until() + timedelta(hours=1))) == [[]]

"""What Python words, the database enforces: each of these is tried in SQL."""

import itertools
import uuid
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from billing.models import ORDER_MOVES, PAYMENT_MOVES, REFUND_MOVES, OrderState, PaymentState, RefundState
from tests.billing.giving_back import ask
from tests.billing.ordering import NOW, load_reference_data, order_plan, pay, payment_for
from tests.billing.printing import make, printed
from tests.cast import anna

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def reference_data(db: None) -> None:
    load_reference_data()


def refuses(sql: str, values: list[Any]) -> None:
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, values)


def force(table: str, row_id: Any, state: str) -> None:
    """Put a row into a state without asking the trigger, to try what may follow."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(f"UPDATE {table} SET state = %s WHERE id = %s", [state, row_id])
        cursor.execute("SET LOCAL session_replication_role = origin")


def allowed_pairs(table: str, row_id: Any, states: list[str]) -> set[tuple[str, str]]:
    allowed = set()
    for before, after in itertools.permutations(states, 2):
        force(table, row_id, before)
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(f"UPDATE {table} SET state = %s WHERE id = %s", [after, row_id])
            allowed.add((before, after))
        except DatabaseError:
            continue
    return allowed


def table_of(moves: dict[str, frozenset[str]]) -> set[tuple[str, str]]:
    return {(str(before), str(after)) for before, following in moves.items() for after in following}


def test_an_order_moves_by_its_table_and_in_no_other_way() -> None:
    order = order_plan(anna())
    assert allowed_pairs("billing_order", order.pk, OrderState.values) == table_of(dict(ORDER_MOVES))


def test_a_payment_moves_by_its_table_and_in_no_other_way() -> None:
    payment = payment_for(order_plan(anna()))
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE billing_payment SET received_minor = 1500, received_currency = 'EUR', intent_id = 'pi' WHERE id = %s",
            [payment.pk],
        )
    assert allowed_pairs("billing_payment", payment.pk, PaymentState.values) == table_of(dict(PAYMENT_MOVES))


def test_a_refund_moves_by_its_table_and_in_no_other_way() -> None:
    payment = pay(order_plan(anna()))
    refund = payment.refunds.create(amount_minor=100, currency="EUR", idempotency_key="r")
    assert allowed_pairs("billing_refund", refund.pk, RefundState.values) == table_of(dict(REFUND_MOVES))


@pytest.mark.parametrize("state", [state for state in OrderState.values if state != "pending"])
def test_an_order_begins_pending(state: str) -> None:
    order = order_plan(anna())
    order.pk, order.reference, order.form_token, order.state = uuid.uuid4(), "R-OTHER", uuid.uuid4(), state
    with pytest.raises(DatabaseError), transaction.atomic():
        order.save(force_insert=True)


@pytest.mark.parametrize("column", ["price_minor", "vat_minor", "grants", "plan_id", "line_id", "currency", "consents"])
def test_what_an_order_froze_stays_frozen(column: str) -> None:
    order = order_plan(anna())
    changed = {"grants": "'[]'", "consents": "'{}'", "currency": "'USD'", "plan_id": "NULL", "line_id": "uuidv7()"}
    refuses(f"UPDATE billing_order SET {column} = {changed.get(column, '1')} WHERE id = %s", [order.pk])


@pytest.mark.parametrize("table", ["billing_order", "billing_orderevent", "billing_payment"])
def test_orders_their_events_and_payments_are_never_deleted(table: str) -> None:
    pay(order_plan(anna()))
    refuses(f"DELETE FROM {table}", [])


def test_the_history_of_an_order_cannot_be_rewritten() -> None:
    order = order_plan(anna())
    refuses("UPDATE billing_orderevent SET kind = 'applied' WHERE order_id = %s", [order.pk])


def test_an_order_has_one_live_payment() -> None:
    order = order_plan(anna())
    payment_for(order)
    with pytest.raises(DatabaseError), transaction.atomic():
        payment_for(order)


def test_no_more_is_given_back_than_was_received() -> None:
    payment = pay(order_plan(anna()))
    payment.refunds.create(amount_minor=1000, currency="EUR", idempotency_key="first")
    with pytest.raises(DatabaseError), transaction.atomic():
        payment.refunds.create(amount_minor=501, currency="EUR", idempotency_key="second")
    assert payment.refunds.count() == 1


def test_a_refund_that_needs_a_second_person_is_not_granted_by_the_first() -> None:
    request = ask(pay(order_plan(anna())).order, now=NOW, may_grant=False)
    grant = (
        "UPDATE billing_refundrequest SET state = 'granted', net_minor = amount_minor, decided_by = %s WHERE id = %s"
    )
    refuses(grant, ["", request.pk])
    refuses(grant, [request.asked_by, request.pk])
    refuses("UPDATE billing_refundrequest SET needs_second = false WHERE id = %s", [request.pk])
    refuses("UPDATE billing_refundrequest SET asked_by = 'staff:9' WHERE id = %s", [request.pk])
    with connection.cursor() as cursor:
        cursor.execute(grant, ["staff:2", request.pk])
        assert cursor.rowcount == 1


def test_whoever_took_the_codes_of_a_batch_does_not_activate_it() -> None:
    batch = make()
    printed(batch)
    refuses(
        "UPDATE billing_voucherbatch SET activated_by = handed_out_to, activated_at = now() WHERE id = %s", [batch.pk]
    )


def test_a_payment_cannot_have_succeeded_without_money() -> None:
    payment = payment_for(order_plan(anna()))
    refuses("UPDATE billing_payment SET state = 'succeeded' WHERE id = %s", [payment.pk])


def test_a_review_item_closes_only_with_an_outcome() -> None:
    order = order_plan(anna())
    pay(order, 1200)
    refuses("UPDATE billing_reviewitem SET closed_at = now() WHERE order_id = %s", [order.pk])


def test_net_and_vat_are_the_price() -> None:
    order = order_plan(anna())
    order.pk, order.reference, order.form_token = uuid.uuid4(), "R-OTHER", uuid.uuid4()
    order.vat_minor += 1
    with pytest.raises(DatabaseError), transaction.atomic():
        order.save(force_insert=True)

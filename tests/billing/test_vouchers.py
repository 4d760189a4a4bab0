"""Redeeming a voucher: what it gives, what is booked, that nobody learns of codes by asking, and that it happens once."""

import statistics
import time
import unicodedata
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import Line, LineState, Subscriber
from billing import ledger, orders
from billing.by_voucher import voucher_batches, voucher_codes, vouchers
from billing.by_voucher.voucher_batches import Printed
from billing.by_voucher.voucher_codes import ASerial, Mistyped, NotWhole
from billing.by_voucher.vouchers import NeedsPlan, Redemption, VoucherRefused
from billing.models import (
    AccountKind,
    LedgerEntry,
    Method,
    Order,
    OrderState,
    Start,
    Voucher,
    VoucherBatch,
    VoucherNature,
    VoucherState,
)
from billing.models.voucher import ALPHABET
from billing.vat import NoVatRate
from lib.failpoints import failpoint
from lib.guessing import TooManyTries
from lib.models import Alarm
from lib.money import Money
from notifications.models import Message
from plans.models import Allowance, Plan, PlanPeriod
from tests.billing.ordering import NOW, load_reference_data
from tests.billing.printing import FINA, active, make, moves, one, printed, row
from tests.billing.test_ledger import run_together
from tests.cast import anna, person
from tests.counting import statements
from tests.stack.invariants import broken

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def reference_data(db: None) -> None:
    load_reference_data()


@pytest.fixture
def buyer(db: None) -> Subscriber:
    return anna()


def find(code: str, buyer: Subscriber, *, now: Any = NOW, address: str = "192.0.2.1") -> Voucher:
    return vouchers.look_up(code, line=buyer.lines[0], buyer=buyer, address=address, now=now)


def redeem(of: Printed, buyer: Subscriber, *, now: Any = NOW, **fields: Any) -> Order:
    wish: dict[str, Any] = {
        "voucher_id": row(of).pk,
        "line": buyer.lines[0],
        "buyer": buyer,
        "form_token": uuid.uuid4(),
        "consents": {"start_at_once": True, "text_version": "test", "at": now.isoformat()},
    }
    return vouchers.redeem(Redemption(**wish | fields), now=now)


def nothing_happened(of: Printed) -> bool:
    """Nothing was spent, ordered, given or told."""
    untouched = row(of).state == VoucherState.ACTIVE and row(of).order is None
    return untouched and not (Order.objects.exists() or PlanPeriod.objects.exists() or Message.objects.exists())


# What it gives, and what is booked


def test_a_sold_voucher_worth_money_becomes_paid_credit(buyer: Subscriber) -> None:
    voucher = one()
    order = redeem(voucher, buyer)
    assert (order.state, order.method, order.what) == (OrderState.APPLIED, Method.VOUCHER, "top_up")
    assert (order.price_minor, order.vat_minor, order.consents) == (1000, 0, {})
    assert moves(order) == [("voucher_redeemed", "vouchers", "held", 1000), ("top_up", "held", "credit_paid", 1000)]
    assert ledger.credit_of(buyer.lines[0]) == (Money(1000, "EUR"), Money(0, "EUR"))
    spent = row(voucher)
    assert (spent.state, spent.order, spent.redeemed_at) == (VoucherState.REDEEMED, order, NOW)
    assert not order.payments.exists()
    events = list(order.events.order_by("id").values_list("kind", "actor"))
    told = [("placed", f"subscriber:{buyer.pk}"), ("voucher_redeemed", f"subscriber:{buyer.pk}"), ("applied", "system")]
    assert events == told
    assert sorted(Message.objects.values_list("kind", "channel")) == [("topped_up", "email"), ("topped_up", "sms")]
    assert broken() == {}


@pytest.mark.parametrize(
    ("nature", "pot"), [(VoucherNature.PROMOTION, "promotions"), (VoucherNature.GOODWILL, "goodwill")]
)
def test_a_voucher_that_was_given_away_becomes_bonus_credit(buyer: Subscriber, nature: VoucherNature, pot: str) -> None:
    order = redeem(one(nature=nature), buyer)
    assert moves(order) == [("voucher_redeemed", pot, "held", 1000), ("bonus", "held", "credit_bonus", 1000)]
    assert ledger.credit_of(buyer.lines[0]) == (Money(0, "EUR"), Money(1000, "EUR"))
    assert broken() == {}


@pytest.mark.parametrize(
    ("nature", "pot"),
    [(VoucherNature.SOLD, "vouchers"), (VoucherNature.PROMOTION, "promotions"), (VoucherNature.GOODWILL, "goodwill")],
)
def test_a_plan_voucher_is_a_sale_with_vat_whatever_it_was(buyer: Subscriber, nature: VoucherNature, pot: str) -> None:
    order = redeem(one(plan="month-15", nature=nature), buyer)
    assert moves(order) == [
        ("voucher_redeemed", pot, "held", 1500),
        ("sale", "held", "sales", 1261),
        ("vat", "held", "vat", 239),
    ]
    assert (order.what, order.vat_minor, str(order.vat_percent)) == ("plan", 239, "19.00")
    assert order.consents["start_at_once"]
    assert order.summary
    period = PlanPeriod.objects.get()
    assert (period.origin, period.starts_at) == (order.subject, NOW)
    assert Allowance.objects.get(unit="data").granted == 15_000_000_000
    assert ledger.credit_of(buyer.lines[0])[0].minor == 0
    assert broken() == {}


def test_a_plan_voucher_keeps_its_worth_when_the_plan_has_become_dearer_or_is_no_longer_sold(buyer: Subscriber) -> None:
    voucher = one(plan="month-15")
    Plan.objects.filter(code="month-15").update(price_minor=9900, on_sale_until=NOW)
    order = redeem(voucher, buyer, now=NOW + timedelta(days=2))
    assert (order.state, order.price_minor) == (OrderState.APPLIED, 1500)


def test_the_vat_is_that_of_the_line_s_country_on_the_day_it_is_redeemed(buyer: Subscriber) -> None:
    voucher = one(plan="month-15")
    Line.objects.update(country="AT")
    assert str(redeem(voucher, buyer).vat_percent) == "20.00"


def test_a_second_plan_voucher_is_queued_and_one_that_starts_now_cuts(buyer: Subscriber) -> None:
    first, second, third = active(plan="month-15")
    redeem(first, buyer)
    redeem(second, buyer)
    running, queued = PlanPeriod.objects.order_by("starts_at")
    assert queued.starts_at == running.ends_at
    later = NOW + timedelta(days=3)
    redeem(third, buyer, start=Start.NOW, now=later)
    running.refresh_from_db()
    assert running.ends_at == later
    assert broken() == {}


def test_an_add_on_goes_beside_the_running_plan_and_without_one_nothing_is_spent(buyer: Subscriber) -> None:
    add_on, plan = one(plan="more-5"), one(plan="month-15")
    with pytest.raises(NeedsPlan):
        redeem(add_on, buyer)
    assert nothing_happened(add_on)
    redeem(plan, buyer)
    assert redeem(add_on, buyer).state == OrderState.APPLIED


def test_a_line_that_nothing_can_be_bought_for_spends_nothing(buyer: Subscriber) -> None:
    voucher = one()
    buyer.lines.get().move_to(LineState.BLOCKED, reason="stolen")
    with pytest.raises(orders.LineNotPayable):
        redeem(voucher, buyer)
    assert nothing_happened(voucher)


def test_a_country_without_a_vat_rate_spends_nothing(buyer: Subscriber) -> None:
    voucher = one(plan="month-15")
    Line.objects.update(country="XX")
    with pytest.raises(NoVatRate):
        redeem(voucher, buyer)
    assert nothing_happened(voucher)


def test_a_voucher_wakes_a_suspended_line(buyer: Subscriber) -> None:
    line = buyer.lines.get()
    line.move_to(LineState.SUSPENDED, reason="long unused")
    redeem(one(), buyer)
    line.refresh_from_db()
    assert line.state == LineState.ACTIVE


# Once


def test_the_database_lets_a_redeemed_voucher_pay_for_no_second_order(buyer: Subscriber) -> None:
    first, second = active(count=2)
    redeem(first, buyer)
    other = redeem(second, buyer)
    for change in ({"order": None}, {"order": other}, {"state": "active"}):
        with pytest.raises(DatabaseError), transaction.atomic():
            Voucher.objects.filter(serial=first.serial).update(**change)


def test_reuse_a_replayed_form_is_the_same_order_and_another_form_is_refused(buyer: Subscriber) -> None:
    voucher, token = one(), uuid.uuid4()
    first = redeem(voucher, buyer, form_token=token)
    assert redeem(voucher, buyer, form_token=token).pk == first.pk
    for again in (buyer, person("Bert", "+4917604069018")):
        with pytest.raises(VoucherRefused):
            redeem(voucher, again)
    assert Order.objects.count() == 1
    assert LedgerEntry.objects.filter(kind="voucher_redeemed").count() == 1
    assert ledger.credit_of(buyer.lines[0])[0].minor == 1000


@pytest.mark.django_db(transaction=True)
def test_two_at_once_of_fifty_threads_one_redeems() -> None:
    load_reference_data()
    people = [person(f"P{number}", f"+491760406{number:04}") for number in range(10)]
    voucher = one()
    outcome: list[str] = []

    def spend(number: int) -> None:
        try:
            outcome.append(str(redeem(voucher, people[number % 10]).pk))
        except VoucherRefused:
            outcome.append("refused")

    run_together(50, spend)
    assert outcome.count("refused") == 49
    order = Order.objects.get()
    assert str(order.pk) in outcome
    assert row(voucher).order == order
    assert sum(ledger.credit_of(each.lines[0])[0].minor for each in people) == 1000
    assert broken() == {}


@pytest.mark.django_db(transaction=True)
def test_one_form_sent_ten_times_at_once_is_one_order() -> None:
    load_reference_data()
    buyer, token, voucher = anna(), uuid.uuid4(), one()
    found: list[uuid.UUID] = []
    run_together(10, lambda _number: found.append(redeem(voucher, buyer, form_token=token).pk))
    assert len(found) == 10
    assert len(set(found)) == Order.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_blocking_and_redeeming_at_once_never_do_both() -> None:
    load_reference_data()
    buyer, rows = anna(), active(count=8)
    batch = VoucherBatch.objects.get()
    outcome: list[str] = []

    def work(number: int) -> None:
        if number == 8:
            voucher_batches.block(batch.pk, reason="lost", by=FINA, now=NOW)
            return
        try:
            redeem(rows[number], buyer)
            outcome.append("redeemed")
        except VoucherRefused:
            outcome.append("refused")

    run_together(9, work)
    redeemed = Voucher.objects.filter(state=VoucherState.REDEEMED).count()
    assert outcome.count("redeemed") == redeemed
    assert Voucher.objects.filter(state=VoucherState.BLOCKED).count() == 8 - redeemed
    assert ledger.credit_of(buyer.lines[0])[0].minor == 1000 * redeemed
    lapsed = LedgerEntry.objects.filter(kind="voucher_lapsed").count()
    assert lapsed == 8 - redeemed
    assert broken() == {}


@pytest.mark.parametrize("name", ["redeem.booked", "apply.earned"])
def test_a_crash_on_the_way_leaves_the_voucher_as_it_was(buyer: Subscriber, name: str, monkeypatch) -> None:
    voucher = one()

    def crash(here: str) -> None:
        if here == name:
            raise RuntimeError(here)
        failpoint(here)

    with monkeypatch.context() as patch:
        patch.setattr("billing.by_voucher.vouchers.failpoint", crash)
        patch.setattr("billing.application.failpoint", crash)
        with pytest.raises(RuntimeError, match=name):
            redeem(voucher, buyer)
    assert nothing_happened(voucher)
    assert redeem(voucher, buyer).state == OrderState.APPLIED


# Nobody learns of a code by asking


def unusable(kind: str, buyer: Subscriber) -> str:
    """A code that is whole and cannot be redeemed, for the reason of that name."""
    if kind == "unknown":
        return voucher_codes.new_code()
    if kind == "not active":
        return printed(make())[0].code
    if kind == "foreign currency":
        return one(currency="GBP").code
    voucher = one()
    batch = row(voucher).batch
    if kind == "used":
        redeem(voucher, buyer)
    elif kind == "blocked":
        voucher_batches.block(batch.pk, reason="lost", by=FINA, now=NOW)
    elif kind == "expired":
        voucher_batches.sweep(now=batch.expires_at)
    return voucher.code


UNUSABLE = ("unknown", "used", "blocked", "expired", "not active", "foreign currency")


@pytest.mark.parametrize("kind", UNUSABLE)
def test_what_cannot_be_redeemed_is_refused_in_one_way_with_one_question_to_the_database(
    buyer: Subscriber, kind: str
) -> None:
    code = unusable(kind, buyer)
    line, count = buyer.lines[0], Order.objects.count()
    with CaptureQueriesContext(connection) as queries, pytest.raises(VoucherRefused) as caught:
        vouchers.look_up(code, line=line, buyer=buyer, address="192.0.2.1", now=NOW)
    assert caught.value.args == ()
    assert len(statements(queries)) == 1
    assert Order.objects.count() == count


@pytest.mark.parametrize("kind", UNUSABLE[1:])
def test_nor_can_it_be_redeemed_by_somebody_who_was_shown_it_before(buyer: Subscriber, kind: str) -> None:
    code = unusable(kind, buyer)
    found = Voucher.objects.get(code_hash=voucher_codes.hashed(code))
    wish = Redemption(voucher_id=found.pk, line=buyer.lines[0], buyer=buyer, form_token=uuid.uuid4())
    before = (Order.objects.count(), LedgerEntry.objects.count())
    with pytest.raises(VoucherRefused):
        vouchers.redeem(wish, now=NOW)
    with pytest.raises(VoucherRefused):
        vouchers.shown(found.pk, line=buyer.lines[0], now=NOW)
    assert (Order.objects.count(), LedgerEntry.objects.count()) == before


def test_a_voucher_ends_with_its_last_day_even_before_the_sweep(buyer: Subscriber) -> None:
    voucher = one()
    end = row(voucher).batch.expires_at
    assert find(voucher.code, buyer, now=end - timedelta(seconds=1)).serial == voucher.serial
    with pytest.raises(VoucherRefused):
        redeem(voucher, buyer, now=end)


def test_a_used_and_an_unknown_code_take_the_same_time(buyer: Subscriber, settings) -> None:
    settings.VOUCHER_TRIES_PER_ACCOUNT_HOUR = settings.VOUCHER_TRIES_PER_ADDRESS_HOUR = 10_000
    settings.VOUCHER_TRIES_PER_HOUR = 10_000
    used = unusable("used", buyer)
    took: dict[bool, list[float]] = {True: [], False: []}
    for number in range(400):
        is_used = number % 2 == 0
        code = used if is_used else voucher_codes.new_code()
        begun = time.perf_counter()
        with pytest.raises(VoucherRefused):
            find(code, buyer)
        took[is_used].append(time.perf_counter() - begun)
    assert abs(statistics.median(took[True]) - statistics.median(took[False])) < 0.005


# Guessing


def looked_up(queries: CaptureQueriesContext) -> int:
    return sum("billing_voucher" in query["sql"] for query in queries.captured_queries)


def guess(times: int, ask: Callable[[int], object]) -> dict[str, int]:
    outcome = {"wrong": 0, "too often": 0}
    for number in range(times):
        try:
            ask(number)
        except VoucherRefused:
            outcome["wrong"] += 1
        except TooManyTries:
            outcome["too often"] += 1
    return outcome


def test_guessed_ten_thousand_times_by_one_account_ten_are_looked_up(buyer: Subscriber, settings) -> None:
    line = buyer.lines[0]

    def ask(number: int) -> None:
        address = f"2001:db8::{number:x}"
        vouchers.look_up(voucher_codes.new_code(), line=line, buyer=buyer, address=address, now=NOW)

    with CaptureQueriesContext(connection) as queries:
        outcome = guess(10_000, ask)
    assert outcome == {"wrong": 10, "too often": 9990}
    assert looked_up(queries) == settings.VOUCHER_TRIES_PER_ACCOUNT_HOUR == 10
    assert not Alarm.objects.exists()


def test_guessing_from_one_address_with_many_accounts_meets_the_address_s_limit(settings) -> None:
    settings.VOUCHER_TRIES_PER_ADDRESS_HOUR = 6
    people = [person(f"P{number}", f"+491760406{number:04}") for number in range(4)]
    outcome = guess(12, lambda number: find(voucher_codes.new_code(), people[number % 4]))
    assert outcome == {"wrong": 6, "too often": 6}


def test_guessing_from_everywhere_meets_the_overall_limit_and_raises_one_alarm(buyer: Subscriber, settings) -> None:
    settings.VOUCHER_TRIES_PER_HOUR, settings.VOUCHER_TRIES_PER_ACCOUNT_HOUR = 5, 1000
    outcome = guess(20, lambda number: find(voucher_codes.new_code(), buyer, address=f"192.0.2.{number}"))
    assert outcome == {"wrong": 5, "too often": 15}
    assert [alarm.kind for alarm in Alarm.objects.all()] == ["voucher.guessing"]
    voucher = one()
    with pytest.raises(TooManyTries):
        find(voucher.code, buyer)
    cache.clear()  # an hour has passed
    assert find(voucher.code, buyer).serial == voucher.serial


def test_a_right_code_costs_no_try_and_wrong_ones_before_it_still_count(buyer: Subscriber, settings) -> None:
    settings.VOUCHER_TRIES_PER_ACCOUNT_HOUR = 3
    voucher = one()
    for _again in range(10):
        find(voucher.code, buyer)
    assert guess(2, lambda _number: find(voucher_codes.new_code(), buyer)) == {"wrong": 2, "too often": 0}
    find(voucher.code, buyer)
    assert guess(3, lambda _number: find(voucher_codes.new_code(), buyer)) == {"wrong": 1, "too often": 2}
    with pytest.raises(TooManyTries):
        find(voucher.code, buyer)


def test_one_account_that_is_over_its_limit_uses_up_nobody_else_s(buyer: Subscriber, settings) -> None:
    settings.VOUCHER_TRIES_PER_HOUR = 12
    guess(50, lambda _number: find(voucher_codes.new_code(), buyer))
    voucher = one()
    assert find(voucher.code, person("Bert", "+4917604069018")).serial == voucher.serial


def test_tries_at_once_are_counted_one_by_one(buyer: Subscriber) -> None:
    refused: list[int] = []

    def count(number: int) -> None:
        try:
            vouchers.GUESSES.count(subscriber_id=buyer.pk, address="192.0.2.1")
        except TooManyTries:
            refused.append(number)

    run_together(25, count)
    assert len(refused) == 15


# The code


def test_a_code_has_at_least_eighty_bits_and_no_signs_that_are_confused() -> None:
    assert len(ALPHABET) ** (voucher_codes.LENGTH - 1) >= 2**80
    assert not set(ALPHABET) & set("OQILZSGBUAE")
    seen = "".join(voucher_codes.new_code() for _number in range(400))
    assert set(seen) == set(ALPHABET)


def test_a_code_is_printed_in_groups_of_five() -> None:
    assert voucher_codes.printed("7KM4T0D1XC99HJW3FRPN") == "7KM4T-0D1XC-99HJW-3FRPN"


def spellings(code: str) -> list[str]:
    """What people may make of a printed code."""
    shown = voucher_codes.printed(code)
    wide = "".join(chr(ord(sign) + 0xFEE0) if sign.isalnum() else sign for sign in shown)
    arabic = "".join(chr(0x0660 + int(sign)) if sign.isdigit() else sign for sign in shown)
    confused = shown.translate(str.maketrans("0125V", "OIZSU"))
    return [
        shown,
        code.lower(),
        f"  {shown}\n",
        shown.replace("-", " "),
        shown.replace("-", "–"),
        shown.replace("-", "—").replace("1", "l"),
        "\N{RIGHT-TO-LEFT MARK}" + "\N{ZERO WIDTH SPACE}".join(code),
        wide,
        arabic,
        confused,
        confused.replace("O", "q").replace("8", "b").replace("6", "g").lower(),
        code.translate(str.maketrans("CHKMPTX0", "СНКМРТХО")),
        ".".join(code),
    ]


def test_case_width_digits_of_every_script_blanks_dashes_and_confusable_signs_are_one_code() -> None:
    for _number in range(30):
        code = voucher_codes.new_code()
        for typed in spellings(code):
            assert voucher_codes.read(typed) == code, typed


@given(st.text(max_size=300))
def test_whatever_is_typed_is_read_or_refused(typed: str) -> None:
    try:
        code = voucher_codes.read(typed)
    except (NotWhole, Mistyped, ASerial):
        return
    assert set(code) <= set(ALPHABET)
    assert unicodedata.is_normalized("NFKC", code)


@given(st.integers(0, 19), st.sampled_from(ALPHABET), st.integers(1, 3))
def test_one_wrong_sign_and_two_swapped_are_told_before_anything_is_looked_up(
    place: int, sign: str, distance: int
) -> None:
    code = voucher_codes.new_code()
    wrong = code[:place] + sign + code[place + 1 :]
    other = place - distance
    swapped = list(code)
    if other >= 0:
        swapped[place], swapped[other] = swapped[other], swapped[place]
    for typed in {wrong, "".join(swapped)} - {code}:
        with pytest.raises(Mistyped):
            voucher_codes.read(typed)


def test_the_serial_and_a_part_of_a_code_are_named_as_what_they_are() -> None:
    code = voucher_codes.new_code()
    with pytest.raises(ASerial):
        voucher_codes.read("7km4t 00042")
    with pytest.raises(NotWhole) as caught:
        voucher_codes.read(code[:17])
    assert caught.value.count == 17
    with pytest.raises(NotWhole):
        voucher_codes.read("9" * 5000)
    assert voucher_codes.as_serial(" 7km4t–00042 ") == "7KM4T-00042"
    assert voucher_codes.as_serial(code) == ""


def test_codes_of_a_former_key_still_open_and_those_of_another_installation_do_not(buyer: Subscriber, settings) -> None:
    voucher = one()
    former, settings.SECRET_KEY = settings.SECRET_KEY, "the key after a rotation, long enough" + "x" * 20
    with pytest.raises(VoucherRefused):
        find(voucher.code, buyer)
    settings.SECRET_KEY_FALLBACKS = [former]
    assert find(voucher.code, buyer).serial == voucher.serial
    settings.SECRET_KEY_FALLBACKS, settings.VOUCHER_OLD_KEYS = [], [former]
    assert find(voucher.code, buyer).serial == voucher.serial


# The pots


def test_the_pot_of_sold_vouchers_holds_what_active_ones_are_worth_whatever_happens(buyer: Subscriber) -> None:
    rows = active(count=6) + active(count=4, amount_minor=2500)
    small, large = VoucherBatch.objects.order_by("amount_minor")
    redeem(rows[0], buyer)
    voucher_batches.block(small.pk, reason="lost", serial=rows[1].serial, by=FINA, now=NOW)
    voucher_batches.block(large.pk, reason="lost", by=FINA, now=NOW)
    voucher_batches.unblock(large.pk, reason="found", serial=rows[7].serial, by=FINA, now=NOW)
    assert broken() == {}
    pots = ledger.pots(AccountKind.VOUCHERS, currency="EUR")
    entries = LedgerEntry.objects.all()
    held = sum(
        entry.amount_minor if entry.target_id == pots[AccountKind.VOUCHERS].pk else -entry.amount_minor
        for entry in entries
        if pots[AccountKind.VOUCHERS].pk in {entry.target_id, entry.source_id}
    )
    assert held == 4 * 1000 + 2500

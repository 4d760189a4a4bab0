"""Top-ups that outside sellers hand in: what they become, what is refused in which words, and that each counts once."""

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import DatabaseError, OperationalError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from redis.exceptions import ConnectionError as RedisIsAway

from accounts.models import IdentityCheck, Line, LineOwnership, LineState
from billing import ledger
from billing.models import CameBy, LedgerEntry, Method, Order, OrderState
from billing.models.vat import VatRate
from lib import clock
from network import wording
from network.models import ExternalTopUp
from network.top_ups import taking
from notifications.models import Message
from plans.models import Plan, PlanPeriod
from tests.billing.money import give_credit
from tests.billing.ordering import load_reference_data
from tests.billing.test_adjustments import owes
from tests.cast import line_of
from tests.counting import statements
from tests.network.selling import KEY, KEYS, OTHER_KEY, TOP_UPS, at, booked, credit_minor, faults, hand_in, said
from tests.network.writing import DAY, HOUR, NOW
from tests.stack.invariants import broken

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _kiosks(settings: Any, monkeypatch: pytest.MonkeyPatch, db: None) -> None:
    settings.TOP_UP_KEYS = KEYS
    monkeypatch.setattr(clock, "now", lambda: NOW)
    load_reference_data()


def order() -> Order:
    return Order.objects.get()


# What it becomes


def test_credit_from_a_kiosk_is_an_order_paid_and_applied(line: Line) -> None:
    answer = hand_in(said(till="2"))
    assert answer.status_code == 201
    assert answer.json() == {"reference": "K12-1", "order": order().reference, "state": "applied"}
    assert credit_minor(line) == 1000
    placed = order()
    owner = line.ownerships.get().subscriber
    assert (placed.state, placed.method, placed.came_by) == (OrderState.APPLIED, Method.EXTERNAL, CameBy.OUTSIDE)
    assert (placed.buyer, placed.paid_at, placed.placed_at, placed.applied_at) == (owner, NOW - HOUR, NOW, NOW)
    assert (placed.price_minor, placed.vat_minor) == (1000, 0)
    top_up = ExternalTopUp.objects.get()
    assert (top_up.source, top_up.order, top_up.place, top_up.till) == ("kiosks", placed, "Kiosk 12", "2")
    assert broken() == {}


def test_a_plan_from_a_kiosk_is_taxed_and_starts(line: Line) -> None:
    assert hand_in(said(plan="month-15", amount_minor=1500)).status_code == 201
    placed = order()
    assert (placed.plan and placed.plan.code, placed.net_minor, placed.vat_minor) == ("month-15", 1261, 239)
    period = PlanPeriod.objects.get()
    assert (period.line, period.starts_at, period.origin) == (line, NOW, placed.subject)
    assert credit_minor(line) == 0
    entries = LedgerEntry.objects.order_by("pk").values_list("source__kind", "target__kind", "amount_minor")
    assert list(entries) == [("outside", "held", 1500), ("held", "sales", 1261), ("held", "vat", 239)]
    assert broken() == {}


def test_an_add_on_goes_beside_a_running_plan_and_not_without(line: Line) -> None:
    code = Plan.objects.filter(kind="add_on", currency="EUR", needs_plan=True)[0]
    add_on = said("K12-2", plan=code.code, amount_minor=code.price_minor)
    assert faults(hand_in(add_on)) == [("plan", "needs_plan")]
    hand_in(said("K12-1", plan="month-15", amount_minor=1500))
    assert hand_in(add_on).status_code == 201
    assert broken() == {}


def test_the_line_and_its_owner_are_told_where_it_was_paid(line: Line) -> None:
    hand_in(said())
    told = {message.channel: message for message in Message.objects.all()}
    assert {message.kind for message in told.values()} == {"topped_up"}
    assert told["sms"].address == line.msisdn
    assert told["email"].address == "anna@example.com"
    assert {message.context["place"] for message in told.values()} == {"Kiosk 12"}


@pytest.mark.parametrize("state", [LineState.GRACE, LineState.SUSPENDED])
def test_a_sleeping_line_wakes(line: Line, state: LineState) -> None:
    line.move_to(LineState.ACTIVE, reason="used")
    line.move_to(state, reason="not used")
    assert hand_in(said()).status_code == 201
    line.refresh_from_db()
    assert (line.state, line.last_top_up_at) == (LineState.ACTIVE, NOW)


def test_a_starter_pack_that_nobody_owns_yet_is_topped_up_and_no_mail_goes_anywhere(line: Line) -> None:
    pack = line_of("+4917604069015")
    assert hand_in(said(number=pack.msisdn)).status_code == 201
    assert credit_minor(pack) == 1000
    assert (order().buyer, order().payer_email) == (None, "")
    assert list(Message.objects.values_list("channel", "address")) == [("sms", pack.msisdn)]
    later = line.ownerships.get().subscriber
    LineOwnership.objects.create(line=pack, subscriber=later, from_at=NOW + DAY)
    assert not Order.objects.visible_to(later).exists()
    assert broken() == {}


def test_what_the_line_owes_is_paid_first(line: Line) -> None:
    owes(line, 600)
    hand_in(said())
    assert credit_minor(line) == 400
    assert ledger.owed_by(line).minor == 0


# Each counts once


def test_the_same_again_gets_the_same_order_and_changes_nothing(line: Line) -> None:
    first = hand_in(said())
    before = booked()
    zoned = said(paid_at=(NOW - HOUR).astimezone(ZoneInfo("Asia/Tokyo")).isoformat())
    for body in (said(), zoned, dict(reversed(said().items()))):
        again = hand_in(body)
        assert (again.status_code, again.json()) == (200, first.json())
    assert booked() == before


def test_it_is_known_again_when_it_would_be_refused_now(line: Line, settings: Any, monkeypatch: Any) -> None:
    hand_in(said(plan="month-15", amount_minor=1500))
    line.refresh_from_db()
    line.move_to(LineState.BLOCKED, reason="lost")
    settings.TOP_UP_BOUNDS_MINOR = [5000, 6000]
    monkeypatch.setattr(clock, "now", lambda: NOW + 400 * DAY)
    Plan.objects.update(on_sale_until=NOW + DAY)
    assert hand_in(said(plan="month-15", amount_minor=1500)).status_code == 200


@pytest.mark.parametrize(
    "other",
    [
        {"number": "+4917604069012"}, {"amount_minor": 1001}, {"currency": "USD"}, {"paid_at": at(NOW - 2 * HOUR)},
        {"place": "Kiosk 13"}, {"place": None}, {"till": "9"}, {"plan": "month-15"},
    ],
    ids=lambda other: next(iter(other)),
)  # fmt: skip
def test_the_same_reference_with_other_values_is_told_and_changes_nothing(line: Line, other: dict[str, Any]) -> None:
    hand_in(said())
    before = booked()
    answer = hand_in(said(**other))
    assert (answer.status_code, booked()) == (409, before)
    assert "other values" in answer.json()["error"]


def test_the_same_reference_of_two_sources_is_two(line: Line) -> None:
    assert [hand_in(said(), key=key).status_code for key in (KEY, OTHER_KEY)] == [201, 201]
    assert sorted(ExternalTopUp.objects.values_list("source", flat=True)) == ["kiosks", "ussd"]
    assert credit_minor(line) == 2000


def test_what_was_told_is_never_changed_nor_deleted(line: Line) -> None:
    hand_in(said())
    rows = ExternalTopUp.objects.all()
    with pytest.raises(DatabaseError), transaction.atomic():
        rows.update(amount_minor=1)
    with pytest.raises(DatabaseError), transaction.atomic():
        rows.delete()


# What is refused


@pytest.mark.parametrize("key", ["", "wrong", "kiosks", KEY[:-1], "ключ"])
def test_without_a_source_s_key_nothing_is_read(line: Line, key: str) -> None:
    assert hand_in(said(), key=key.encode().decode("latin-1")).status_code == 401
    assert booked() == (0, 0, 0, 0)


def test_an_empty_key_opens_nothing(line: Line, settings: Any) -> None:
    settings.TOP_UP_KEYS = {"kiosks": ""}
    answer = Client().post(TOP_UPS, "{}", content_type="application/json", headers={"Authorization": "Bearer "})
    assert answer.status_code == 401


def test_a_key_for_usage_sells_nothing(line: Line, settings: Any) -> None:
    settings.USAGE_KEYS = {"mediation": "a-key-of-mediation-only-24"}
    assert hand_in(said(), key="a-key-of-mediation-only-24").status_code == 401


def test_what_is_too_long_is_not_read_and_only_posts_are(line: Line) -> None:
    assert hand_in(b"[" * 5000).status_code == 413
    assert Client().get(TOP_UPS).status_code == 405
    assert booked() == (0, 0, 0, 0)


UNREADABLE = [
    b"", b"\x00", b"\xff\xfe", b"{", b"null", b"1", b"[]", b'"x"', b"[" * 3999, b'{"a":' * 600, b"NaN", b'{"amount_minor": NaN}',
    b'{"amount_minor": Infinity}', b'{"place": "a", "place": "b"}', b"\xef\xbb\xbf{}",
]  # fmt: skip


@pytest.mark.parametrize("body", UNREADABLE, ids=range(len(UNREADABLE)))
def test_what_cannot_be_read_is_said(line: Line, body: bytes) -> None:
    found = faults(hand_in(body))
    assert found == [("", "unreadable")]


ODD: list[Any] = [
    "",
    " ",
    "\0",
    "a\0b",
    "\ud800",
    True,
    False,
    1.5,
    10.0,
    -1,
    0,
    10**13,
    int("9" * 3000),
    [],
    {},
    [1],
    {"a": 1},
    "10",
    "x" * 81,
]


@pytest.mark.parametrize(
    "field", ["reference", "number", "amount_minor", "currency", "paid_at", "plan", "place", "till"]
)
def test_each_field_says_what_it_takes(line: Line, field: str) -> None:
    fits = {"reference": ["10"], "plan": ["10"], "place": ["10"], "till": ["10"]}
    for value in ODD:
        if value not in fits.get(field, []):
            assert faults(hand_in(said(**{field: value}))) == [(field, field)], value
    assert booked() == (0, 0, 0, 0)


@pytest.mark.parametrize(
    "paid_at",
    [
        "2026-11-23", "2026-11-23T11:00:00", "2026-11-23T11:00Z", "2026-13-23T11:00:00Z", "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00", "2026-11-23T11:00:00+99:00", "２０２６-11-23T11:00:00Z", 1764000000,
    ],
)  # fmt: skip
def test_a_moment_without_a_meaning_is_told(line: Line, paid_at: Any) -> None:
    assert faults(hand_in(said(paid_at=paid_at))) == [("paid_at", "paid_at")]


@pytest.mark.parametrize(
    ("place", "is_taken"),
    [
        ("Kiosk 12", True), ("Späti am Eck", True), ("北京路便利店", True), ("ร้านค้า", True), ("Str. 5, Nr. 2", True), ("O’Neill & Co (Bar)", True),
        ("evil.com", False), ("https://x", False), ("a@b", False), ("-x", False), ("line\nbreak", False), ("x" * 41, False), ("{{ x }}", False),
    ],
)  # fmt: skip
def test_a_place_is_a_name_and_no_link(line: Line, place: str, is_taken: bool) -> None:
    answer = hand_in(said(place=place))
    assert answer.status_code == (201 if is_taken else 422)


def test_every_fault_is_told_at_once_and_a_misspelt_field_too(line: Line) -> None:
    body = said(number="0176", paid_at="yesterday", plan_code="month-15", currency=None)
    assert sorted(faults(hand_in(body))) == [
        ("currency", "missing"), ("number", "number"), ("paid_at", "paid_at"), ("plan_code", "unknown_field")
    ]  # fmt: skip


def refused(line: Line, **other: Any) -> tuple[str, str]:
    """The one fault, after which nothing stands anywhere."""
    before = booked()
    (found,) = faults(hand_in(said("K12-9", **other)))
    assert booked() == before
    return found


def test_a_number_that_cannot_be_topped_up_is_told(line: Line) -> None:
    assert refused(line, number="+4917699999999") == ("number", "unknown_number")
    Line.objects.filter(pk=line.pk).update(identity=IdentityCheck.MISSING)
    assert refused(line) == ("number", "not_payable")
    Line.objects.filter(pk=line.pk).update(identity=IdentityCheck.DONE)
    line.move_to(LineState.BLOCKED, reason="lost")
    assert refused(line) == ("number", "not_payable")
    line.move_to(LineState.RELEASED, reason="given up")
    assert refused(line) == ("number", "closed_line")
    line_of(line.msisdn)  # the number again, as another line
    assert hand_in(said("K12-9")).status_code == 201
    assert credit_minor(line) == 0


def test_another_currency_is_told(line: Line) -> None:
    assert refused(line, currency="USD") == ("currency", "other_currency")
    assert refused(line, currency="USD", plan="month-15", amount_minor=1500) == ("currency", "other_currency")


@pytest.mark.parametrize(("minor", "is_taken"), [(99, False), (100, True), (20_000, True), (20_001, False)])
def test_credit_is_sold_within_bounds_and_the_bounds_are_told(line: Line, minor: int, is_taken: bool) -> None:
    answer = hand_in(said(amount_minor=minor))
    assert answer.status_code == (201 if is_taken else 422)
    if not is_taken:
        assert answer.json()["errors"][0]["words"] == "We take 100-20000 minor units at once."


def test_a_plan_that_is_not_sold_so_is_told(line: Line) -> None:
    assert refused(line, plan="month-99") == ("plan", "unknown_plan")
    assert refused(line, plan="month-15", amount_minor=1499) == ("amount_minor", "price")
    VatRate.objects.all().delete()
    assert refused(line, plan="month-15", amount_minor=1500) == ("plan", "not_sold")


def test_a_plan_counts_as_sold_if_it_was_when_it_was_paid(line: Line) -> None:
    Plan.objects.filter(code="month-15").update(on_sale_until=NOW - DAY)
    late: dict[str, Any] = {"plan": "month-15", "amount_minor": 1500}
    assert refused(line, **late) == ("plan", "not_sold")
    assert hand_in(said(paid_at=at(NOW - 2 * DAY), **late)).status_code == 201


@pytest.mark.parametrize(
    ("ago", "code"),
    [(-timedelta(minutes=5), ""), (-timedelta(minutes=6), "future"), (7 * DAY, ""), (7 * DAY + timedelta(seconds=1), "too_old")],
    ids=["a little ahead", "too far ahead", "a week", "longer"],
)  # fmt: skip
def test_a_clock_that_is_wrong_and_a_sale_too_old_are_told(line: Line, ago: timedelta, code: str) -> None:
    answer = hand_in(said(paid_at=at(NOW - ago)))
    assert answer.status_code == 201 if not code else faults(answer) == [("paid_at", code)]


def test_a_refusal_is_not_kept_the_same_reference_may_come_again(line: Line) -> None:
    line.move_to(LineState.BLOCKED, reason="lost")
    assert faults(hand_in(said())) == [("number", "not_payable")]
    line.move_to(LineState.ACTIVE, reason="found")
    assert hand_in(said()).status_code == 201


def test_every_code_has_words() -> None:
    codes = {code for _field, code in taking._FAULTS.values()}
    assert codes <= wording.FAULTS.keys()
    assert all(wording.fault(code, "1") for code in wording.FAULTS)


# The world around


def test_so_many_a_minute_and_source(line: Line, settings: Any) -> None:
    settings.TOP_UPS_PER_MINUTE = 2
    answers = [hand_in(said(f"K12-{number}")) for number in range(3)]
    assert [answer.status_code for answer in answers] == [201, 201, 429]
    assert answers[2]["Retry-After"] == "60"
    assert hand_in(said("U-1"), key=OTHER_KEY).status_code == 201
    assert credit_minor(line) == 3000


def test_while_nothing_can_be_counted_sales_go_on(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_args: object) -> bool:
        raise RedisIsAway

    monkeypatch.setattr("lib.limits.over", away)
    assert hand_in(said()).status_code == 201


def test_a_database_that_cannot_say_is_told_to_come_again(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(*_args: object, **_more: object) -> None:
        raise OperationalError("the server closed the connection")

    monkeypatch.setattr(taking, "take", gone)
    answer = hand_in(said())
    assert (answer.status_code, answer["Retry-After"]) == (503, "60")


def test_no_number_is_in_the_log(line: Line, caplog: pytest.LogCaptureFixture, capsys: Any) -> None:
    caplog.set_level("DEBUG")
    others: list[dict[str, Any]] = [
        {},
        {"amount_minor": 7},
        {"number": "+4917699999999", "reference": "n"},
        {"number": "4917699999999"},
    ]
    for other in others:
        hand_in(said(**other))
    told = caplog.text + "".join(capsys.readouterr())
    assert "top_up.refused" in told
    assert "17604069011" not in told
    assert "17699999999" not in told


def test_a_sale_is_few_statements(line: Line) -> None:
    hand_in(said("K12-0"))
    with CaptureQueriesContext(connection) as queries:
        assert hand_in(said()).status_code == 201
    assert len(statements(queries)) <= 21
    with CaptureQueriesContext(connection) as queries:
        assert hand_in(said()).status_code == 200
    assert len(statements(queries)) == 1


def test_other_money_of_the_line_is_left_alone(line: Line) -> None:
    give_credit(line, 300, bonus=True)
    hand_in(said())
    assert credit_minor(line) == 1000
    assert broken() == {}

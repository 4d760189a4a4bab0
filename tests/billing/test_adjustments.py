"""Staff correct credit: with a reason, within a limit, above it by two, and never their own."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, transaction

from accounts.models import Line, LineOwnership, Subscriber
from billing import adjustments, ledger
from billing.adjustments import AdjustmentWish, FormUsed, MoreThanOwed
from billing.authority import Authority, NotAllowed, OwnLine, SamePerson
from billing.ledger import NotEnoughCredit, Posting
from billing.models import AccountKind, Adjustment, AdjustmentPart, AdjustmentState, EntryKind, LedgerEntry
from lib.models import Audit
from notifications.models import Message
from tests.billing.money import NOW, give_credit
from tests.billing.test_ledger import run_together
from tests.cast import anna

pytestmark = pytest.mark.django_db
AGENT = Authority(person_id=2_000_000_901, limit_minor=1000, address="203.0.113.7")
FINANCE = Authority(person_id=2_000_000_902, limit_minor=10_000, may_decide=True)
SECOND = Authority(person_id=2_000_000_903, limit_minor=10_000, may_decide=True)
VIEWER = Authority(person_id=2_000_000_904)


@pytest.fixture
def line(db: None) -> Line:
    return anna().lines.get()


def wish(line: Line, minor: int, part: AdjustmentPart = AdjustmentPart.PAID, **more: Any) -> AdjustmentWish:
    token = more.pop("form_token", None) or uuid.uuid4()
    return AdjustmentWish(
        line=line, part=part, amount_minor=minor, reason=more.pop("reason", "The plan began late."), form_token=token
    )


def asked(line: Line, minor: int, part: AdjustmentPart = AdjustmentPart.PAID, by: Authority = AGENT) -> Adjustment:
    return adjustments.ask(wish(line, minor, part), by=by, now=NOW)


def owes(line: Line, minor: int) -> None:
    """The line owes, as after credit was taken back that had been spent."""
    pots = ledger.pots(AccountKind.SHORTFALL, AccountKind.REFUNDS_DUE, currency="EUR", line=line)
    with transaction.atomic():
        ledger.post(
            Posting(
                kind=EntryKind.TOP_UP_REVERSED,
                source=pots[AccountKind.SHORTFALL],
                target=pots[AccountKind.REFUNDS_DUE],
                amount_minor=minor,
                key=f"owes:{uuid.uuid4()}",
                event_at=NOW,
                actor="test",
            )
        )


def nothing_was_booked(line: Line, *, entries: int = 0) -> None:
    assert LedgerEntry.objects.count() == entries
    assert not Adjustment.objects.filter(line=line).exists()
    assert not Audit.objects.exists()
    assert not Message.objects.exists()


def test_credit_within_the_limit_is_given_at_once_out_of_goodwill(line: Line) -> None:
    adjustment = asked(line, 1000)
    entry = LedgerEntry.objects.get()
    assert (entry.kind, entry.source.kind, entry.target.kind) == (EntryKind.ADJUSTMENT, "goodwill", "credit_paid")
    assert (entry.key, entry.reason) == (f"adjustment:{adjustment.pk}", "The plan began late.")
    assert (adjustment.state, adjustment.needs_second) == (AdjustmentState.BOOKED, False)
    assert ledger.credit_of(line)[0].minor == 1000


def test_bonus_credit_is_given_to_the_bonus_part_alone(line: Line) -> None:
    asked(line, 300, AdjustmentPart.BONUS)
    assert [part.minor for part in ledger.credit_of(line)] == [0, 300]


def test_credit_is_taken_back_to_goodwill(line: Line) -> None:
    give_credit(line, 500)
    asked(line, -500)
    entry = LedgerEntry.objects.latest("id")
    assert (entry.source.kind, entry.target.kind, entry.amount_minor) == ("credit_paid", "goodwill", 500)
    assert ledger.credit_of(line)[0].minor == 0


def test_taking_more_than_there_is_says_what_is_missing_and_books_nothing(line: Line) -> None:
    give_credit(line, 300)
    give_credit(line, 900, bonus=True)
    with pytest.raises(NotEnoughCredit) as caught:
        asked(line, -301)
    assert caught.value.missing_minor == 1
    nothing_was_booked(line, entries=2)


def test_one_cent_above_the_limit_waits_for_a_second_person(line: Line) -> None:
    adjustment = asked(line, 1001)
    assert (adjustment.state, adjustment.needs_second) == (AdjustmentState.ASKED, True)
    assert not LedgerEntry.objects.exists()
    assert not Message.objects.exists()
    assert Audit.objects.get().deed == "adjustment.asked"


def test_small_steps_within_a_day_count_together_but_only_one_s_own_on_the_same_line(line: Line) -> None:
    asked(line, 600)
    assert asked(line, 401).state == AdjustmentState.ASKED
    assert asked(line, 400).state == AdjustmentState.BOOKED
    assert asked(line, 1000, by=FINANCE).state == AdjustmentState.BOOKED
    later = adjustments.ask(wish(line, 1000), by=AGENT, now=NOW + timedelta(hours=24))
    assert later.state == AdjustmentState.BOOKED


def test_a_second_person_books_it_and_their_name_stands_on_it(line: Line) -> None:
    adjustment = adjustments.decide(asked(line, 5000).pk, is_granted=True, by=FINANCE, now=NOW)
    assert (adjustment.state, adjustment.asked_by, adjustment.decided_by) == ("booked", AGENT.actor, FINANCE.actor)
    assert ledger.credit_of(line)[0].minor == 5000
    assert [row.deed for row in Audit.objects.order_by("id")] == ["adjustment.asked", "adjustment.booked"]


def test_nobody_is_their_own_second_person(line: Line) -> None:
    adjustment = asked(line, 10_001, by=FINANCE)
    with pytest.raises(SamePerson):
        adjustments.decide(adjustment.pk, is_granted=True, by=FINANCE, now=NOW)
    assert not LedgerEntry.objects.exists()


def test_the_database_refuses_one_person_as_two(line: Line) -> None:
    adjustment = asked(line, 10_001, by=FINANCE)
    for decided_by in (FINANCE.actor, ""):
        with pytest.raises(IntegrityError), transaction.atomic():
            Adjustment.objects.filter(pk=adjustment.pk).update(state="booked", decided_by=decided_by)


@pytest.mark.parametrize("by", [AGENT, VIEWER, Authority(person_id=2_000_000_905, limit_minor=1000)])
def test_only_finance_is_a_second_person(line: Line, by: Authority) -> None:
    adjustment = asked(line, 10_001, by=FINANCE)
    with pytest.raises(NotAllowed):
        adjustments.decide(adjustment.pk, is_granted=True, by=by, now=NOW)
    with pytest.raises(NotAllowed):
        adjustments.decide(adjustment.pk, is_granted=False, by=by, now=NOW)
    assert Adjustment.objects.get().state == AdjustmentState.ASKED


def test_whoever_asked_may_take_it_back(line: Line) -> None:
    adjustment = adjustments.decide(asked(line, 5000).pk, is_granted=False, by=AGENT, now=NOW)
    assert (adjustment.state, adjustment.decided_by) == (AdjustmentState.REFUSED, AGENT.actor)
    assert not LedgerEntry.objects.exists()
    assert not Message.objects.exists()


def test_a_viewer_adjusts_nothing(line: Line) -> None:
    with pytest.raises(NotAllowed):
        asked(line, 1, by=VIEWER)
    nothing_was_booked(line)


def own(line: Line, by: Authority) -> None:
    LineOwnership.objects.filter(line=line).update(until_at=NOW)
    person = Subscriber.objects.create_user(email="staff@example.com", is_staff=True, pk=by.person_id)
    LineOwnership.objects.create(line=line, subscriber=person, from_at=NOW)


def test_one_s_own_line_is_adjusted_neither_as_the_first_nor_as_the_second(line: Line) -> None:
    adjustment = asked(line, 10_001, by=SECOND)
    own(line, FINANCE)
    with pytest.raises(OwnLine):
        asked(line, 1, by=FINANCE)
    for is_granted in (True, False):
        with pytest.raises(OwnLine):
            adjustments.decide(adjustment.pk, is_granted=is_granted, by=FINANCE, now=NOW)
    assert not LedgerEntry.objects.exists()


def test_the_same_form_is_the_same_adjustment_and_another_sum_another_form(line: Line) -> None:
    first = wish(line, 200)
    once = adjustments.ask(first, by=AGENT, now=NOW)
    assert adjustments.ask(first, by=AGENT, now=NOW) == once
    with pytest.raises(FormUsed):
        adjustments.ask(wish(line, 201, form_token=first.form_token), by=AGENT, now=NOW)
    assert ledger.credit_of(line)[0].minor == 200


def test_what_is_decided_stays_decided(line: Line) -> None:
    adjustment = asked(line, 5000)
    adjustments.decide(adjustment.pk, is_granted=False, by=FINANCE, now=NOW)
    assert adjustments.decide(adjustment.pk, is_granted=True, by=SECOND, now=NOW).state == AdjustmentState.REFUSED
    assert not LedgerEntry.objects.exists()


def test_credit_spent_before_the_second_person_came_is_not_taken_below_zero(line: Line) -> None:
    give_credit(line, 2000)
    adjustment = asked(line, -2000)
    asked(line, -1, by=FINANCE)
    with pytest.raises(NotEnoughCredit):
        adjustments.decide(adjustment.pk, is_granted=True, by=SECOND, now=NOW)
    assert Adjustment.objects.get(pk=adjustment.pk).state == AdjustmentState.ASKED
    assert ledger.credit_of(line)[0].minor == 1999


def test_finance_writes_off_what_a_line_owes_and_no_more(line: Line) -> None:
    owes(line, 400)
    with pytest.raises(MoreThanOwed) as caught:
        asked(line, 401, AdjustmentPart.SHORTFALL, by=FINANCE)
    assert caught.value.owed_minor == 400
    asked(line, 400, AdjustmentPart.SHORTFALL, by=FINANCE)
    entry = LedgerEntry.objects.latest("id")
    assert (entry.kind, entry.source.kind, entry.target.kind) == (EntryKind.WRITE_OFF, "written_off", "shortfall")
    assert ledger.owed_by(line).minor == 0


def test_an_agent_writes_off_nothing_alone_however_little(line: Line) -> None:
    owes(line, 400)
    adjustment = asked(line, 1, AdjustmentPart.SHORTFALL)
    assert adjustment.state == AdjustmentState.ASKED
    assert ledger.owed_by(line).minor == 400


def test_the_subscriber_hears_how_much_why_and_what_is_left(line: Line) -> None:
    give_credit(line, 500)
    asked(line, -200)
    message = Message.objects.get()
    assert (message.kind, message.channel, message.address) == ("credit_adjusted", "email", "anna@example.com")
    said = {name: message.context[name] for name in ("what", "amount", "credit", "reason")}
    assert said == {
        "what": "taken",
        "amount": {"minor": 200, "currency": "EUR"},
        "credit": {"minor": 300, "currency": "EUR"},
        "reason": "The plan began late.",
    }


def test_a_line_of_nobody_is_adjusted_without_a_message(line: Line) -> None:
    LineOwnership.objects.update(until_at=NOW)
    asked(line, 100)
    assert not Message.objects.exists()


def test_each_act_leaves_one_audit_row_with_who_what_why_and_from_where(line: Line) -> None:
    adjustment = asked(line, 100)
    row = Audit.objects.get()
    assert (row.actor, row.deed, row.subject) == (AGENT.actor, "adjustment.booked", f"adjustment:{adjustment.pk}")
    assert (row.line_id, row.reason, row.address) == (line.pk, "The plan began late.", "203.0.113.7")
    assert row.detail == {"part": "credit_paid", "minor": 100, "currency": "EUR"}
    with pytest.raises(DatabaseError), transaction.atomic():
        Audit.objects.update(reason="")
    with pytest.raises(DatabaseError), transaction.atomic():
        row.delete()


@pytest.mark.parametrize("change", [{"amount_minor": 0}, {"reason": " "}, {"part": "shortfall", "amount_minor": -5}])
def test_the_database_refuses_nothing_no_reason_and_owing_more(line: Line, change: dict[str, Any]) -> None:
    fields: dict[str, Any] = {"part": "credit_paid", "amount_minor": 5, "currency": "EUR", "reason": "why"} | change
    with pytest.raises(IntegrityError), transaction.atomic():
        Adjustment.objects.create(
            line=line, needs_second=False, form_token=uuid.uuid4(), asked_by="staff:1", asked_at=NOW, **fields
        )


@pytest.mark.django_db(transaction=True)
def test_two_clicks_at_once_are_one_adjustment(line: Line) -> None:
    clicked = wish(line, 300)
    run_together(4, lambda _number: adjustments.ask(clicked, by=AGENT, now=NOW))
    assert Adjustment.objects.count() == 1
    assert ledger.credit_of(line)[0].minor == 300


@pytest.mark.django_db(transaction=True)
def test_two_second_persons_at_once_book_it_once(line: Line) -> None:
    adjustment = asked(line, 5000)
    people = (FINANCE, SECOND)
    run_together(2, lambda number: adjustments.decide(adjustment.pk, is_granted=True, by=people[number], now=NOW))
    assert LedgerEntry.objects.count() == Message.objects.count() == 1
    assert ledger.credit_of(line)[0].minor == 5000

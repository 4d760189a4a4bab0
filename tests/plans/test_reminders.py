"""The reminder before the end, and the word that it has ended: each once, to whom it concerns, and only while it is of use."""

from datetime import datetime, timedelta

import pytest
from allauth.account.models import EmailAddress
from django.db import connection, transaction
from django.db.models import F
from django.test.utils import CaptureQueriesContext

from accounts.models import Line, LineState
from billing.tasks import remind_of_ends
from lib import clock
from notifications import choices, delivery, outbox, sweeping
from notifications.models import Message, MessageState
from notifications.outbox import Outgoing, Recipient
from plans import life, periods, reminders
from plans.models import Plan, PlanPeriod
from tests import cast
from tests.notifications.conftest import post
from tests.plans.conftest import NOON, load_the_catalogue
from tests.plans.oracle import on

__all__ = ["post"]  # a fixture of the messages' tests

BERLIN = "Europe/Berlin"
SECOND, HOUR, DAY = timedelta(seconds=1), timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def line(catalogue) -> Line:
    """Anna's line; her e-mail is proven."""
    anna = cast.anna()
    EmailAddress.objects.update_or_create(user=anna, email=anna.email, defaults={"verified": True, "primary": True})
    return anna.lines.get()


@pytest.fixture
def month(line, plan_of) -> PlanPeriod:
    """Runs from 15 May, noon, to 15 June, noon."""
    return periods.begin(line=line, plan=plan_of("month-15"), now=NOON, origin="order:1")


def written() -> list[tuple[str, str, str]]:
    return sorted(Message.objects.values_list("kind", "channel", "address"))


def both(kind: str) -> list[tuple[str, str, str]]:
    return [(kind, "email", "anna@example.com"), (kind, "sms", "+4917604069011")]


EARLY = ("expiry_week", "email", "anna@example.com")


# --- What a renewal takes back ---------------------------------------------------------------------------------------------


def test_a_trouble_that_waits_for_the_morning_is_not_told_when_the_plan_was_renewed_by_hand(month, line):
    about = {"why": "declined", "ends_at": month.ends_at.isoformat(), "plan": "Month 15"}
    to = Recipient(line.msisdn, "en", BERLIN)
    outbox.send(
        Outgoing(
            kind="renewal_trouble", channel="sms", to=to, context=about, key="renewal:1", subject=life.subject_of(line)
        )
    )
    with transaction.atomic():
        assert reminders.withdraw(line) == 1
    assert Message.objects.get().state == MessageState.SUPPRESSED


# --- A week before ---------------------------------------------------------------------------------------------------------


def test_a_week_before_a_month_ends_its_owner_is_told_by_e_mail_alone(month):
    at = month.ends_at - 7 * DAY
    assert reminders.remind(now=at - SECOND) == 0
    assert reminders.remind(now=at) == 1
    assert [reminders.remind(now=at + HOUR * hours) for hours in range(0, 6 * 24, 7)] == [0] * 21

    assert written() == [EARLY]
    assert Message.objects.get().key == f"period:{month.pk}:expiry_week:email"


def test_who_has_no_proven_e_mail_holds_up_nobody_else(month, plan_of):
    for number in range(3):
        periods.begin(
            line=cast.line_of(f"+49176040690{number + 20}"),
            plan=plan_of("month-15"),
            now=NOON,
            origin=f"order:x{number}",
        )
    assert reminders.remind(now=month.ends_at - 6 * DAY) == 1
    assert written() == [EARLY]


def test_after_an_outage_of_a_week_only_the_last_one_is_told(month):
    assert reminders.remind(now=month.ends_at - DAY + HOUR) == 2
    assert written() == both("expiry_reminder")


# --- A day before ----------------------------------------------------------------------------------------------------------


def test_a_day_before_the_end_line_and_owner_are_told_once(month):
    at = month.ends_at - DAY
    assert reminders.remind(now=at - 4 * DAY) == 1  # the early one
    assert reminders.remind(now=at - SECOND) == 0
    assert reminders.remind(now=at) == 2
    assert [reminders.remind(now=at + HOUR * hours) for hours in range(24)] == [0] * 24

    assert written() == sorted([EARLY, *both("expiry_reminder")])
    message = Message.objects.get(channel="sms")
    assert message.key == f"period:{month.pk}:expiry_reminder:sms"
    assert message.subject == f"period:{month.pk}"
    assert message.context == {
        "plan": month.plan.name,
        "msisdn": "+4917604069011",
        "ends_at": month.ends_at.isoformat(),
        "price": {"minor": 1500, "currency": "EUR"},
        "url": "http://localhost:8000/plans/month-15/order/",
    }


def test_of_a_plan_that_is_no_longer_sold_no_price_is_said_and_the_way_leads_to_the_others(month):
    at = month.ends_at - DAY
    Plan.objects.filter(pk=month.plan_id).update(on_sale_until=at)
    reminders.remind(now=at)
    context = Message.objects.get(channel="sms").context
    assert (context["price"], context["url"]) == (None, "http://localhost:8000/plans/")


def test_it_is_of_use_until_the_plan_ends_and_no_longer(month):
    before = clock.real_now()
    reminders.remind(now=month.ends_at - 5 * HOUR)

    for message in Message.objects.all():
        assert timedelta(0) <= message.not_after - before - 5 * HOUR < timedelta(minutes=1)


def test_nobody_is_reminded_when_the_next_period_is_paid(month, line, plan_of):
    periods.queue(line=line, plan=plan_of("day-1"), now=NOON, origin="order:2")

    assert reminders.remind(now=month.ends_at - HOUR) == 0
    assert written() == []


def test_an_add_on_that_runs_on_is_no_next_period_and_is_not_reminded_of(month, line, plan_of):
    late = month.ends_at - 3 * DAY
    add_on = periods.add_on(line=line, plan=plan_of("world-2"), now=late, origin="order:2")

    assert reminders.remind(now=month.ends_at - HOUR) == 2
    assert reminders.remind(now=add_on.ends_at - HOUR) == 0
    assert set(Message.objects.values_list("subject", flat=True)) == {f"period:{month.pk}"}


def test_of_a_chain_only_the_last_period_is_reminded_of_and_each_begin_is_told(month, line, plan_of):
    last = periods.queue(line=line, plan=plan_of("month-5"), now=NOON, origin="order:2")
    for end in (month.ends_at, last.ends_at):
        for hours in (-200, -146, -76, -40, *range(-24, 25, 8)):
            reminders.remind(now=end + hours * HOUR)

    assert written() == sorted([EARLY, *both("expiry_reminder"), *both("plan_started"), *both("plan_ended")])
    assert set(Message.objects.values_list("subject", flat=True)) == {f"period:{last.pk}"}


def test_a_sweep_that_comes_late_still_reminds_and_one_that_comes_too_late_does_not(month):
    assert reminders.remind(now=month.ends_at - SECOND) == 2
    assert written() == both("expiry_reminder")


def test_after_an_outage_over_the_end_only_the_end_is_told(month):
    reminders.remind(now=month.ends_at + 5 * HOUR)

    assert written() == both("plan_ended")


def test_after_an_outage_of_days_nothing_is_told(month):
    assert reminders.remind(now=month.ends_at + DAY) == 0


def _lives_in_shanghai(line: Line) -> None:
    Line.objects.filter(pk=line.pk).update(time_zone="Asia/Shanghai")
    line.ownerships.get().subscriber.__class__.objects.update(time_zone="Asia/Shanghai")


def test_at_night_it_waits_for_the_morning_of_its_reader(line, plan_of):
    _lives_in_shanghai(line)
    begun = on("2026-05-15 03:00", "Asia/Shanghai")
    period = periods.begin(line=line, plan=plan_of("month-15"), now=begun, origin="order:1")
    assert period.ends_at == on("2026-06-15 03:00", "Asia/Shanghai")

    told = [reminders.remind(now=on(f"2026-06-14 {time}", "Asia/Shanghai")) for time in ("03:00", "07:59:59", "08:00")]

    assert told == [0, 0, 2]


def test_a_traveller_is_told_in_the_morning_of_where_they_are(line, plan_of):
    _lives_in_shanghai(line)
    Line.objects.filter(pk=line.pk).update(time_zone=BERLIN)
    periods.begin(line=line, plan=plan_of("month-15"), now=on("2026-05-15 22:00", BERLIN), origin="order:1")

    assert reminders.remind(now=on("2026-06-14 23:59", BERLIN)) == 0  # 05:59 in Shanghai
    assert reminders.remind(now=on("2026-06-15 02:00", BERLIN)) == 2


def test_in_the_evening_it_is_sent_until_ten(line, plan_of):
    periods.begin(line=line, plan=plan_of("month-15"), now=on("2026-05-15 21:30", BERLIN), origin="order:1")

    assert reminders.remind(now=on("2026-06-14 22:00", BERLIN)) == 0
    assert reminders.remind(now=on("2026-06-14 21:59:59", BERLIN)) == 2


def test_a_line_whose_zone_nobody_knows_keeps_no_other_from_its_reminder(month, plan_of):
    bao = cast.bao().lines.get()
    periods.begin(line=bao, plan=plan_of("month-15"), now=NOON, origin="order:2")
    Line.objects.filter(pk=bao.pk).update(time_zone="Mars/Olympus_Mons")

    reminders.remind(now=month.ends_at - HOUR)

    assert set(Message.objects.values_list("address", flat=True)) == {
        "+4917604069011",
        "anna@example.com",
        "+4917604069012",
    }


# --- Short plans -----------------------------------------------------------------------------------------------------------


def test_a_day_plan_is_reminded_of_two_hours_before_its_end(line, plan_of):
    period = periods.begin(line=line, plan=plan_of("day-1"), now=on("2026-05-15 14:00", BERLIN), origin="order:1")
    at = period.ends_at - 2 * HOUR

    assert [
        reminders.remind(now=moment) for moment in (NOON, at - SECOND, at, at + SECOND, period.ends_at - SECOND)
    ] == [0, 0, 2, 0, 0]
    assert written() == both("expiry_reminder")


def test_a_day_plan_that_ends_in_the_night_is_reminded_of_in_the_evening(line, plan_of):
    period = periods.begin(line=line, plan=plan_of("day-1"), now=on("2026-05-15 03:00", BERLIN), origin="order:1")
    evening = on("2026-05-15 21:00", BERLIN)

    told = [reminders.remind(now=at) for at in (evening - SECOND, evening, evening + HOUR, period.ends_at - HOUR)]

    assert told == [0, 2, 0, 0]
    assert reminders.remind(now=period.ends_at) == 0
    assert reminders.remind(now=on("2026-05-16 08:00", BERLIN)) == 2
    assert written() == sorted(both("expiry_reminder") + both("plan_ended"))


def test_before_half_of_a_plan_is_over_nobody_is_reminded_of_its_end(line, plan_of):
    periods.begin(line=line, plan=plan_of("day-1"), now=on("2026-05-15 09:45", BERLIN), origin="order:1")

    assert reminders.remind(now=on("2026-05-15 21:30", BERLIN)) == 0
    assert reminders.remind(now=on("2026-05-15 21:45", BERLIN)) == 2


# --- By choice -------------------------------------------------------------------------------------------------------------


def test_three_days_before_only_who_has_asked_is_told(month):
    at = month.ends_at - 2 * DAY
    assert reminders.remind(now=at) == 0
    choices.choose("Anna@example.com", "expiry_three_days", is_wanted=True)

    assert reminders.remind(now=at) == 1
    assert written() == [("expiry_three_days", "email", "anna@example.com")]


def test_who_has_said_no_to_the_sms_gets_the_e_mail_alone(month):
    choices.choose("+4917604069011", "expiry_reminder", is_wanted=False)

    assert reminders.remind(now=month.ends_at - HOUR) == 1
    assert written() == [("expiry_reminder", "email", "anna@example.com")]


# --- When the next one begins ----------------------------------------------------------------------------------------------


def test_what_was_paid_ahead_is_told_when_it_begins_and_what_begins_at_once_is_not(month, line, plan_of):
    queued = periods.queue(line=line, plan=plan_of("month-5"), now=NOON + DAY, origin="order:2")
    PlanPeriod.objects.filter(pk=queued.pk).update(created_at=NOON + DAY)
    PlanPeriod.objects.filter(pk=month.pk).update(created_at=NOON)

    assert [reminders.remind(now=at) for at in (NOON + HOUR, queued.starts_at - SECOND, queued.starts_at)] == [0, 0, 2]
    assert reminders.remind(now=queued.starts_at + HOUR) == 0
    assert written() == both("plan_started")


# --- Days ------------------------------------------------------------------------------------------------------------------


def test_a_week_is_reminded_of_a_day_before(line, plan_of):
    period = periods.begin(line=line, plan=plan_of("days-7"), now=NOON, origin="order:1")

    assert [reminders.remind(now=moment) for moment in (period.ends_at - DAY - SECOND, period.ends_at - DAY)] == [0, 2]


# --- When it has ended -----------------------------------------------------------------------------------------------------


def test_the_end_is_told_once_in_the_second_it_comes(month):
    assert reminders.remind(now=month.ends_at - SECOND) == 2
    assert reminders.remind(now=month.ends_at) == 2
    assert reminders.remind(now=month.ends_at + HOUR) == 0

    assert written() == sorted(both("expiry_reminder") + both("plan_ended"))


def test_no_end_is_told_of_what_was_cut_or_went_on(month, line, plan_of):
    at = NOON + 10 * DAY
    periods.start_now(line=line, plan=plan_of("month-40"), now=at, origin="order:2")

    assert reminders.remind(now=at) == reminders.remind(now=at + HOUR) == 0


def test_a_cancelled_period_is_told_of_no_more(month):
    month.cancelled_at = NOON
    month.save(update_fields=["cancelled_at"])

    assert reminders.remind(now=month.ends_at - HOUR) == reminders.remind(now=month.ends_at) == 0


# --- To whom ---------------------------------------------------------------------------------------------------------------


def test_an_email_that_is_not_proven_gets_nothing(month):
    EmailAddress.objects.update(verified=False)
    reminders.remind(now=month.ends_at - HOUR)

    assert written() == [("expiry_reminder", "sms", "+4917604069011")]


def test_a_former_owner_gets_nothing(month, line):
    line.ownerships.update(until_at=NOON)
    reminders.remind(now=month.ends_at - HOUR)

    assert written() == [("expiry_reminder", "sms", "+4917604069011")]


def test_each_reads_it_in_their_own_language_and_zone(month, line):
    Line.objects.filter(pk=line.pk).update(language="zh-hans")
    owner = line.ownerships.get().subscriber
    type(owner).objects.filter(pk=owner.pk).update(time_zone="Asia/Shanghai")
    reminders.remind(now=month.ends_at - HOUR)

    assert set(Message.objects.values_list("channel", "language", "time_zone")) == {
        ("sms", "zh-hans", "Asia/Shanghai"),
        ("email", "en", "Asia/Shanghai"),
    }


@pytest.mark.parametrize("state", [LineState.BLOCKED, LineState.PORTED_OUT])
def test_a_number_that_is_blocked_or_gone_gets_nothing(month, line, state):
    Line.objects.get(pk=line.pk).move_to(state, reason="test")

    assert reminders.remind(now=month.ends_at - HOUR) == reminders.remind(now=month.ends_at) == 0


@pytest.mark.parametrize("kind", ["expiry_reminder", "plan_ended"])
def test_three_hundred_lines_take_as_many_statements_as_one(catalogue, plan_of, kind):
    months = [_bare_month(cast.line_of("+4917604069001"), plan_of("month-15"))]
    at = months[0].ends_at if kind == "plan_ended" else months[0].ends_at - HOUR
    with CaptureQueriesContext(connection) as for_one:
        assert reminders.remind(now=at) == 1
    months += [_bare_month(cast.line_of(f"+49176040691{number:02}"), plan_of("month-15")) for number in range(100)]
    months += [_bare_month(cast.line_of(f"+49176040692{number:02}"), plan_of("month-15")) for number in range(100)]
    months += [_bare_month(cast.line_of(f"+49176040693{number:02}"), plan_of("month-15")) for number in range(100)]
    with CaptureQueriesContext(connection) as for_many:
        assert reminders.remind(now=at) == 300
    with CaptureQueriesContext(connection) as for_none:
        assert reminders.remind(now=at) == 0

    assert len(for_many) == len(for_one) <= 40, "\n".join(query["sql"][:200] for query in for_many.captured_queries)
    assert len(for_none) <= len(for_one)
    assert Message.objects.filter(kind=kind).count() == 301


# --- Renewing --------------------------------------------------------------------------------------------------------------


def test_a_renewal_withdraws_what_is_due_and_nothing_is_written_after_it(month, line, plan_of):
    reminders.remind(now=month.ends_at - HOUR)
    periods.queue(line=line, plan=plan_of("month-15"), now=month.ends_at - HOUR, origin="order:2")

    assert reminders.withdraw(line) == 2
    assert reminders.withdraw(line) == 0
    assert set(Message.objects.values_list("state", flat=True)) == {MessageState.SUPPRESSED}
    assert reminders.remind(now=month.ends_at - SECOND) == reminders.remind(now=month.ends_at) == 0


def test_withdrawing_leaves_what_was_sent_and_other_lines_alone(month, line, plan_of):
    bao = cast.bao().lines.get()
    periods.begin(line=bao, plan=plan_of("month-15"), now=NOON, origin="order:2")
    reminders.remind(now=month.ends_at - HOUR)
    sent = Message.objects.get(channel="email")
    sent.move_to(MessageState.CLAIMED)

    assert reminders.withdraw(line) == 1
    assert sorted(Message.objects.values_list("address", "state")) == [
        ("+4917604069011", "suppressed"),
        ("+4917604069012", "due"),
        ("anna@example.com", "claimed"),
    ]


def test_what_a_worker_holds_when_the_line_is_renewed_is_not_tried_again(month, line, plan_of):
    reminders.remind(now=month.ends_at - HOUR)
    Message.objects.get(channel="email").move_to(MessageState.FAILED)
    Message.objects.get(channel="sms").move_to(MessageState.CLAIMED, claimed_at=clock.real_now())

    assert reminders.withdraw(line) == 0
    assert Message.objects.get(channel="sms").not_after <= clock.real_now()


def test_a_reminder_that_is_carried_late_is_not_carried_after_the_end(month, post):
    reminders.remind(now=month.ends_at - HOUR)
    Message.objects.update(**{name: F(name) - HOUR for name in ("due_at", "next_try_at", "not_after")})
    delivery.deliver()

    assert post.letters == []
    assert set(Message.objects.values_list("state", "error_code")) == {("suppressed", "too_late")}


def test_withdrawing_nothing_takes_one_statement(line, django_assert_num_queries):
    with django_assert_num_queries(1):
        assert reminders.withdraw(line) == 0


def test_the_task_takes_the_domains_clock_and_any_keyword(month, monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: month.ends_at - HOUR)

    remind_of_ends(future_argument="x")

    assert written() == both("expiry_reminder")


# --- Two at once -----------------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_ten_sweeps_at_once_write_each_reminder_once():
    from tests.plans.test_periods_race import at_once_bare

    load_the_catalogue()
    ends = _many_months(12)

    results = at_once_bare(*([lambda: reminders.remind(now=ends - HOUR)] * 10))

    assert sum(result for result in results if isinstance(result, int)) == 12
    assert Message.objects.count() == 12


@pytest.mark.django_db(transaction=True)
def test_a_line_that_is_being_renewed_is_left_out_and_told_nothing_afterwards():
    from tests.plans.test_periods_race import at_once_bare

    load_the_catalogue()
    ends = _many_months(1)
    line = Line.objects.get()
    seen: list[object] = []
    with transaction.atomic():
        periods.queue(line=line, plan=Plan.objects.get(code="month-15"), now=ends - HOUR, origin="order:x")
        seen += at_once_bare(lambda: reminders.remind(now=ends - HOUR))

    assert seen == [0]
    assert reminders.remind(now=ends - HOUR) == 0
    assert Message.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_what_is_paid_while_the_sweep_is_writing_is_taken_back_before_anybody_can_send_it(monkeypatch):
    from tests.plans.test_periods_race import at_once_bare

    load_the_catalogue()
    ends = _many_months(2)
    renewed = Line.objects.order_by("pk")[0]
    write = sweeping.write

    def beside(line: Line) -> None:
        """Its commit comes after the statement has begun: what the sweep has seen is old."""
        PlanPeriod.objects.create(
            line=line, plan=Plan.objects.get(code="month-15"), kind="plan", starts_at=ends, ends_at=ends + DAY,
            anchor_at=ends, origin="order:beside",
        )  # fmt: skip

    def and_then(source, sweep, **how):
        written = write(source, sweep, **how)
        if written:
            at_once_bare(lambda: beside(renewed))
        return written

    monkeypatch.setattr(sweeping, "write", and_then)
    assert reminders.remind(now=ends - HOUR) == 1
    assert sorted(Message.objects.values_list("state", "error_code")) == [("due", ""), ("suppressed", "withdrawn")]


def _bare_month(line: Line, plan: Plan) -> PlanPeriod:
    return periods.begin(line=line, plan=plan, now=NOON, origin=f"order:{line.msisdn}")


def _many_months(count: int) -> datetime:
    ends = NOON
    for number in range(count):
        with transaction.atomic():
            line = cast.line_of(f"+49176040690{number + 20}")
            ends = periods.begin(
                line=line, plan=Plan.objects.get(code="month-15"), now=NOON, origin=f"o:{number}"
            ).ends_at
    connection.ensure_connection()
    return ends

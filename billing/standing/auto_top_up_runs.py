"""Adding credit while nobody is there: noticed where credit is spent, at most so many times a month, stopped after two declines."""

from contextlib import suppress
from datetime import datetime, timedelta
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from django.db.models import F

from accounts.models import Line, LineOwnership
from billing import ledger, orders
from billing.models import (
    LIVE_PAYMENT_STATES,
    OPEN_RUN_STATES,
    AttemptState,
    AutoTopUp,
    AutoTopUpRun,
    CameBy,
    CreditWatch,
    Method,
    Order,
    OrderState,
    PaymentAttempt,
    PaymentWay,
    RunState,
)
from billing.paying import cancellation, charging
from billing.paying.attempts import NothingToPay, PageNotOpened
from billing.standing import telling
from billing.standing.auto_top_up import month_of
from billing.standing.rounds import next_method
from lib import clock
from lib.alarm import alarm, holding_up_nobody
from lib.failpoints import failpoint
from lib.money import Money
from lib.rows import write
from lib.transactions import whole
from plans.calendar import days_from

#: So many declines in a row stop it.
DECLINES = 2
#: So many times within an hour are no use anybody has: it is stopped, and people look.
RUNAWAY, WITHIN = 3, timedelta(hours=1)
LOOK_AGAIN = timedelta(minutes=15)
LEASE = timedelta(minutes=5)
BATCH = 100
_ACTOR = "auto_top_up"
_NOT_COUNTED = (RunState.NOT_NEEDED, RunState.STOPPED)


def sweep(*, now: datetime) -> int:
    """Take what was noticed, and carry every run a step on whose time has come. Returns how many runs were looked at."""
    for line_id in CreditWatch.objects.order_by("noticed_at").values_list("pk", flat=True)[:BATCH]:
        _take(line_id, now=now)
    total = 0
    while run_ids := _claim(now=now):
        total += len(run_ids)
        for run_id in run_ids:
            with holding_up_nobody("auto_top_up.broken", subject=f"auto_top_up:{run_id}"):
                step(run_id, now=now)
    return total


@whole
def _take(line_id: UUID, *, now: datetime) -> None:
    """What was noticed becomes a run, unless it is not so any more, or enough for this month."""
    line = Line.objects.select_for_update(no_key=True, of=("self",)).get(pk=line_id)
    CreditWatch.objects.filter(pk=line_id).delete()
    on = AutoTopUp.objects.select_related("subscriber").filter(line=line, off_at=None).first()
    if (
        on is None
        or not _is_low(on, line)
        or AutoTopUpRun.objects.filter(line=line, state__in=OPEN_RUN_STATES).exists()
    ):
        return
    on.line = line
    month = month_of(line, now)
    runs = AutoTopUpRun.objects.filter(line=line, month=month)
    if runs.filter(auto_top_up=on).exclude(state__in=_NOT_COUNTED).count() >= on.at_most:
        telling.top_up_trouble(on, "limit", event=f"limit:{month}")
        return
    if AutoTopUpRun.objects.filter(line=line, created_at__gt=now - WITHIN).count() >= RUNAWAY:
        alarm(
            "auto_top_up.runaway", subject=f"auto_top_up:{on.pk}", detail=f"{RUNAWAY} times within an hour", once=True
        )
        _switch_off(on, "runaway", now=now)
        return
    number = (runs.order_by("-number").values_list("number", flat=True).first() or 0) + 1
    AutoTopUpRun.objects.create(auto_top_up=on, line=line, month=month, number=number, next_at=now, created_at=now)


def _is_low(on: AutoTopUp, line: Line) -> bool:
    paid, bonus = ledger.credit_of(line)
    return (paid + bonus).minor < on.below_minor


@whole
def _claim(*, now: datetime) -> list[UUID]:
    """Runs whose time has come, leased."""
    rows = AutoTopUpRun.objects.select_for_update(no_key=True, of=("self",), skip_locked=True)
    waiting = rows.filter(state__in=OPEN_RUN_STATES, next_at__lte=now).order_by("next_at", "pk")
    run_ids = list(waiting.values_list("pk", flat=True)[:BATCH])
    AutoTopUpRun.objects.filter(pk__in=run_ids).update(next_at=now + LEASE)
    return run_ids


def step(run_id: UUID, *, now: datetime) -> None:
    """Carry one run on as far as it goes now."""
    while todo := _decide(run_id, now=now):
        order_id, line_id, method_id = todo
        failpoint("auto_top_up.decided")
        if method_id is None:
            with suppress(orders.NotWaiting, PageNotOpened):
                cancellation.cancel(Order.objects.get(pk=order_id), actor=_ACTOR, now=now)
            return
        try:
            attempt = charging.charge(order_id=order_id, line_id=line_id, method_id=method_id, now=now)
        except (NothingToPay, charging.PaidElsewhere):
            continue
        except charging.CannotBeCharged:
            attempt = None
        if not _follow(run_id, attempt, now=now):
            return


@whole
def _decide(run_id: UUID, *, now: datetime) -> tuple[UUID, UUID, UUID | None] | None:
    """Order, line and way to pay to be tried, or no way when the order is to be cancelled; None when there is nothing to do now."""
    run = _locked(run_id)
    order = run.order
    if run.state not in OPEN_RUN_STATES:
        return None
    if order and order.state not in {OrderState.PENDING, OrderState.PROCESSING}:
        is_paid = order.state in {OrderState.PAID, OrderState.APPLIED, OrderState.REVIEW}
        _end(run, RunState.DONE if is_paid else RunState.STOPPED, reason=order.state, now=now)
        if is_paid:
            AutoTopUp.objects.filter(pk=run.auto_top_up_id).update(declines=0)
        return None
    if not _is_wanted(run) or (order is None and not _is_low(run.auto_top_up, run.line)):
        _end(run, RunState.STOPPED if order else RunState.NOT_NEEDED, reason="", now=now)
        return (order.pk, run.line_id, None) if order else None
    if order and order.payments.filter(state__in=LIVE_PAYMENT_STATES).exclude(way=PaymentWay.SAVED).exists():
        _look_again(run, now + LOOK_AGAIN)
        return None
    method = next_method(run.order_id, run.auto_top_up, rounds=run.tries)
    if method is None:
        _stop(run, "method", now=now)
        return None
    order = order or _place(run, Method(method.way), now=now)
    if run.state != RunState.CHARGING:
        run.move_to(RunState.CHARGING)
    return order.pk, run.line_id, method.pk


def _locked(run_id: UUID) -> AutoTopUpRun:
    """The run, its line locked first (docs/locking.md)."""
    line_id = AutoTopUpRun.objects.values_list("line_id", flat=True).get(pk=run_id)
    line = Line.objects.select_for_update(no_key=True, of=("self",)).get(pk=line_id)
    rows = AutoTopUpRun.objects.select_for_update(no_key=True, of=("self",))
    run = rows.select_related("auto_top_up__subscriber", "order").get(pk=run_id)
    run.line = run.auto_top_up.line = line
    return run


def _is_wanted(run: AutoTopUpRun) -> bool:
    """Whether it is on, still that of the line's owner, and the line can be paid for."""
    owns = LineOwnership.objects.filter(line=run.line, subscriber=run.auto_top_up.subscriber, until_at=None)
    return run.auto_top_up.is_on and run.line.is_payable and owns.exists()


def _place(run: AutoTopUpRun, method: Method, *, now: datetime) -> Order:
    """The order of the run, everything frozen. It waits as long as it may be tried again."""
    on = run.auto_top_up
    price = Money(on.add_minor, on.currency)
    wish = orders.Wish(
        line=run.line,
        buyer=on.subscriber,
        method=method,
        form_token=uuid4(),
        shown_price_minor=price.minor,
        top_up_minor=price.minor,
        consents=on.consents,
    )
    order = orders.draw_up(wish, price, now=now)
    order.came_by = CameBy.AUTO_TOP_UP
    order.expires_at = clock.real_now() + (DECLINES + 1) * timedelta(days=1)
    order.save(force_insert=True)
    orders.note(order, "placed", at=now, actor=_ACTOR)
    AutoTopUpRun.objects.filter(pk=run.pk).update(order=order)
    return order


@whole
def _follow(run_id: UUID, attempt: PaymentAttempt | None, *, now: datetime) -> bool:
    """Note what came of a try. Whether there is something to decide now: it is paid, or the other way to pay is left."""
    run = _locked(run_id)
    if run.state != RunState.CHARGING or (attempt and attempt.state == AttemptState.SUCCEEDED):
        return run.state in OPEN_RUN_STATES
    if attempt and attempt.answered_at is None:
        _look_again(run, now + (LOOK_AGAIN if attempt.state == AttemptState.PROCESSING else charging.SILENT))
        return False
    if next_method(run.order_id, run.auto_top_up, rounds=run.tries):
        return True
    run.tries += 1
    run.save(update_fields=["tries"])
    AutoTopUp.objects.filter(pk=run.auto_top_up_id).update(declines=F("declines") + 1)
    run.auto_top_up.refresh_from_db(fields=["declines"])
    if run.auto_top_up.declines >= DECLINES or not next_method(run.order_id, run.auto_top_up, rounds=run.tries):
        _stop(run, "declined", now=now)
        return False
    again_at = days_from(now, 1, ZoneInfo(run.line.time_zone))
    run.move_to(RunState.RETRYING, next_at=again_at)
    telling.top_up_trouble(
        run.auto_top_up,
        "again",
        event=f"again:{run.pk}",
        order_id=run.order_id,
        again_at=again_at,
        method=attempt.method if attempt else None,
    )
    return False


def _stop(run: AutoTopUpRun, why: str, *, now: datetime) -> None:
    """It is given up and auto top-up is off; its owner hears why. The order can still be paid by hand."""
    _end(run, RunState.GIVEN_UP, reason=why, now=now)
    _switch_off(run.auto_top_up, why, now=now, order_id=run.order_id)


def _switch_off(on: AutoTopUp, why: str, *, now: datetime, order_id: UUID | None = None) -> None:
    on.off_at, on.off_reason, on.off_by = now, why, "system"
    write(on, "off_at", "off_reason", "off_by")
    telling.top_up_trouble(on, why, event=f"off:{on.pk}", order_id=order_id)


def _end(run: AutoTopUpRun, state: RunState, *, reason: str, now: datetime) -> None:
    run.move_to(state, reason=reason[:60], next_at=None, ended_at=now)


def _look_again(run: AutoTopUpRun, at: datetime) -> None:
    run.next_at = at
    run.save(update_fields=["next_at"])
